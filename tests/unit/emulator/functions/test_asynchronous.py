"""Asynchronous invocations: retries, destinations, dead-letter queues."""

from __future__ import annotations

import json

from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.plumbing import attributes_of, bodies, failures, function, messages, queue, settle

FAILS = "def handler(e, c):\n    print('tried')\n    raise ValueError('no')"
SUCCEEDS = "def handler(e, c):\n    return e['n'] + 1"


def send(tenant: Tenant, name: str, event: object, **given: str) -> None:
    answer = tenant.client("lambda").invoke(
        FunctionName=name, InvocationType="Event", Payload=json.dumps(event), **given
    )
    assert answer["StatusCode"] == 202
    settle()


def tries(tenant: Tenant, name: str) -> int:
    events = tenant.client("logs").filter_log_events(logGroupName=f"/aws/lambda/{name}")["events"]
    return sum(each["message"] == "tried" for each in events)


def test_a_failing_function_is_tried_three_times_and_its_event_is_not_lost(tenant: Tenant) -> None:
    dead = queue(tenant, "dead")
    function(tenant, "f", FAILS, "sqs:SendMessage", DeadLetterConfig={"TargetArn": dead})
    send(tenant, "f", {"n": 1})
    assert tries(tenant, "f") == 3
    (message,) = messages(tenant, dead)
    assert json.loads(message["Body"]) == {"n": 1}
    assert attributes_of(message)["ErrorMessage"] == "no"


def test_retries_are_as_many_as_asked_for(tenant: Tenant) -> None:
    function(tenant, "f", FAILS)
    client = tenant.client("lambda")
    client.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0)
    send(tenant, "f", {})
    assert tries(tenant, "f") == 1
    assert client.get_function_event_invoke_config(FunctionName="f")["MaximumRetryAttempts"] == 0


def test_destinations_are_told_how_it_ended(tenant: Tenant) -> None:
    good, bad = queue(tenant, "good"), queue(tenant, "bad")
    destinations = {"OnSuccess": {"Destination": good}, "OnFailure": {"Destination": bad}}
    for name, source in (("f", SUCCEEDS), ("g", FAILS)):
        function(tenant, name, source, "sqs:SendMessage")
        tenant.client("lambda").put_function_event_invoke_config(
            FunctionName=name, DestinationConfig=destinations, MaximumRetryAttempts=1
        )
    send(tenant, "f", {"n": 1})
    send(tenant, "g", {"n": 2})
    (success,), (failure,) = bodies(tenant, good), bodies(tenant, bad)
    assert (success["requestContext"]["condition"], success["responsePayload"]) == ("Success", 2)
    assert (failure["requestContext"]["condition"], failure["requestPayload"]) == ("RetriesExhausted", {"n": 2})
    assert failure["requestContext"]["approximateInvokeCount"] == 2
    assert failure["requestContext"]["functionArn"] == f"arn:aws:lambda:{REGION}:{tenant.id}:function:g:$LATEST"
    assert failure["responsePayload"]["errorType"] == "ValueError"


def test_a_role_that_may_not_tell_the_destination_does_not(tenant: Tenant) -> None:
    missing = f"arn:aws:sqs:{REGION}:{tenant.id}:gone"
    function(tenant, "f", FAILS, DeadLetterConfig={"TargetArn": missing})
    send(tenant, "f", {})
    assert failures(tenant)[0]["target"] == missing


def test_a_function_that_is_stopped_loses_nothing(tenant: Tenant) -> None:
    dead = queue(tenant, "dead")
    function(tenant, "f", SUCCEEDS, "sqs:SendMessage", DeadLetterConfig={"TargetArn": dead})
    tenant.client("lambda").put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0)
    send(tenant, "f", {"n": 1})
    assert bodies(tenant, dead) == [{"n": 1}]
