"""One invocation of a function: concurrency, the session of its role, the process, its log and its metrics."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.emulator import acting
from harness.emulator.alarms import metrics
from harness.emulator.functions import code
from harness.emulator.functions.function import Function
from harness.emulator.functions.process import POOL, Line, Outcome, Process

PRINCIPAL = "lambda.amazonaws.com"
_TAIL_BYTES = 4096
_running: Counter[str] = Counter()
_lock = threading.Lock()


class NotRunError(Exception):
    """A function was not run; `code` and `status` are those of Lambda's API."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True)
class Result:
    """What an invocation gave. `error`: Unhandled, or nothing."""

    payload: str
    error: str
    tail: str  # the end of its log
    version: str
    request_id: str


def run(function: Function, event: str, arn: str, request_id: str = "") -> Result:
    """Runs a function on an event (JSON text) and waits for it. `arn`: as it was invoked. Raises NotRunError."""
    _check(function)
    request_id = request_id or str(uuid.uuid4())
    with _slot(function):
        outcome = _outcome(function, request_id, arn, event)
    lines = _log(function, request_id, outcome)
    _measure(function, outcome)
    tail = "\n".join(each.text for each in lines).encode()[-_TAIL_BYTES:].decode("utf-8", "ignore")
    return Result(outcome.payload, "Unhandled" if outcome.failed else "", tail, function.version, request_id)


def _check(function: Function) -> None:
    if function.package_type != "Zip":
        message = f"The emulated landscape runs no functions of package type {function.package_type}."
        raise NotRunError("UnsupportedOperation", message)
    if not function.runtime.startswith("python3"):
        message = f"The emulated landscape runs no functions of runtime {function.runtime}: only Python."
        raise NotRunError("UnsupportedOperation", message)


@contextlib.contextmanager
def _slot(function: Function) -> Iterator[None]:
    with _lock:
        if function.reserved is not None and _running[function.arn] >= function.reserved:
            throttled = True
        else:
            throttled = False
            _running[function.arn] += 1
    if throttled:
        _record(function, [metrics.Datum("Throttles", 1, "Count", {"FunctionName": function.name})])
        raise NotRunError("TooManyRequestsException", "Rate Exceeded.", 429)
    try:
        yield
    finally:
        with _lock:
            _running[function.arn] -= 1


def _outcome(function: Function, request_id: str, arn: str, event: str) -> Outcome:
    key = f"{function.identity}@{acting.endpoint()}"
    process = POOL.take(key)
    if process is None:
        try:
            session = acting.credentials(function.role, PRINCIPAL, function.account, function.name, function.arn)
            process = Process(function, acting.environment(function.region, session))
        except acting.NotTrustedError as error:
            message = f"The role defined for the function cannot be assumed by Lambda. ({error})"
            raise NotRunError("AccessDeniedException", message, 403) from None
        except code.UnreadableCodeError:
            raise NotRunError("InvalidZipFileException", "Lambda could not unzip the function code.", 502) from None
        POOL.add(process)
    try:
        return process.invoke(request_id, arn, event)
    finally:
        POOL.give_back(key, process)


def _log(function: Function, request_id: str, outcome: Outcome) -> list[Line]:
    """Writes the log with the function's role; a role that may not, leaves none. Gives the lines."""
    now = int(time.time() * 1000)
    took = outcome.seconds * 1000
    report = (
        f"REPORT RequestId: {request_id}\tDuration: {took:.2f} ms\tBilled Duration: {int(took) + 1} ms\t"
        f"Memory Size: {function.memory} MB\tMax Memory Used: {function.memory} MB"
    )
    first = outcome.lines[0].moment if outcome.lines else now
    lines = [Line(first, f"START RequestId: {request_id} Version: {function.version}"), *outcome.lines]
    told = json.loads(outcome.payload) if outcome.failed else {}
    if told.get("errorType") in ("Sandbox.Timedout", "Runtime.ExitError"):
        lines.append(Line(now, str(told["errorMessage"])))
    lines += [Line(now, f"END RequestId: {request_id}"), Line(now, report)]
    with contextlib.suppress(ClientError, BotoCoreError, acting.NotTrustedError):
        _write(function, outcome.log_stream, lines)
    return lines


def _write(function: Function, stream: str, lines: list[Line]) -> None:
    session = acting.credentials(function.role, PRINCIPAL, function.account, function.name, function.arn)
    client = acting.client("logs", function.region, session)
    group = function.log_group
    put: dict[str, Any] = {
        "logGroupName": group,
        "logStreamName": stream,
        "logEvents": [{"timestamp": each.moment, "message": each.text} for each in lines],
    }
    missing = client.exceptions.ResourceNotFoundException
    try:
        client.put_log_events(**put)
        return
    except missing:
        pass
    try:
        client.create_log_stream(logGroupName=group, logStreamName=stream)
    except missing:
        client.create_log_group(logGroupName=group)
        client.create_log_stream(logGroupName=group, logStreamName=stream)
    client.put_log_events(**put)


def _measure(function: Function, outcome: Outcome) -> None:
    named = {"FunctionName": function.name}
    _record(
        function,
        [
            metrics.Datum("Invocations", 1, "Count", named),
            metrics.Datum("Errors", float(outcome.failed), "Count", named),
            metrics.Datum("Duration", outcome.seconds * 1000, "Milliseconds", named),
        ],
    )


def _record(function: Function, data: list[metrics.Datum]) -> None:
    metrics.record(function.account, function.region, "AWS/Lambda", data)
