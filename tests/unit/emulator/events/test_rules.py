"""Rules reach their targets, by policies and roles; what does not arrive is known."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.emulator.events import bus
from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.plumbing import (
    allow,
    attributes_of,
    bodies,
    failures,
    function,
    letting_in,
    messages,
    queue,
    role,
    settle,
)

EVENTS = "events.amazonaws.com"
OWN = {"source": ["platform"]}


def rule(tenant: Tenant, target: str, name: str = "rule", pattern: Any = None, **settings: Any) -> str:
    client = tenant.client("events")
    arn = client.put_rule(Name=name, EventPattern=json.dumps(pattern or OWN))["RuleArn"]
    client.put_targets(Rule=name, Targets=[{"Id": "target", "Arn": target, **settings}])
    return str(arn)


def put(tenant: Tenant, detail: Any = None, **given: Any) -> dict[str, Any]:
    entry = {"Source": "platform", "DetailType": "Test", "Detail": json.dumps(detail or {}), **given}
    answer: dict[str, Any] = tenant.client("events").put_events(Entries=[entry])["Entries"][0]
    settle()
    return answer


def test_events_arrive_in_their_order(tenant: Tenant) -> None:
    target = queue(tenant, "q", EVENTS)
    rule(tenant, target)
    for number in range(20):
        tenant.client("events").put_events(
            Entries=[{"Source": "platform", "DetailType": "t", "Detail": json.dumps({"n": number})}]
        )
    settle()
    assert [each["detail"]["n"] for each in bodies(tenant, target)] == list(range(20))


def test_a_service_publishes_what_customers_may_not(tenant: Tenant) -> None:
    target = queue(tenant, "q", EVENTS)
    rule(tenant, target, pattern={"source": ["aws.sagemaker"]})
    refused = put(tenant, Source="aws.sagemaker")
    assert refused["ErrorCode"] == "NotAuthorizedForSourceException"
    event_id = bus.publish(tenant.id, REGION, "aws.sagemaker", "State Change", {"Name": "m"}, ["arn:aws:m"])
    settle()
    (event,) = bodies(tenant, target)
    assert (event["id"], event["source"], event["account"]) == (event_id, "aws.sagemaker", tenant.id)
    assert (event["detail-type"], event["detail"], event["resources"]) == ("State Change", {"Name": "m"}, ["arn:aws:m"])


def test_a_disabled_rule_and_another_pattern_get_nothing(tenant: Tenant) -> None:
    target = queue(tenant, "q", EVENTS)
    rule(tenant, target, "other", {"source": ["elsewhere"]})
    rule(tenant, target, "disabled")
    tenant.client("events").disable_rule(Name="disabled")
    put(tenant)
    assert bodies(tenant, target) == []


def test_a_queue_must_let_this_very_rule_in(tenant: Tenant) -> None:
    target = queue(tenant, "q", EVENTS, source="arn:aws:events:*:*:rule/another")
    arn = rule(tenant, target)
    put(tenant)
    assert bodies(tenant, target) == []
    (failure,) = failures(tenant)
    assert (failure["source"], failure["target"]) == (arn, target)
    assert "NO_PERMISSIONS" in failure["reason"]


def test_what_cannot_be_delivered_goes_to_the_dead_letter_queue(tenant: Tenant) -> None:
    dead = queue(tenant, "dead", EVENTS)
    missing = f"arn:aws:sqs:{REGION}:{tenant.id}:gone"
    arn = rule(tenant, missing, DeadLetterConfig={"Arn": dead})
    put(tenant, {"n": 1})
    (message,) = messages(tenant, dead)
    assert json.loads(message["Body"])["detail"] == {"n": 1}
    told = attributes_of(message)
    assert (told["RULE_ARN"], told["TARGET_ARN"]) == (arn, missing)
    assert (told["ERROR_CODE"], told["RETRY_ATTEMPTS"]) == ("NO_RESOURCE", "0")


def test_a_topic_needs_its_policy_and_its_keys(tenant: Tenant) -> None:
    sns, kms = tenant.client("sns"), tenant.client("kms")
    topic = sns.create_topic(Name="news")["TopicArn"]
    received = queue(tenant, "q", "sns.amazonaws.com")
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=received, Attributes={"RawMessageDelivery": "true"})
    rule(tenant, topic, Input='"hello"')
    put(tenant)
    assert "NO_PERMISSIONS" in failures(tenant)[-1]["reason"]
    policy = json.dumps({"Statement": [letting_in(EVENTS, "sns:Publish", topic)]})
    sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
    put(tenant)
    assert bodies(tenant, received) == ["hello"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue="alias/aws/sns")
    put(tenant)
    assert "lets no other service in" in failures(tenant)[-1]["reason"]
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    sns.set_topic_attributes(TopicArn=topic, AttributeName="KmsMasterKeyId", AttributeValue=key)
    put(tenant)
    assert "does not allow events.amazonaws.com kms:GenerateDataKey" in failures(tenant)[-1]["reason"]
    use = letting_in(EVENTS, "kms:*", "*")
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps({"Statement": [use]}))
    put(tenant)
    assert bodies(tenant, received) == ["hello"]


def test_a_function_runs_where_its_policy_lets_the_rule_in(tenant: Tenant) -> None:
    received = queue(tenant, "q")
    source = f"""
        import boto3
        def handler(event, context):
            url = "https://sqs.{REGION}.amazonaws.com/{tenant.id}/q"
            boto3.client("sqs").send_message(QueueUrl=url, MessageBody=event["detail"]["word"])
    """
    target = function(tenant, "listener", source, "sqs:SendMessage")
    arn = rule(tenant, target)
    put(tenant, {"word": "unheard"})
    assert "NO_PERMISSIONS" in failures(tenant)[-1]["reason"]
    allow(tenant, "listener", EVENTS, arn)
    put(tenant, {"word": "heard"})
    assert bodies(tenant, received) == ["heard"]


def test_a_state_machine_is_started_with_the_role_of_the_target(tenant: Tenant) -> None:
    machine_role = role(tenant, "machine", "states.amazonaws.com")
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    client = tenant.client("stepfunctions")
    machine = client.create_state_machine(name="m", definition=definition, roleArn=machine_role)["stateMachineArn"]
    starter = role(tenant, "starter", EVENTS, "states:StartExecution")
    rule(tenant, machine, RoleArn=starter, InputPath="$.detail")
    put(tenant, {"n": 7})
    (execution,) = client.list_executions(stateMachineArn=machine)["executions"]
    assert json.loads(client.describe_execution(executionArn=execution["executionArn"])["input"]) == {"n": 7}


def test_a_role_that_does_not_trust_eventbridge_starts_nothing(tenant: Tenant) -> None:
    distrusting = role(tenant, "wrong", "lambda.amazonaws.com", "sqs:*")
    target = queue(tenant, "q")
    rule(tenant, target, RoleArn=distrusting)
    put(tenant)
    assert bodies(tenant, target) == []
    assert "does not trust events.amazonaws.com" in failures(tenant)[-1]["reason"]


def test_another_account_gets_events_as_its_bus_allows(new_tenant: Callable[[], Tenant]) -> None:
    registry, spoke = new_tenant(), new_tenant()
    target = queue(spoke, "q", EVENTS)
    rule(spoke, target, pattern={"source": ["aws.sagemaker"]})
    their_bus = f"arn:aws:events:{REGION}:{spoke.id}:event-bus/default"
    rule(registry, their_bus, pattern={"source": ["aws.sagemaker"]})
    bus.publish(registry.id, REGION, "aws.sagemaker", "State Change", {"n": 1})
    settle()
    assert bodies(spoke, target) == []
    assert "NO_PERMISSIONS" in failures(registry)[-1]["reason"]
    spoke.client("events").put_permission(
        StatementId="registry", Action="events:PutEvents", Principal=registry.id, EventBusName="default"
    )
    bus.publish(registry.id, REGION, "aws.sagemaker", "State Change", {"n": 2})
    settle()
    (event,) = bodies(spoke, target)
    assert (event["account"], event["source"], event["detail"]) == (registry.id, "aws.sagemaker", {"n": 2})


def test_the_role_of_the_target_needs_the_right_too(new_tenant: Callable[[], Tenant]) -> None:
    registry, spoke = new_tenant(), new_tenant()
    target = queue(spoke, "q", EVENTS)
    rule(spoke, target)
    their_bus = f"arn:aws:events:{REGION}:{spoke.id}:event-bus/default"
    spoke.client("events").put_permission(
        StatementId="s", Action="events:PutEvents", Principal=registry.id, EventBusName="default"
    )
    rule(registry, their_bus, RoleArn=role(registry, "bare", EVENTS))
    put(registry, {"n": 1})
    assert "role/bare may not put events" in failures(registry)[-1]["reason"]
    rule(registry, their_bus, RoleArn=role(registry, "able", EVENTS, "events:PutEvents"))
    put(registry, {"n": 2})
    assert [each["detail"] for each in bodies(spoke, target)] == [{"n": 2}]


def test_an_event_goes_on_to_no_third_account(new_tenant: Callable[[], Tenant]) -> None:
    one, two, three = new_tenant(), new_tenant(), new_tenant()
    target = queue(three, "q", EVENTS)
    rule(three, target)
    for sender, receiver in ((one, two), (two, three)):
        rule(sender, f"arn:aws:events:{REGION}:{receiver.id}:event-bus/default")
        receiver.client("events").put_permission(
            StatementId="s", Action="events:PutEvents", Principal=sender.id, EventBusName="default"
        )
    put(one)
    assert bodies(three, target) == []
    assert "THIRD_ACCOUNT_HOP_DETECTED" in failures(two)[-1]["reason"]


def test_events_are_put_on_anothers_bus_only_where_it_lets_the_caller(new_tenant: Callable[[], Tenant]) -> None:
    one, other = new_tenant(), new_tenant()
    target = queue(other, "q", EVENTS)
    rule(other, target)
    their_bus = f"arn:aws:events:{REGION}:{other.id}:event-bus/default"
    assert put(one, EventBusName=their_bus)["ErrorCode"] == "NotAuthorizedForSourceException"
    statement = {"Sid": "one", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{one.id}:root"}}
    policy = {"Statement": [{**statement, "Action": "events:PutEvents", "Resource": their_bus}]}
    other.client("events").put_permission(EventBusName="default", Policy=json.dumps(policy))
    assert "EventId" in put(one, EventBusName=their_bus)
    assert [each["account"] for each in bodies(other, target)] == [one.id]


def test_an_archive_is_replayed_under_the_name_of_the_replay(tenant: Tenant) -> None:
    client = tenant.client("events")
    target = queue(tenant, "q", EVENTS)
    rule(tenant, target)
    own = f"arn:aws:events:{REGION}:{tenant.id}:event-bus/default"
    archive = client.create_archive(ArchiveName="a", EventSourceArn=own, EventPattern=json.dumps(OWN))["ArchiveArn"]
    put(tenant, {"n": 1})
    bodies(tenant, target)
    client.start_replay(
        ReplayName="again",
        EventSourceArn=archive,
        EventStartTime="2020-01-01T00:00:00Z",
        EventEndTime="2100-01-01T00:00:00Z",
        Destination={"Arn": own},
    )
    settle()
    (event,) = bodies(tenant, target)
    assert (event["detail"], event["replay-name"]) == ({"n": 1}, "again")


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"Arn": "nowhere"}, "ValidationException"),
        ({"Arn": "arn:aws:firehose:eu-west-1:1:deliverystream/x"}, "UnsupportedOperation"),
        ({"Arn": "arn:aws:sagemaker:eu-west-1:1:pipeline/p"}, "ValidationException"),
        ({"Arn": "arn:aws:sqs:eu-west-1:1:q", "Input": "no json"}, "ValidationException"),
    ],
)
def test_targets_that_cannot_be_are_refused(tenant: Tenant, given: dict[str, Any], code: str) -> None:
    client = tenant.client("events")
    client.put_rule(Name="r", EventPattern=json.dumps(OWN))
    with pytest.raises(ClientError) as refused:
        client.put_targets(Rule="r", Targets=[{"Id": "1", **given}])
    assert refused.value.response["Error"]["Code"] == code


def test_an_unknown_operator_is_refused_when_the_rule_is_put(tenant: Tenant) -> None:
    with pytest.raises(ClientError, match=r"Event pattern is not valid\. Reason: Unrecognized match type like"):
        tenant.client("events").put_rule(Name="r", EventPattern='{"source": [{"like": "x"}]}')


def test_a_pattern_can_be_tried(tenant: Tenant) -> None:
    event = json.dumps({"id": "1", "source": "platform", "detail": {}})
    assert tenant.client("events").test_event_pattern(EventPattern=json.dumps(OWN), Event=event)["Result"] is True


def test_the_entries_of_a_request_have_a_megabyte_together(tenant: Tenant) -> None:
    client = tenant.client("events")
    large = {"Source": "own", "DetailType": "t", "Detail": json.dumps({"a": "b" * 600_000})}
    assert client.put_events(Entries=[large])["FailedEntryCount"] == 0
    with pytest.raises(ClientError, match=r"over the limit \(1048576 bytes\)"):
        client.put_events(Entries=[large, large])
