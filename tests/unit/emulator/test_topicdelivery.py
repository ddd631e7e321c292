"""Topics reach queues and functions that let them in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.plumbing import (
    allow,
    attributes_of,
    bodies,
    failures,
    function,
    messages,
    queue,
    settle,
    url_of,
)

SNS = "sns.amazonaws.com"


def topic(tenant: Tenant, protocol: str, endpoint: str, **attributes: str) -> str:
    client = tenant.client("sns")
    arn = str(client.create_topic(Name="news")["TopicArn"])
    client.subscribe(TopicArn=arn, Protocol=protocol, Endpoint=endpoint, Attributes=attributes)
    return arn


def publish(tenant: Tenant, arn: str, message: str, **given: Any) -> None:
    tenant.client("sns").publish(TopicArn=arn, Message=message, **given)
    settle()


def test_a_queue_gets_the_message_in_its_envelope(tenant: Tenant) -> None:
    target = queue(tenant, "q", SNS, f"arn:aws:sns:*:{tenant.id}:news")
    arn = topic(tenant, "sqs", target)
    publish(tenant, arn, "hello", Subject="about")
    (told,) = bodies(tenant, target)
    assert (told["Type"], told["TopicArn"], told["Message"], told["Subject"]) == ("Notification", arn, "hello", "about")


def test_raw_messages_keep_their_attributes(tenant: Tenant) -> None:
    target = queue(tenant, "q", SNS)
    arn = topic(tenant, "sqs", target, RawMessageDelivery="true")
    publish(tenant, arn, "hello", MessageAttributes={"kind": {"DataType": "String", "StringValue": "drift"}})
    (message,) = messages(tenant, target)
    assert (message["Body"], attributes_of(message)) == ("hello", {"kind": "drift"})


def test_a_queue_that_does_not_let_the_topic_in_gets_nothing(tenant: Tenant) -> None:
    target = queue(tenant, "q", SNS, "arn:aws:sns:*:*:another")
    arn = topic(tenant, "sqs", target)
    publish(tenant, arn, "hello")
    assert bodies(tenant, target) == []
    assert (failures(tenant)[-1]["source"], failures(tenant)[-1]["target"]) == (arn, target)


def test_what_does_not_arrive_goes_to_the_subscriptions_dead_letter_queue(tenant: Tenant) -> None:
    shut, dead = queue(tenant, "shut"), queue(tenant, "dead", SNS)
    arn = topic(tenant, "sqs", shut, RedrivePolicy=json.dumps({"deadLetterTargetArn": dead}))
    publish(tenant, arn, "hello")
    assert [each["Message"] for each in bodies(tenant, dead)] == ["hello"]


def test_a_subscription_hears_what_its_filter_lets_through(tenant: Tenant) -> None:
    target = queue(tenant, "q", SNS)
    wanted = json.dumps({"state": ["ALARM"]})
    arn = topic(tenant, "sqs", target, RawMessageDelivery="true", FilterPolicyScope="MessageBody", FilterPolicy=wanted)
    publish(tenant, arn, '{"state": "OK"}')
    publish(tenant, arn, '{"state": "ALARM"}')
    assert bodies(tenant, target) == [{"state": "ALARM"}]


def test_a_function_gets_a_record(tenant: Tenant) -> None:
    received = queue(tenant, "q")
    source = f"""
        import boto3, json
        def handler(event, context):
            text = json.dumps(event["Records"][0])
            boto3.client("sqs").send_message(QueueUrl="{url_of(received)}", MessageBody=text)
    """
    arn = topic(tenant, "lambda", function(tenant, "f", source, "sqs:SendMessage"))
    allow(tenant, "f", SNS, arn)
    publish(tenant, arn, "hello")
    (record,) = bodies(tenant, received)
    assert (record["EventSource"], record["Sns"]["Message"], record["Sns"]["TopicArn"]) == ("aws:sns", "hello", arn)


def test_a_queue_of_another_account_is_reached(new_tenant: Callable[[], Tenant]) -> None:
    one, other = new_tenant(), new_tenant()
    target = queue(other, "q", SNS)
    publish(one, topic(one, "sqs", target, RawMessageDelivery="true"), "from afar")
    assert bodies(other, target) == ["from afar"]


@pytest.mark.parametrize(
    ("message", "problem"),
    [('{"sqs": "hello"}', "No default entry"), ("hello", "failed to parse"), ('{"default": 1}', "No default entry")],
)
def test_a_message_by_protocol_has_a_default_text_or_reaches_nobody(tenant: Tenant, message: str, problem: str) -> None:
    target = queue(tenant, "q", SNS)
    arn = topic(tenant, "sqs", target)
    with pytest.raises(ClientError, match=problem):
        publish(tenant, arn, message, MessageStructure="json")
    settle()
    assert bodies(tenant, target) == []
    nobody = tenant.client("sns").create_topic(Name="nobody")["TopicArn"]
    with pytest.raises(ClientError, match=problem):
        publish(tenant, nobody, message, MessageStructure="json")
