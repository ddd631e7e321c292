"""Queues feed functions: batches, partial failures, dead letters, filters."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import Tenant
from tests.unit.emulator.plumbing import bodies, failures, function, queue, settle, url_of

COLLECTS = """
    import boto3, json
    def handler(event, context):
        found = [each["body"] for each in event["Records"]]
        boto3.client("sqs").send_message(QueueUrl="{}", MessageBody=json.dumps(found))
        return {{"batchItemFailures": [
            {{"itemIdentifier": each["messageId"]}} for each in event["Records"] if each["body"] == "bad"
        ]}}
"""


def feed(tenant: Tenant, source: str, *texts: str) -> None:
    for each in texts:
        tenant.client("sqs").send_message(QueueUrl=url_of(source), MessageBody=each)


def mapped(tenant: Tenant, source: str, name: str, **given: Any) -> str:
    made = tenant.client("lambda").create_event_source_mapping(EventSourceArn=source, FunctionName=name, **given)
    return str(made["UUID"])


def test_messages_come_in_batches_and_are_gone_afterwards(tenant: Tenant) -> None:
    source, collected = queue(tenant, "source"), queue(tenant, "collected")
    function(tenant, "f", COLLECTS.format(url_of(collected)), "sqs:*")
    feed(tenant, source, *"abcde")
    mapped(tenant, source, "f", BatchSize=3)
    settle()
    feed(tenant, source, "late")
    settle()
    assert bodies(tenant, collected) == [["a", "b", "c"], ["d", "e"], ["late"]]
    assert bodies(tenant, source) == []


def test_a_failing_function_leaves_its_messages_to_the_dead_letter_queue(tenant: Tenant) -> None:
    dead = queue(tenant, "dead")
    source = queue(tenant, "source", RedrivePolicy=json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2}))
    function(tenant, "f", "def handler(e, c):\n    raise ValueError", "sqs:*")
    mapped(tenant, source, "f")
    feed(tenant, source, "poison")
    settle()
    assert bodies(tenant, dead) == ["poison"]


def test_only_what_a_function_reports_comes_again(tenant: Tenant) -> None:
    dead, collected = queue(tenant, "dead"), queue(tenant, "collected")
    source = queue(tenant, "source", RedrivePolicy=json.dumps({"deadLetterTargetArn": dead, "maxReceiveCount": 2}))
    function(tenant, "f", COLLECTS.format(url_of(collected)), "sqs:*")
    feed(tenant, source, "good", "bad")
    mapped(tenant, source, "f", FunctionResponseTypes=["ReportBatchItemFailures"])
    settle()
    assert bodies(tenant, collected) == [["good", "bad"], ["bad"]]
    assert bodies(tenant, dead) == ["bad"]


def test_filters_leave_messages_out_for_good(tenant: Tenant) -> None:
    source, collected = queue(tenant, "source"), queue(tenant, "collected")
    function(tenant, "f", COLLECTS.format(url_of(collected)), "sqs:*")
    wanted = {"Filters": [{"Pattern": json.dumps({"body": {"kind": ["drift"]}})}]}
    mapped(tenant, source, "f", FilterCriteria=wanted)
    feed(tenant, source, '{"kind": "other"}', '{"kind": "drift"}', "text")
    settle()
    assert bodies(tenant, collected) == [['{"kind": "drift"}']]
    assert bodies(tenant, source) == []


def test_a_disabled_mapping_waits_until_it_is_enabled(tenant: Tenant) -> None:
    source, collected = queue(tenant, "source"), queue(tenant, "collected")
    function(tenant, "f", COLLECTS.format(url_of(collected)), "sqs:*")
    uuid = mapped(tenant, source, "f", Enabled=False)
    feed(tenant, source, "a")
    settle()
    assert bodies(tenant, collected) == []
    tenant.client("lambda").update_event_source_mapping(UUID=uuid, Enabled=True)
    settle()
    assert bodies(tenant, collected) == [["a"]]


def test_a_queue_must_hide_messages_as_long_as_the_function_may_take(tenant: Tenant) -> None:
    source = queue(tenant, "source")
    function(tenant, "slow", "def handler(e, c): ...", Timeout=60)
    with pytest.raises(ClientError, match="visibility timeout: 30 seconds is less than Function timeout: 60 seconds"):
        mapped(tenant, source, "slow")


def test_a_function_that_is_gone_is_told(tenant: Tenant) -> None:
    source = queue(tenant, "source")
    function(tenant, "f", "def handler(e, c): ...", "sqs:*")
    mapped(tenant, source, "f")
    tenant.client("lambda").delete_function(FunctionName="f")
    feed(tenant, source, "a")
    settle()
    assert "Function not found" in failures(tenant)[-1]["reason"]
