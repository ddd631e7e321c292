"""A schedule's time has come: its target is called with its role, again where that may help, else it is buried.

Source: EventBridge Scheduler user guide: context attributes, templated targets, retry policy and dead-letter queue.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from harness.emulator import background, clock
from harness.emulator.arns import Arn
from harness.emulator.events.model import compact
from harness.emulator.events.targets import UndeliverableError, with_role
from harness.emulator.failures import FAILURES, Failure
from harness.emulator.grants import Service
from harness.emulator.schedules import universal

PRINCIPAL = "scheduler.amazonaws.com"
_RETRIES, _LONGEST_AGE, _LONGEST_PAUSE = 185, 86400, 5.0


@dataclass(frozen=True)
class Firing:
    """One time of a schedule."""

    account: str
    region: str
    group: str
    arn: str  # of the schedule
    target: Mapping[str, Any]
    moment: datetime  # when it was due
    attempts: int = 0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    since: datetime = field(default_factory=clock.now)

    @property
    def service(self) -> Service:
        """Scheduler, on behalf of the group: trust policies can ask for no single schedule."""
        group = f"arn:aws:scheduler:{self.region}:{self.account}:schedule-group/{self.group}"
        return Service(PRINCIPAL, group, self.account)

    def call(self, region: str, service: str, operation: str, **params: Any) -> None:
        """A call with the schedule's role. Raises UndeliverableError."""
        with_role(str(self.target["RoleArn"]), self.service, region, service, operation, **params)


def fire(firing: Firing) -> None:
    """Calls the target soon, after what the schedule called before."""
    background.submit(f"schedule:{firing.arn}", partial(_attempt, firing))


def problem_of(target: Mapping[str, Any]) -> str | None:
    """Why Scheduler would not take a target; None where it would."""
    try:
        called = universal.operation(str(target["Arn"]))
    except universal.InvalidTargetError as error:
        return f"Invalid RequestJson provided. Reason {error}."
    if called is not None:
        try:
            json.loads(target.get("Input") or "{}")
        except ValueError:
            return f"Invalid RequestJson provided: {target.get('Input')}."
        return None
    if _sender(str(target["Arn"])) is None:
        return f"The emulated landscape calls no target such as {target['Arn']} from schedules."
    return None


def _attempt(firing: Firing) -> None:
    firing = replace(firing, attempts=firing.attempts + 1)
    payload = _payload(firing)
    try:
        called = universal.operation(str(firing.target["Arn"]))
        if called is not None:
            given = universal.parameters(json.loads(payload or "{}"), called)
            firing.call(firing.region, called.service, called.method, **given)
        else:
            sender = _sender(str(firing.target["Arn"]))
            assert sender is not None  # checked when the schedule was made
            sender(firing, Arn.parse(str(firing.target["Arn"])), payload)
    except UndeliverableError as error:
        _failed(firing, error, payload)


def _payload(firing: Firing) -> str:
    """The input with its context attributes filled in; without one, the event that Scheduler makes."""
    given = firing.target.get("Input")
    if given is None:
        return "" if ":aws-sdk:" in str(firing.target["Arn"]) else compact(_event(firing))
    attributes = {
        "<aws.scheduler.schedule-arn>": firing.arn,
        "<aws.scheduler.scheduled-time>": f"{firing.moment:%Y-%m-%dT%H:%M:%SZ}",
        "<aws.scheduler.execution-id>": firing.id,
        "<aws.scheduler.attempt-number>": str(firing.attempts),
    }
    for name, value in attributes.items():
        given = given.replace(name, value)
    return str(given)


def _event(firing: Firing) -> dict[str, Any]:
    return {
        "version": "0",
        "id": firing.id,
        "detail-type": "Scheduled Event",
        "source": "aws.scheduler",
        "account": firing.account,
        "time": f"{firing.moment:%Y-%m-%dT%H:%M:%SZ}",
        "region": firing.region,
        "resources": [firing.arn],
        "detail": "{}",
    }


def _failed(firing: Firing, error: UndeliverableError, payload: str) -> None:
    policy = firing.target.get("RetryPolicy") or {}
    exhausted = ""
    if error.retriable:
        if firing.attempts > int(policy.get("MaximumRetryAttempts", _RETRIES)):
            exhausted = "MaximumRetryAttempts"
        elif (clock.now() - firing.since).total_seconds() > int(policy.get("MaximumEventAgeInSeconds", _LONGEST_AGE)):
            exhausted = "MaximumEventAgeInSeconds"
        else:
            pause = min(max(clock.latency(), 0.01) * 2 ** min(firing.attempts, 20), _LONGEST_PAUSE)
            background.later(pause, f"schedule:{firing.arn}", partial(_attempt, firing))
            return
    _bury(firing, error, exhausted, payload)


def _bury(firing: Firing, error: UndeliverableError, exhausted: str, payload: str) -> None:
    target, told = str(firing.target["Arn"]), f"{error.code}: {error.message}"
    queue = str((firing.target.get("DeadLetterConfig") or {}).get("Arn") or "")
    if queue:
        attributes = {
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message,
            "EXECUTION_ID": firing.id,
            "EXHAUSTED_RETRY_CONDITION": exhausted,
            "IS_PAYLOAD_TRUNCATED": "false",
            "RETRY_ATTEMPTS": str(firing.attempts - 1),
            "SCHEDULED_TIME": f"{firing.moment:%Y-%m-%dT%H:%M:%SZ}",
            "SCHEDULE_ARN": firing.arn,
            "TARGET_ARN": target,
        }
        given = {key: {"DataType": "String", "StringValue": value} for key, value in attributes.items() if value}
        arn = Arn.parse(queue)
        try:
            firing.call(
                arn.region,
                "sqs",
                "send_message",
                QueueUrl=_url(arn),
                MessageBody=payload or "{}",
                MessageAttributes=given,
            )
        except UndeliverableError as worse:
            told += f"; dead-letter queue: {worse.code}: {worse.message}"
            queue = ""
    FAILURES.note(Failure(firing.arn, target, firing.account, firing.region, told, payload, queue))


def _url(arn: Arn) -> str:
    return f"https://sqs.{arn.region}.amazonaws.com/{arn.account}/{arn.resource}"


def _function(firing: Firing, arn: Arn, payload: str) -> None:
    firing.call(arn.region, "lambda", "invoke", FunctionName=str(arn), InvocationType="Event", Payload=payload.encode())


def _topic(firing: Firing, arn: Arn, payload: str) -> None:
    firing.call(arn.region, "sns", "publish", TopicArn=str(arn), Message=payload)


def _queue(firing: Firing, arn: Arn, payload: str) -> None:
    group = (firing.target.get("SqsParameters") or {}).get("MessageGroupId")
    firing.call(arn.region, "sqs", "send_message", QueueUrl=_url(arn), MessageBody=payload, MessageGroupId=group)


def _state_machine(firing: Firing, arn: Arn, payload: str) -> None:
    firing.call(arn.region, "stepfunctions", "start_execution", stateMachineArn=str(arn), input=payload)


def _sagemaker_pipeline(firing: Firing, arn: Arn, payload: str) -> None:
    del payload  # a pipeline is started with parameters
    listed = (firing.target.get("SageMakerPipelineParameters") or {}).get("PipelineParameterList") or None
    firing.call(
        arn.region,
        "sagemaker",
        "start_pipeline_execution",
        PipelineName=str(arn),
        PipelineParameters=listed,
        ClientRequestToken=firing.id,
    )


def _code_pipeline(firing: Firing, arn: Arn, payload: str) -> None:
    del payload
    firing.call(arn.region, "codepipeline", "start_pipeline_execution", name=arn.resource)


def _build_project(firing: Firing, arn: Arn, payload: str) -> None:
    del payload
    firing.call(arn.region, "codebuild", "start_build", projectName=arn.resource.removeprefix("project/"))


def _bus(firing: Firing, arn: Arn, payload: str) -> None:
    given = firing.target.get("EventBridgeParameters") or {}
    entry = {
        "EventBusName": str(arn),
        "Source": given.get("Source"),
        "DetailType": given.get("DetailType"),
        "Detail": payload,
    }
    firing.call(arn.region, "events", "put_events", Entries=[entry])


Sender = Callable[[Firing, Arn, str], None]
_SENDERS: Mapping[tuple[str, str], Sender] = {
    ("lambda", "function:"): _function,
    ("sns", ""): _topic,
    ("sqs", ""): _queue,
    ("states", "stateMachine:"): _state_machine,
    ("sagemaker", "pipeline/"): _sagemaker_pipeline,
    ("codepipeline", ""): _code_pipeline,
    ("codebuild", "project/"): _build_project,
    ("events", "event-bus/"): _bus,
}


def _sender(text: str) -> Sender | None:
    arn = Arn.parse(text)
    for (service, start), sender in _SENDERS.items():
        if arn.service == service and arn.resource.startswith(start):
            return sender
    return None
