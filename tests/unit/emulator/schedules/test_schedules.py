"""Schedules fire at their time or by hand, as the role that they have."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError
from moto.scheduler.models import scheduler_backends

from tests.unit.emulator.conftest import REGION, Tenant
from tests.unit.emulator.plumbing import (
    attributes_of,
    bodies,
    control,
    failures,
    function,
    messages,
    queue,
    role,
    settle,
    url_of,
)

SCHEDULER = "scheduler.amazonaws.com"


def schedule(tenant: Tenant, target: dict[str, Any], name: str = "daily", **given: Any) -> str:
    if "RoleArn" not in target:
        target["RoleArn"] = role(tenant, f"{name}-role", SCHEDULER, "sqs:*", "lambda:*")
    request = {"ScheduleExpression": "rate(1 day)", "FlexibleTimeWindow": {"Mode": "OFF"}, **given}
    return str(tenant.client("scheduler").create_schedule(Name=name, Target=target, **request)["ScheduleArn"])


def fire(tenant: Tenant, name: str = "daily", group: str = "default") -> tuple[int, dict[str, Any]]:
    answer = control(tenant, "POST", f"schedules/{group}/{name}/fire")
    settle()
    return answer


def test_a_queue_gets_the_input_with_its_context(tenant: Tenant) -> None:
    target = queue(tenant, "q")
    given = {
        "arn": "<aws.scheduler.schedule-arn>",
        "at": "<aws.scheduler.scheduled-time>",
        "id": "<aws.scheduler.execution-id>",
    }
    arn = schedule(tenant, {"Arn": target, "Input": json.dumps({**given, "try": "<aws.scheduler.attempt-number>"})})
    _, answer = fire(tenant)
    (told,) = bodies(tenant, target)
    assert (told["arn"], told["id"], told["try"]) == (arn, answer["executionId"], "1")
    assert abs(datetime.fromisoformat(told["at"]) - datetime.now(UTC)) < timedelta(minutes=1)


def test_without_input_a_function_gets_schedulers_event(tenant: Tenant) -> None:
    received = queue(tenant, "q")
    source = f"""
        import boto3, json
        def handler(event, context):
            boto3.client("sqs").send_message(QueueUrl="{url_of(received)}", MessageBody=json.dumps(event))
    """
    target = function(tenant, "f", source, "sqs:SendMessage")
    arn = schedule(tenant, {"Arn": target})
    fire(tenant)
    (event,) = bodies(tenant, received)
    assert (event["source"], event["detail-type"], event["resources"]) == ("aws.scheduler", "Scheduled Event", [arn])


def test_a_universal_target_is_any_writing_operation(tenant: Tenant) -> None:
    target = queue(tenant, "q")
    given = json.dumps({"QueueUrl": url_of(target), "MessageBody": "from afar"})
    schedule(tenant, {"Arn": "arn:aws:scheduler:::aws-sdk:sqs:sendMessage", "Input": given})
    fire(tenant)
    assert bodies(tenant, target) == ["from afar"]


def test_members_of_a_universal_targets_request_begin_with_a_capital(tenant: Tenant) -> None:
    machine_role = role(tenant, "machine", "states.amazonaws.com")
    definition = json.dumps({"StartAt": "Done", "States": {"Done": {"Type": "Succeed"}}})
    client = tenant.client("stepfunctions")
    machine = client.create_state_machine(name="m", definition=definition, roleArn=machine_role)["stateMachineArn"]
    starter = role(tenant, "starter", SCHEDULER, "states:StartExecution")
    given = json.dumps({"StateMachineArn": machine, "Input": "{}"})
    schedule(tenant, {"Arn": "arn:aws:scheduler:::aws-sdk:sfn:startExecution", "RoleArn": starter, "Input": given})
    fire(tenant)
    assert len(client.list_executions(stateMachineArn=machine)["executions"]) == 1


def test_what_fails_goes_to_the_dead_letter_queue_with_the_schedules_role(tenant: Tenant) -> None:
    dead = queue(tenant, "dead")
    missing = f"arn:aws:sqs:{REGION}:{tenant.id}:gone"
    arn = schedule(tenant, {"Arn": missing, "Input": "hello", "DeadLetterConfig": {"Arn": dead}})
    fire(tenant)
    (message,) = messages(tenant, dead)
    told = attributes_of(message)
    assert (message["Body"], told["SCHEDULE_ARN"], told["TARGET_ARN"]) == ("hello", arn, missing)
    assert failures(tenant)[-1]["dead_letter"] == dead


def test_a_schedule_fires_by_itself_when_its_time_comes(tenant: Tenant) -> None:
    target = queue(tenant, "q")
    soon = datetime.now(UTC) + timedelta(seconds=3)
    schedule(
        tenant,
        {"Arn": target, "Input": "now"},
        ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})",
        ActionAfterCompletion="DELETE",
    )
    deadline, found = time.monotonic() + 15, []
    while not found and time.monotonic() < deadline:
        time.sleep(0.2)
        settle()
        found = bodies(tenant, target)
    assert found == ["now"]
    assert tenant.client("scheduler").list_schedules()["Schedules"] == []


def test_one_that_cannot_be_looked_at_stops_no_other(tenant: Tenant) -> None:
    target = queue(tenant, "q")
    schedule(tenant, {"Arn": target}, name="broken")
    kept = scheduler_backends[tenant.id][REGION].schedule_groups["default"].schedules
    kept["broken"].start_date = "someday"
    soon = datetime.now(UTC) + timedelta(seconds=2)
    schedule(tenant, {"Arn": target, "Input": "now"}, ScheduleExpression=f"at({soon:%Y-%m-%dT%H:%M:%S})")
    deadline, found = time.monotonic() + 15, []
    while not found and time.monotonic() < deadline:
        time.sleep(0.2)
        found = bodies(tenant, target)
    del kept["broken"]
    assert found == ["now"]


def test_a_disabled_schedule_never_fires(tenant: Tenant) -> None:
    target = queue(tenant, "q")
    schedule(tenant, {"Arn": target}, State="DISABLED")
    assert fire(tenant) == (404, {"error": "the schedule default/daily is disabled: it never fires"})
    assert fire(tenant, "unknown")[0] == 404


def test_a_role_that_trusts_one_schedule_is_refused_one_that_trusts_the_group_is_not(tenant: Tenant) -> None:
    group = f"arn:aws:scheduler:{REGION}:{tenant.id}:schedule-group/default"

    def trusted(name: str, source: str) -> str:
        condition = {"StringEquals": {"aws:SourceAccount": tenant.id, "aws:SourceArn": source}}
        statement = {"Effect": "Allow", "Principal": {"Service": SCHEDULER}, "Action": "sts:AssumeRole"}
        return tenant.role(name, {**statement, "Condition": condition})

    target = queue(tenant, "q")
    with pytest.raises(ClientError, match="must allow AWS EventBridge Scheduler to assume the role"):
        schedule(tenant, {"Arn": target, "RoleArn": trusted("one", f"{group}/daily")})
    schedule(tenant, {"Arn": target, "RoleArn": trusted("all", group)})


@pytest.mark.parametrize(
    ("target", "given", "message"),
    [
        ({"Arn": "arn:aws:scheduler:::aws-sdk:s3:getObject"}, {}, "none of the operations that Scheduler calls"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:lambda:InvokeModel"}, {}, "none of the operations"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:ListQueues"}, {}, "none of the operations"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:sqs:fly"}, {}, "fly is not a valid API for service sqs"),
        ({"Arn": "arn:aws:scheduler:::aws-sdk:nothing:doIt"}, {}, "nothing is not a valid service"),
        ({"Arn": "arn:aws:kinesis:eu-west-1:1:stream/s"}, {}, "calls no target such as"),
        ({"Arn": "arn:aws:sqs:eu-west-1:1:q"}, {"ScheduleExpression": "cron(1)"}, "Invalid Schedule Expression"),
        ({"Arn": "arn:aws:sqs:eu-west-1:1:q"}, {"GroupName": "none"}, "Schedule group none does not exist"),
    ],
)
def test_what_scheduler_would_not_take(
    tenant: Tenant, target: dict[str, Any], given: dict[str, Any], message: str
) -> None:
    with pytest.raises(ClientError, match=message):
        schedule(tenant, target, **given)


def test_a_rule_with_a_schedule_fires_too(tenant: Tenant) -> None:
    target = queue(tenant, "q", "events.amazonaws.com")
    client = tenant.client("events")
    arn = client.put_rule(Name="nightly", ScheduleExpression="cron(0 3 * * ? *)")["RuleArn"]
    client.put_targets(Rule="nightly", Targets=[{"Id": "1", "Arn": target}])
    client.put_events(Entries=[{"Source": "own", "DetailType": "t", "Detail": "{}"}])
    assert control(tenant, "POST", "rules/nightly/fire")[0] == 200
    settle()
    (event,) = bodies(tenant, target)
    assert (event["source"], event["detail-type"], event["resources"]) == ("aws.events", "Scheduled Event", [arn])
