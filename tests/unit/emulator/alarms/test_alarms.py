"""Alarms change their state with their data, and act."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.emulator.alarms import embedded, metrics
from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.plumbing import (
    allow,
    bodies,
    control,
    failures,
    function,
    invoked,
    letting_in,
    queue,
    settle,
    url_of,
)

DRIFT: dict[str, Any] = {
    "Namespace": "Platform/Models",
    "MetricName": "DriftViolations",
    "Dimensions": [{"Name": "ModelGroup", "Value": "credit"}],
    "Statistic": "Maximum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 0,
    "ComparisonOperator": "GreaterThanThreshold",
}


def put_alarm(tenant: Tenant, name: str = "drift", **given: Any) -> None:
    tenant.client("cloudwatch").put_metric_alarm(AlarmName=name, **{**DRIFT, **given})


def measure(tenant: Tenant, value: float, name: str = "DriftViolations", group: str = "credit") -> None:
    datum = {"MetricName": name, "Value": value, "Dimensions": [{"Name": "ModelGroup", "Value": group}]}
    tenant.client("cloudwatch").put_metric_data(Namespace="Platform/Models", MetricData=[datum])
    settle()


def state(tenant: Tenant, name: str = "drift") -> str:
    found = tenant.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    (alarm,) = [*found["MetricAlarms"], *found["CompositeAlarms"]]
    return str(alarm["StateValue"])


def topic(tenant: Tenant) -> tuple[str, str]:
    """A topic with the policy that SNS gives it, and a queue that hears it."""
    target = queue(tenant, "heard", "sns.amazonaws.com")
    client = tenant.client("sns")
    arn = client.create_topic(Name="alarms")["TopicArn"]
    client.subscribe(TopicArn=arn, Protocol="sqs", Endpoint=target, Attributes={"RawMessageDelivery": "true"})
    return arn, target


def test_data_change_the_state_and_the_topic_is_told(tenant: Tenant) -> None:
    arn, heard = topic(tenant)
    put_alarm(tenant, AlarmActions=[arn], AlarmDescription="data drift")
    assert state(tenant) == "INSUFFICIENT_DATA"
    measure(tenant, 0, group="another")
    assert state(tenant) == "INSUFFICIENT_DATA"
    measure(tenant, 3)
    assert state(tenant) == "ALARM"
    (told,) = bodies(tenant, heard)
    assert (told["AlarmName"], told["NewStateValue"], told["OldStateValue"]) == ("drift", "ALARM", "INSUFFICIENT_DATA")
    assert told["Trigger"]["MetricName"] == "DriftViolations"
    assert told["Trigger"]["Dimensions"] == [{"value": "credit", "name": "ModelGroup"}]
    measure(tenant, 4)
    assert bodies(tenant, heard) == []  # only a change is told


def test_a_topic_with_a_policy_or_key_that_shuts_alarms_out_is_not_told(tenant: Tenant) -> None:
    arn, heard = topic(tenant)
    put_alarm(tenant, AlarmActions=[arn])
    only_events = json.dumps({"Statement": [letting_in("events.amazonaws.com", "sns:Publish", arn)]})
    sns = tenant.client("sns")
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=only_events)
    measure(tenant, 1)
    assert bodies(tenant, heard) == []
    assert "does not allow cloudwatch.amazonaws.com" in failures(tenant)[-1]["reason"]
    both = [letting_in(f"{each}.amazonaws.com", "sns:Publish", arn) for each in ("events", "cloudwatch")]
    policy = json.dumps({"Statement": both})
    sns.set_topic_attributes(TopicArn=arn, AttributeName="Policy", AttributeValue=policy)
    sns.set_topic_attributes(TopicArn=arn, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")
    tenant.client("cloudwatch").set_alarm_state(AlarmName="drift", StateValue="OK", StateReason="test")
    measure(tenant, 1)
    assert "lets no other service in" in failures(tenant)[-1]["reason"]


def test_the_bus_is_told(tenant: Tenant) -> None:
    target = queue(tenant, "q", "events.amazonaws.com")
    client = tenant.client("events")
    pattern = {"source": ["aws.cloudwatch"], "detail": {"state": {"value": ["ALARM"]}}}
    client.put_rule(Name="r", EventPattern=json.dumps(pattern))
    client.put_targets(Rule="r", Targets=[{"Id": "1", "Arn": target}])
    put_alarm(tenant)
    measure(tenant, 1)
    (event,) = bodies(tenant, target)
    assert event["detail-type"] == "CloudWatch Alarm State Change"
    assert event["resources"] == [f"arn:aws:cloudwatch:{REGION}:{tenant.id}:alarm:drift"]
    assert event["detail"]["previousState"]["value"] == "INSUFFICIENT_DATA"
    assert event["detail"]["configuration"]["metrics"][0]["metricStat"]["metric"]["dimensions"] == {
        "ModelGroup": "credit"
    }


def test_a_function_is_an_action(tenant: Tenant) -> None:
    received = queue(tenant, "q")
    source = f"""
        import boto3
        def handler(event, context):
            text = event["alarmData"]["state"]["value"]
            boto3.client("sqs").send_message(QueueUrl="{url_of(received)}", MessageBody=text)
    """
    action = function(tenant, "f", source, "sqs:SendMessage")
    allow(tenant, "f", "lambda.alarms.cloudwatch.amazonaws.com", f"arn:aws:cloudwatch:{REGION}:{tenant.id}:alarm:drift")
    put_alarm(tenant, AlarmActions=[action])
    measure(tenant, 1)
    assert bodies(tenant, received) == ["ALARM"]


def test_what_is_missing_counts_when_alarms_are_evaluated(tenant: Tenant) -> None:
    put_alarm(tenant, "silent", TreatMissingData="breaching", ComparisonOperator="LessThanThreshold", Threshold=1)
    put_alarm(tenant, "quiet", TreatMissingData="notBreaching")
    _, answer = control(tenant, "POST", "alarms/evaluate")
    assert sorted(answer["changed"]) == ["quiet", "silent"]
    assert (state(tenant, "silent"), state(tenant, "quiet")) == ("ALARM", "OK")


def test_a_state_that_is_set_acts_and_lasts_until_the_next_evaluation(tenant: Tenant) -> None:
    arn, heard = topic(tenant)
    put_alarm(tenant, OKActions=[arn], AlarmActions=[arn], TreatMissingData="notBreaching")
    tenant.client("cloudwatch").set_alarm_state(AlarmName="drift", StateValue="ALARM", StateReason="by hand")
    settle()
    assert [each["NewStateReason"] for each in bodies(tenant, heard)] == ["by hand"]
    control(tenant, "POST", "alarms/evaluate")
    settle()
    assert [each["NewStateValue"] for each in bodies(tenant, heard)] == ["OK"]


def test_actions_that_are_disabled_are_not_taken(tenant: Tenant) -> None:
    arn, heard = topic(tenant)
    put_alarm(tenant, AlarmActions=[arn], ActionsEnabled=False)
    measure(tenant, 1)
    assert (state(tenant), bodies(tenant, heard)) == ("ALARM", [])


def test_an_alarm_that_is_put_again_keeps_its_state(tenant: Tenant) -> None:
    put_alarm(tenant)
    measure(tenant, 1)
    put_alarm(tenant, AlarmDescription="changed")
    assert state(tenant) == "ALARM"


def test_metric_math_and_percentiles(tenant: Tenant) -> None:
    def stat(name: str, statistic: str = "Sum") -> dict[str, Any]:
        metric = {"Namespace": "Platform/Models", "MetricName": name, "Dimensions": DRIFT["Dimensions"]}
        return {
            "Id": name.lower(),
            "ReturnData": False,
            "MetricStat": {"Metric": metric, "Period": 60, "Stat": statistic},
        }

    common = {key: DRIFT[key] for key in ("EvaluationPeriods", "ComparisonOperator")}
    ratio = {"Id": "ratio", "Expression": "IF(checked > 0, 100 * FILL(failed, 0) / checked, 0)"}
    client = tenant.client("cloudwatch")
    client.put_metric_alarm(AlarmName="ratio", Threshold=10, Metrics=[stat("Failed"), stat("Checked"), ratio], **common)
    percentile = {**DRIFT, "MetricName": "Latency", "ExtendedStatistic": "p90", "Threshold": 85}
    del percentile["Statistic"]
    client.put_metric_alarm(AlarmName="slow", **percentile)
    measure(tenant, 20, "Checked")
    assert state(tenant, "ratio") == "OK"
    measure(tenant, 3, "Failed")
    assert state(tenant, "ratio") == "ALARM"
    for value in range(0, 101, 10):
        measure(tenant, value, "Latency")
    assert state(tenant, "slow") == "ALARM"


def test_a_composite_alarm_follows_its_parts(tenant: Tenant) -> None:
    arn, heard = topic(tenant)
    put_alarm(tenant, "one")
    put_alarm(tenant, "two", MetricName="Other")
    client = tenant.client("cloudwatch")
    client.put_composite_alarm(AlarmName="both", AlarmRule="ALARM(one) AND ALARM(two)", AlarmActions=[arn])
    measure(tenant, 1)
    assert state(tenant, "both") == "OK"
    measure(tenant, 1, "Other")
    assert state(tenant, "both") == "ALARM"
    (told,) = bodies(tenant, heard)
    assert told["AlarmRule"] == "ALARM(one) AND ALARM(two)"
    with pytest.raises(ClientError, match="alarms that do not exist: gone"):
        client.put_composite_alarm(AlarmName="bad", AlarmRule="ALARM(gone)")


def test_errors_of_functions_and_letters_that_are_dead_raise_alarms(tenant: Tenant) -> None:
    function(tenant, "f", "def handler(e, c):\n    raise ValueError")
    queue(tenant, "dead")
    named = {"Name": "FunctionName", "Value": "f"}
    put_alarm(tenant, "errors", Namespace="AWS/Lambda", MetricName="Errors", Dimensions=[named], Statistic="Sum")
    named = {"Name": "QueueName", "Value": "dead"}
    counted = "ApproximateNumberOfMessagesVisible"
    put_alarm(tenant, "dead", Namespace="AWS/SQS", MetricName=counted, Dimensions=[named])
    invoked(tenant, "f")
    tenant.client("sqs").send_message(QueueUrl=f"https://sqs.{REGION}.amazonaws.com/{tenant.id}/dead", MessageBody="x")
    settle()
    assert (state(tenant, "errors"), state(tenant, "dead")) == ("ALARM", "ALARM")


def test_metrics_in_log_lines_raise_alarms(tenant: Tenant) -> None:
    put_alarm(tenant)
    directive = {
        "Namespace": "Platform/Models",
        "Dimensions": [["ModelGroup"]],
        "Metrics": [{"Name": "DriftViolations"}],
    }
    now = int(time.time() * 1000)
    line = {"_aws": {"Timestamp": now, "CloudWatchMetrics": [directive]}, "ModelGroup": "credit", "DriftViolations": 2}
    logs = tenant.client("logs")
    logs.create_log_group(logGroupName="g")
    logs.create_log_stream(logGroupName="g", logStreamName="s")
    event = {"timestamp": now, "message": json.dumps(line)}
    logs.put_log_events(logGroupName="g", logStreamName="s", logEvents=[event])
    settle()
    assert state(tenant) == "ALARM"


@pytest.mark.parametrize(
    "line", ["text", "{}", '{"_aws": 1}', '{"_aws": {"Timestamp": "x", "CloudWatchMetrics": []}}', '{"_aws']
)
def test_a_line_that_holds_no_metrics_is_only_a_line(line: str) -> None:
    assert list(embedded.read(line)) == []


def test_a_service_writes_metrics_that_customers_may_not(tenant: Tenant) -> None:
    with pytest.raises(ClientError, match="The value AWS/ for parameter Namespace is invalid"):
        tenant.client("cloudwatch").put_metric_data(Namespace="AWS/SageMaker", MetricData=[{"MetricName": "x"}])
    put_alarm(tenant, Namespace="AWS/SageMaker", Dimensions=[{"Name": "EndpointName", "Value": "e"}])
    metrics.record(
        tenant.id, REGION, "AWS/SageMaker", [metrics.Datum("DriftViolations", 1, dimensions={"EndpointName": "e"})]
    )
    settle()
    assert state(tenant) == "ALARM"


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"ComparisonOperator": "GreaterThanUpperThreshold"}, "evaluates no alarms by GreaterThanUpperThreshold"),
        ({"TreatMissingData": "perhaps"}, "TreatMissingData must be one of"),
        ({"DatapointsToAlarm": 2}, "DatapointsToAlarm must be less than or equal"),
        (
            {"Metrics": [{"Id": "e", "Expression": "SEARCH(1)", "Period": 60}]},
            "the function SEARCH is not modelled",
        ),
    ],
)
def test_what_cannot_be_evaluated_is_refused(tenant: Tenant, given: dict[str, Any], problem: str) -> None:
    client = tenant.client("cloudwatch")
    base = (
        DRIFT
        if "Metrics" not in given
        else {key: DRIFT[key] for key in ("EvaluationPeriods", "Threshold", "ComparisonOperator")}
    )
    with pytest.raises(ClientError, match=problem):
        client.put_metric_alarm(AlarmName="a", **{**base, **given})
    assert client.describe_alarms()["MetricAlarms"] == []


def test_math_that_some_data_break_leaves_the_alarm_without_data_and_the_others_at_work(tenant: Tenant) -> None:
    metric = {key: DRIFT[key] for key in ("Namespace", "MetricName", "Dimensions")}
    stat = {"Metric": metric, "Period": 60, "Stat": "Maximum"}
    queries = [
        {"Id": "m1", "MetricStat": stat, "ReturnData": False},
        {"Id": "e1", "Expression": "FILL(SUM(m1), 0)"},  # the sum of no points is no number yet
    ]
    own = {"EvaluationPeriods": 1, "Threshold": 0, "ComparisonOperator": "GreaterThanThreshold"}
    client = tenant.client("cloudwatch")
    client.put_metric_alarm(AlarmName="broken", Metrics=queries, **own)
    put_alarm(tenant)
    measure(tenant, 3)
    assert (state(tenant, "broken"), state(tenant)) == ("INSUFFICIENT_DATA", "ALARM")
