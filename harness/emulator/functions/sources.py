"""Event source mappings of queues: batches of messages to functions, with the function's role.

Source: Lambda developer guide, "Using Lambda with Amazon SQS". What failed comes again as soon as everything here that
takes time, and not after the queue's visibility time-out: so that it reaches its dead-letter queue within a test.
Streams of DynamoDB and Kinesis are polled by moto and invoke asynchronously.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from botocore.exceptions import ClientError
from moto.awslambda.exceptions import UnknownFunctionException
from moto.awslambda.models import EventSourceMapping, LambdaFunction, lambda_backends
from moto.sqs.models import Message, Queue

from harness.documents import patterns
from harness.emulator import acting, background, clock
from harness.emulator.alarms import queues
from harness.emulator.arns import Arn
from harness.emulator.failures import FAILURES, Failure
from harness.emulator.functions import asynchronous, invoke, settings
from harness.emulator.functions.function import Function

_MOST_AT_ONCE, _LONGEST_PAUSE, _AWAITED_TRIES = 10, 5.0, 8


@dataclass(frozen=True)
class Poller:
    """What one mapping needs to read its queue."""

    mapping: EventSourceMapping
    function: Function
    qualifier: str | None
    client: Any  # of SQS, with the function's role
    url: str

    @property
    def arn(self) -> str:
        """The function's, as it is invoked."""
        return self.function.arn + (f":{self.qualifier}" if self.qualifier else "")


def arrived(queue_arn: str, tries: int = 0, pause: float = 0.0) -> None:
    """Says that a queue may hold messages: those who listen to it read it soon."""
    for mapping in _listeners(queue_arn):
        work = partial(_poll, mapping, tries)
        if pause:
            background.later(pause, f"esm:{mapping.uuid}", work, awaited=tries < _AWAITED_TRIES)
        else:
            background.submit(f"esm:{mapping.uuid}", work)


def problem_of(queue: Queue, timeout: int) -> str | None:
    """Why Lambda would not listen to a queue for a function with that time-out (seconds); None where it would."""
    visible = int(queue.visibility_timeout)
    if visible >= timeout:
        return None
    return f"Queue visibility timeout: {visible} seconds is less than Function timeout: {timeout} seconds"


def _listeners(queue_arn: str) -> Iterator[EventSourceMapping]:
    region = Arn.parse(queue_arn).region
    for regions in list(lambda_backends.values()):
        if region in regions:
            for mapping in list(regions[region]._event_source_mappings.values()):
                if mapping.event_source_arn == queue_arn and mapping.enabled:
                    yield mapping


def _poll(mapping: EventSourceMapping, tries: int) -> None:
    region, account, name, qualifier = settings.parse(mapping.function_arn)
    try:
        function = settings.snapshot(str(account), str(region), name, qualifier)
        session = acting.credentials(function.role, invoke.PRINCIPAL, function.account, name, function.arn)
    except (UnknownFunctionException, acting.NotTrustedError) as error:
        _note(mapping, str(error))
        return
    arn = Arn.parse(mapping.event_source_arn)
    url = f"https://sqs.{arn.region}.amazonaws.com/{arn.account}/{arn.resource}"
    poller = Poller(mapping, function, qualifier, acting.client("sqs", arn.region, session), url)
    try:
        while batch := _batch(poller):
            if not _handle(poller, batch):
                pause = min(max(clock.latency(), 0.01) * 2 ** min(tries, 20), _LONGEST_PAUSE)
                arrived(mapping.event_source_arn, tries + 1, pause)
                return
    except ClientError as error:
        _note(mapping, str(error))


def _batch(poller: Poller) -> list[dict[str, Any]]:
    """As many messages as the mapping takes at once, without those that its filters leave out."""
    batch: list[dict[str, Any]] = []
    while len(batch) < poller.mapping.batch_size:
        room = min(_MOST_AT_ONCE, poller.mapping.batch_size - len(batch))
        received = poller.client.receive_message(
            QueueUrl=poller.url,
            MaxNumberOfMessages=room,
            AttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        for each in received:
            if _is_wanted(poller.mapping, each):
                batch.append(each)
            else:
                poller.client.delete_message(QueueUrl=poller.url, ReceiptHandle=each["ReceiptHandle"])
        if not received:
            break
    return batch


def _is_wanted(mapping: EventSourceMapping, message: Mapping[str, Any]) -> bool:
    filters = (mapping.filter_criteria or {}).get("Filters") or []
    if not filters:
        return True
    document: dict[str, Any] = {**_record(mapping, message)}
    with contextlib.suppress(ValueError):
        document["body"] = json.loads(document["body"])
    return any(patterns.matches(patterns.parse(each["Pattern"]), document) for each in filters)


def _handle(poller: Poller, batch: list[dict[str, Any]]) -> bool:
    """Invokes the function and deletes what it has done; whether that was everything."""
    event = json.dumps({"Records": [_record(poller.mapping, each) for each in batch]})
    try:
        result = invoke.run(poller.function, event, poller.arn)
        failed = {each["MessageId"] for each in batch} if result.error else _reported(poller.mapping, result, batch)
    except invoke.NotRunError:  # throttled, or no function that runs here
        failed = {each["MessageId"] for each in batch}
    for each in batch:
        if each["MessageId"] not in failed:
            poller.client.delete_message(QueueUrl=poller.url, ReceiptHandle=each["ReceiptHandle"])
        else:
            poller.client.change_message_visibility(
                QueueUrl=poller.url, ReceiptHandle=each["ReceiptHandle"], VisibilityTimeout=0
            )
    return not failed


def _reported(mapping: EventSourceMapping, result: invoke.Result, batch: list[dict[str, Any]]) -> set[str]:
    """The messages that a function says it has not done. An answer that says it wrongly means all."""
    if "ReportBatchItemFailures" not in (mapping.function_response_types or ()):
        return set()
    everything = {each["MessageId"] for each in batch}
    answer = json.loads(result.payload)
    if not answer:
        return set()
    try:
        failed = {each["itemIdentifier"] for each in answer.get("batchItemFailures") or ()}
    except (AttributeError, KeyError, TypeError):
        return everything
    return failed if failed <= everything else everything


def _record(mapping: EventSourceMapping, message: Mapping[str, Any]) -> dict[str, Any]:
    attributes = {
        name: {
            "stringValue": value.get("StringValue"),
            "stringListValues": [],
            "binaryListValues": [],
            "dataType": value["DataType"],
        }
        for name, value in message.get("MessageAttributes", {}).items()
    }
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": attributes,
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": mapping.event_source_arn,
        "awsRegion": Arn.parse(mapping.event_source_arn).region,
    }


def _note(mapping: EventSourceMapping, reason: str) -> None:
    FAILURES.note(
        Failure(mapping.event_source_arn, mapping.function_arn, mapping.account_id, mapping.region, reason, "")
    )


_add = Queue.add_message


def _add_and_tell(queue: Queue, message: Message) -> None:
    _add(queue, message)
    wait = max(0.0, message.delayed_until / 1000 - clock.now().timestamp())
    arrived(queue.queue_arn, pause=wait)
    queues.measure(queue)


def _invoke(function: LambdaFunction, body: Any, request_headers: Any, response_headers: Any) -> str:
    """What moto calls where one of its services invokes a function: streams, subscriptions of logs."""
    del request_headers, response_headers
    arn = f"arn:aws:lambda:{function.region}:{function.account_id}:function:{function.function_name}"
    event = body if isinstance(body, str) else body.decode()
    asynchronous.accept(
        asynchronous.Invocation(function.account_id, function.region, function.function_name, None, arn, event)
    )
    return ""


def install() -> None:
    """Lets queues tell of what arrives, and moto's services invoke functions that run."""
    Queue.add_message = _add_and_tell
    LambdaFunction.invoke = _invoke
