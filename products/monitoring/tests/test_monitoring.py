"""Facts about Monitoring and alerting only: what a launch makes of the choices, and what it never makes."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.cfn.model import StackError, StackState
from tests.products import launched
from tests.products.authorize import allowed

NAME = "monitoring"
ACCOUNT, REGION, HUB = launched.ACCOUNT, launched.REGION, launched.HUB
MODEL_MONITOR = {
    "MonitorEndpoint": "credit-risk-default",
    "MonitorStatistics": "s3://models/a1/baseline/statistics.json",
    "MonitorConstraints": "s3://models/a1/baseline/constraints.json",
}


def _launch(**parameters: Any) -> StackState:
    return launched.launch(NAME, parameters, "prod")


def _of(state: StackState, kind: str) -> list[Any]:
    return [each for each in state.resources if each.type == kind]


def test_every_alarm_of_the_template_tells_the_topic_and_says_what_no_data_means() -> None:
    state = _launch()
    found = _of(state, "AWS::CloudWatch::Alarm")
    assert {each.logical_id for each in found} == {"WatcherErrors", "WatcherSilent", "CheckerErrors"}
    for each in found:
        assert each.properties["AlarmActions"] == [state.output("TopicArn")]
        assert each.properties["TreatMissingData"] in ("breaching", "notBreaching")


def test_a_watcher_that_is_silent_is_itself_an_alarm() -> None:
    alarm = launched.properties(_launch(), "WatcherSilent")
    assert alarm["TreatMissingData"] == "breaching"
    assert (alarm["MetricName"], alarm["ComparisonOperator"]) == ("Invocations", "LessThanThreshold")


def test_the_topic_has_a_key_that_alarms_and_budgets_of_this_account_may_use_and_no_other_service() -> None:
    state = _launch()
    assert launched.properties(state, "Topic")["KmsMasterKeyId"] == state.output("KeyArn")
    statements = launched.properties(state, "Key")["KeyPolicy"]["Statement"]
    (services,) = [each for each in statements if "Service" in each["Principal"]]
    assert set(services["Principal"]["Service"]) == {"budgets.amazonaws.com", "cloudwatch.amazonaws.com"}
    assert services["Condition"] == {"StringEquals": {"aws:SourceAccount": ACCOUNT}}


def test_limits_reach_the_watcher_as_they_were_chosen() -> None:
    state = _launch(LatencyMilliseconds="200", QuietHours="3", EndpointPrefix="credit-risk", Watch="off")
    environment = launched.properties(state, "Watcher")["Environment"]["Variables"]
    assert environment["LATENCY_MILLISECONDS"] == "200"
    assert environment["QUIET_HOURS"] == "3"
    assert environment["ENDPOINT_PREFIX"] == "credit-risk"
    assert environment["WATCH"] == "off"
    assert "ENDPOINT_PREFIX" not in launched.properties(_launch(), "Watcher")["Environment"]["Variables"]


def test_the_watcher_runs_when_an_endpoint_changes_and_at_set_times() -> None:
    state = _launch()
    assert launched.properties(state, "EndpointChanges")["EventPattern"] == {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Endpoint State Change"],
    }
    assert launched.properties(state, "WatcherTimer")["ScheduleExpression"] == "rate(15 minutes)"


@pytest.mark.parametrize(
    ("choice", "expression"), [("Daily", "cron(0 3 * * ? *)"), ("Hourly", "cron(20 * * * ? *)"), ("Off", None)]
)
def test_drift_is_checked_as_often_as_chosen(choice: str, expression: str | None) -> None:
    state = _launch(DriftCheck=choice)
    timer = state.resource("CheckerTimer")
    assert (timer.properties["ScheduleExpression"] if timer else None) == expression


def test_the_drift_pipeline_compares_what_it_is_given_and_never_fails_for_drift() -> None:
    body = launched.properties(_launch(), "Pipeline")["PipelineDefinition"]["PipelineDefinitionBody"]
    definition = json.loads(body)
    assert [each["Name"] for each in definition["Parameters"]] == [
        "Endpoint",
        "ModelGroup",
        "Captures",
        "Statistics",
        "Constraints",
    ]
    assert [(each["Name"], each["Type"]) for each in definition["Steps"]] == [
        ("CheckDrift", "Processing"),
        ("ReportDrift", "Lambda"),
    ]
    network = definition["Steps"][0]["Arguments"]["NetworkConfig"]
    assert network["EnableNetworkIsolation"] is True
    assert tuple(network["VpcConfig"]["Subnets"]) == launched.SUBNETS


def test_the_dashboard_names_no_endpoint_and_so_follows_all() -> None:
    body = json.loads(launched.properties(_launch(), "Dashboard")["DashboardBody"])
    charts = [each["properties"] for each in body["widgets"] if each["type"] == "metric"]
    assert len(charts) >= 9
    for chart in charts:
        assert chart["region"] == REGION
        assert all(str(line[0]["expression"]).startswith("SEARCH(") for line in chart["metrics"])


def test_budgets_count_by_product_and_tell_the_topic() -> None:
    assert not _of(_launch(), "AWS::Budgets::Budget")
    state = _launch(TrainingBudget="500", DeploymentBudget="1500")
    found = {each.logical_id: each.properties for each in _of(state, "AWS::Budgets::Budget")}
    assert set(found) == {"TrainingBudgetAlert", "DeploymentBudgetAlert"}
    budget = found["TrainingBudgetAlert"]
    assert budget["Budget"]["CostFilters"] == {"TagKeyValue": ["user:platform:product$training-pipeline"]}
    assert budget["Budget"]["BudgetLimit"] == {"Amount": 500, "Unit": "USD"}
    told = [
        (each["Notification"]["NotificationType"], each["Notification"]["Threshold"], each["Subscribers"])
        for each in budget["NotificationsWithSubscribers"]
    ]
    topic = [{"SubscriptionType": "SNS", "Address": state.output("TopicArn")}]
    assert told == [("ACTUAL", 80, topic), ("FORECASTED", 100, topic)]


def test_model_monitor_is_there_only_where_a_lead_asks_for_it() -> None:
    kinds = {"AWS::SageMaker::DataQualityJobDefinition", "AWS::SageMaker::MonitoringSchedule"}
    assert not kinds & {each.type for each in _launch().resources}
    state = _launch(**MODEL_MONITOR)
    assert kinds <= {each.type for each in state.resources}
    job = launched.properties(state, "MonitorJob")
    assert job["DataQualityAppSpecification"]["ImageUri"].startswith("468650794304.dkr.ecr.eu-west-1.")
    assert job["DataQualityJobOutputConfig"]["KmsKeyId"] == launched.DATA_KEY


@pytest.mark.parametrize("lacking", ["MonitorStatistics", "MonitorConstraints"])
def test_model_monitor_without_its_baseline_is_refused(lacking: str) -> None:
    given = {key: value for key, value in MODEL_MONITOR.items() if key != lacking}
    with pytest.raises(StackError, match="baseline statistics and constraints"):
        _launch(**given)


def test_the_watcher_touches_its_own_alarms_and_reads_no_request() -> None:
    rights = launched.permissions(_launch(), "WatchRole")
    alarm = f"arn:aws:cloudwatch:{REGION}:{ACCOUNT}:alarm:"
    assert allowed(rights, "cloudwatch:PutMetricAlarm", f"{alarm}watch/scores/drift")
    for action in ("cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"):
        assert not allowed(rights, action, f"{alarm}SC-{ACCOUNT}-pp-x-DeadLettersAlarm")
    bucket = f"arn:aws:s3:::inference-{ACCOUNT}-{REGION}-credit-risk-default"
    assert allowed(rights, "s3:ListBucket", bucket)
    assert not allowed(rights, "s3:GetObject", f"{bucket}/capture/scores/main/2026/11/20/12/a.jsonl")


def test_drift_checks_read_captures_and_baselines_and_no_model_and_no_prediction() -> None:
    rights = launched.permissions(_launch(), "PipelineRole")
    inference = f"arn:aws:s3:::inference-{ACCOUNT}-{REGION}-credit-risk-default"
    models = f"arn:aws:s3:::models-{HUB}-{REGION}-credit-risk-default"
    assert allowed(rights, "s3:GetObject", f"{inference}/capture/scores/main/2026/11/20/12/a.jsonl")
    serving = inference.replace(":::inference-", ":::serving-")
    assert allowed(rights, "s3:GetObject", f"{serving}/capture/scores/main/2026/11/20/12/a.jsonl")
    assert not allowed(rights, "s3:GetObject", f"{serving}/versions/1/model.tar.gz")
    assert allowed(rights, "s3:GetObject", f"{models}/a1/baseline/statistics.json")
    for there in (f"{inference}/predictions/a1/x.out", f"{inference}/input/x.csv", f"{models}/a1/model.tar.gz"):
        assert not allowed(rights, "s3:GetObject", there)
    assert not allowed(rights, "s3:PutObject", f"{inference}/capture/x")


def test_further_captures_are_found_by_all_and_read_by_the_check_alone() -> None:
    state = _launch(CaptureBuckets="credit-risk-captures")
    there = "arn:aws:s3:::credit-risk-captures"
    for role in ("PipelineRole", "WatchRole", "CheckRole"):
        assert allowed(launched.permissions(state, role), "s3:ListBucket", there)
    assert allowed(launched.permissions(state, "PipelineRole"), "s3:GetObject", f"{there}/x")
    for role in ("WatchRole", "CheckRole"):
        assert not allowed(launched.permissions(state, role), "s3:GetObject", f"{there}/x")


def test_nothing_here_starts_training_or_decides_about_models() -> None:
    state = _launch()
    training = f"arn:aws:sagemaker:{REGION}:{ACCOUNT}:pipeline/credit-risk-default-training"
    package = f"arn:aws:sagemaker:{REGION}:{HUB}:model-package/credit-risk-default/1"
    for role in _of(state, "AWS::IAM::Role"):
        rights = launched.permissions(state, role.logical_id)
        assert not allowed(rights, "sagemaker:StartPipelineExecution", training)
        assert not allowed(rights, "sagemaker:UpdateModelPackage", package)


def test_reports_and_the_key_outlive_the_product() -> None:
    for kind in ("AWS::S3::Bucket", "AWS::KMS::Key"):
        (found,) = launched.resources(NAME, kind).values()
        assert found["DeletionPolicy"] == "RetainExceptOnCreate"
