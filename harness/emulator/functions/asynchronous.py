"""Asynchronous invocations: retries, destinations, dead-letter queues.

Source: Lambda developer guide, "How Lambda handles errors and retries with asynchronous invocation". Pauses between
retries, minutes at AWS, are as short here as everything that takes time.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError
from moto.awslambda.exceptions import UnknownFunctionException

from harness.emulator import acting, background, clock
from harness.emulator.arns import Arn
from harness.emulator.failures import FAILURES, Failure
from harness.emulator.functions import invoke, settings
from harness.emulator.functions.function import Function

_RETRIES, _LONGEST_AGE, _LONGEST_PAUSE = 2, 21600, 5.0


@dataclass(frozen=True)
class Invocation:
    """An event that waits for a function."""

    account: str
    region: str
    name: str
    qualifier: str | None
    arn: str  # as it was invoked
    event: str
    attempts: int = 0  # that ended with an error of the function
    delays: int = 0  # that found no room
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    since: datetime = field(default_factory=clock.now)


def accept(invocation: Invocation) -> None:
    """Takes an event; the function runs soon."""
    background.submit(f"lambda-event:{invocation.id}", partial(_attempt, invocation))


def _attempt(waiting: Invocation) -> None:
    try:
        function = settings.snapshot(waiting.account, waiting.region, waiting.name, waiting.qualifier)
    except UnknownFunctionException:  # deleted meanwhile
        return
    config = settings.invoke_config(waiting.account, waiting.region, waiting.name, waiting.qualifier)
    try:
        result = invoke.run(function, waiting.event, waiting.arn, waiting.id)
    except invoke.NotRunError as error:
        _not_run(waiting, function, config, error)
        return
    done = replace(waiting, attempts=waiting.attempts + 1)
    if not result.error:
        _send_on(done, function, config, "OnSuccess", "Success", result)
    elif done.attempts <= int(config.get("MaximumRetryAttempts", _RETRIES)) and not _is_too_old(done, config):
        _again(done, done.attempts)
    else:
        condition = "EventAgeExceeded" if _is_too_old(done, config) else "RetriesExhausted"
        _give_up(done, function, config, condition, result)


def _not_run(waiting: Invocation, function: Function, config: Mapping[str, Any], error: invoke.NotRunError) -> None:
    delayed = replace(waiting, delays=waiting.delays + 1)
    # Reserved concurrency of 0 stops a function: its events wait for nothing.
    if error.status == 429 and function.reserved != 0 and not _is_too_old(waiting, config):
        _again(delayed, delayed.delays)
        return
    payload = json.dumps({"errorType": error.code, "errorMessage": error.message})
    result = invoke.Result(payload, "Unhandled", "", function.version, waiting.id)
    _give_up(waiting, function, config, "EventAgeExceeded" if error.status == 429 else "RetriesExhausted", result)


def _again(waiting: Invocation, times: int) -> None:
    pause = min(max(clock.latency(), 0.01) * 2 ** min(times, 20), _LONGEST_PAUSE)
    background.later(pause, f"lambda-event:{waiting.id}", partial(_attempt, waiting))


def _is_too_old(waiting: Invocation, config: Mapping[str, Any]) -> bool:
    age = (clock.now() - waiting.since).total_seconds()
    return age > int(config.get("MaximumEventAgeInSeconds", _LONGEST_AGE))


def _give_up(
    waiting: Invocation, function: Function, config: Mapping[str, Any], condition: str, result: invoke.Result
) -> None:
    sent = _send_on(waiting, function, config, "OnFailure", condition, result)
    if function.dead_letter:
        told = json.loads(result.payload)
        attributes = {
            "RequestID": waiting.id,
            "ErrorCode": "200",
            "ErrorMessage": str(told.get("errorMessage", ""))[:1024],
        }
        sent = _deliver(waiting, function, function.dead_letter, waiting.event, attributes) or sent
    reason = f"{condition}: {result.payload}"
    FAILURES.note(Failure(waiting.arn, function.arn, waiting.account, waiting.region, reason, waiting.event, sent))


def _send_on(
    waiting: Invocation, function: Function, config: Mapping[str, Any], kind: str, condition: str, result: invoke.Result
) -> str:
    """Tells the destination how it ended; gives its ARN, or nothing where there is none."""
    destination = str(((config.get("DestinationConfig") or {}).get(kind) or {}).get("Destination") or "")
    if not destination:
        return ""
    response = {"statusCode": 200, "executedVersion": function.version}
    if result.error:
        response["functionError"] = result.error
    record = {
        "version": "1.0",
        "timestamp": f"{clock.now():%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "requestContext": {
            "requestId": waiting.id,
            "functionArn": f"{function.arn}:{waiting.qualifier or '$LATEST'}",
            "condition": condition,
            "approximateInvokeCount": waiting.attempts,
        },
        "requestPayload": json.loads(waiting.event),
        "responseContext": response,
        "responsePayload": json.loads(result.payload),
    }
    return _deliver(waiting, function, destination, json.dumps(record), {})


def _deliver(waiting: Invocation, function: Function, target: str, body: str, attributes: Mapping[str, str]) -> str:
    """Sends with the function's role; gives the target's ARN, or nothing where it was not reached."""
    try:
        session = acting.credentials(function.role, invoke.PRINCIPAL, function.account, function.name, function.arn)
        _send(session, Arn.parse(target), body, attributes)
    except (acting.NotTrustedError, ClientError, BotoCoreError, ValueError) as error:
        FAILURES.note(Failure(function.arn, target, waiting.account, waiting.region, str(error), body))
        return ""
    return target


def _send(session: Any, target: Arn, body: str, attributes: Mapping[str, str]) -> None:
    client = acting.client(target.service, target.region, session)
    given = {key: {"DataType": "String", "StringValue": value or "-"} for key, value in attributes.items()}
    if target.service == "sqs":
        url = f"https://sqs.{target.region}.amazonaws.com/{target.account}/{target.resource}"
        client.send_message(QueueUrl=url, MessageBody=body, MessageAttributes=given)
    elif target.service == "sns":
        client.publish(TopicArn=str(target), Message=body, MessageAttributes=given)
    elif target.service == "lambda":
        client.invoke(FunctionName=str(target), InvocationType="Event", Payload=body.encode())
    elif target.service == "events":
        outcome = "Failure" if "functionError" in json.loads(body)["responseContext"] else "Success"
        entry = {
            "Source": "lambda",
            "DetailType": f"Lambda Function Invocation Result - {outcome}",
            "Detail": body,
            "EventBusName": str(target),
        }
        client.put_events(Entries=[entry])
    else:
        raise ValueError(f"the emulated landscape sends no results of functions to {target}")
