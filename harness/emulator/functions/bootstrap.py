"""The process of a Lambda function: imports its handler and runs one invocation after another. A program of its own.

It reads invocations as JSON lines from standard input, answers with JSON lines on the file descriptor that its first
argument names, and leaves standard output and error to the handler; a line that begins with a NUL ends an invocation.
Nothing of the harness is importable here: a function sees what it would see at AWS.
"""

from __future__ import annotations

import importlib
import json
import logging
import os
import sys
import time
import traceback
from collections.abc import Callable, Iterable
from typing import Any

_LEVELS = {"TRACE": 5, "DEBUG": 10, "INFO": 20, "WARN": 30, "ERROR": 40, "FATAL": 50}


class Context:
    """What a handler's second argument is at AWS."""

    client_context = None
    identity = None

    def __init__(self, told: dict[str, Any]) -> None:
        self.function_name = os.environ["AWS_LAMBDA_FUNCTION_NAME"]
        self.function_version = os.environ["AWS_LAMBDA_FUNCTION_VERSION"]
        self.memory_limit_in_mb = os.environ["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"]
        self.log_group_name = os.environ["AWS_LAMBDA_LOG_GROUP_NAME"]
        self.log_stream_name = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]
        self.invoked_function_arn = told["arn"]
        self.aws_request_id = told["id"]
        self._deadline = told["deadline"]

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until the function times out."""
        return max(0, int((self._deadline - time.time()) * 1000))

    def log(self, message: object) -> None:
        """Writes to the function's log."""
        sys.stdout.write(str(message))


class InitError(Exception):
    """The handler cannot be had: `kind` is Lambda's error type."""

    def __init__(self, kind: str, message: str, trace: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.kind, self.trace = kind, list(trace)


class _Handler(logging.Handler):
    """Lambda's log handler, text or JSON."""

    request_id = ""

    def emit(self, record: logging.LogRecord) -> None:
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
            told: dict[str, Any] = {
                "timestamp": moment + "Z",
                "level": record.levelname,
                "message": record.getMessage(),
                "logger": record.name,
                "requestId": self.request_id,
            }
            if record.exc_info:
                told["stackTrace"] = traceback.format_exception(*record.exc_info)
            text = json.dumps(told)
        else:
            text = f"[{record.levelname}]\t{moment}.{int(record.msecs):03d}Z\t{self.request_id}\t{record.getMessage()}"
            if record.exc_info:
                text += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        sys.stdout.write(text + "\n")


def load() -> Callable[..., Any]:
    """The handler that _HANDLER names. Raises InitError."""
    named = os.environ["_HANDLER"]
    module_name, dot, function_name = named.rpartition(".")
    if not dot:
        raise InitError("Runtime.MalformedHandlerName", f"Bad handler '{named}': not enough values to unpack")
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise InitError("Runtime.ImportModuleError", f"Unable to import module '{module_name}': {error}") from error
    except SyntaxError as error:
        message = f"Syntax error in module '{module_name}': {error}"
        raise InitError("Runtime.UserCodeSyntaxError", message) from error
    except Exception as error:
        raise InitError(type(error).__name__, str(error), trace_of(error)) from error
    handler = getattr(module, function_name, None)
    if handler is None:
        raise InitError("Runtime.HandlerNotFound", f"Handler '{function_name}' missing on module '{module_name}'")
    found: Callable[..., Any] = handler
    return found


def trace_of(error: BaseException) -> list[str]:
    """The stack of an error, without the frames of this program and as if the code lay where it lies at AWS."""
    frames = [each for each in traceback.extract_tb(error.__traceback__) if each.filename != __file__]
    frames = [each for each in frames if not each.filename.startswith("<frozen importlib")]
    root = os.environ["LAMBDA_TASK_ROOT"]
    return [each.replace(root, "/var/task") for each in traceback.format_list(frames)]


def failure(kind: str, message: str, trace: list[str], request_id: str) -> dict[str, Any]:
    """An answer that says what went wrong, and the line that Lambda logs for it."""
    sys.stdout.write(f"[ERROR] {kind}: {message}\n")
    if trace:
        sys.stdout.write("Traceback (most recent call last):\n" + "".join(trace))
    told = {"errorMessage": message, "errorType": kind, "requestId": request_id, "stackTrace": trace}
    return {"error": True, "payload": json.dumps(told)}


def run(handler: Callable[..., Any], told: dict[str, Any]) -> dict[str, Any]:
    """One invocation."""
    try:
        result = handler(json.loads(told["event"]), Context(told))
    except Exception as error:
        return failure(type(error).__name__, str(error), trace_of(error), told["id"])
    try:
        return {"error": False, "payload": json.dumps(result)}
    except (TypeError, ValueError) as error:
        return failure("Runtime.MarshalError", f"Unable to marshal response: {error}", [], told["id"])


def main() -> None:
    """Answers until standard input ends."""
    answers = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")
    invocations = os.fdopen(os.dup(0), encoding="utf-8")
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    sys.path[0] = os.environ["LAMBDA_TASK_ROOT"]
    sys.path[1:1] = [each for each in os.environ.get("LAMBDA_LAYER_PATHS", "").split(os.pathsep) if each]
    log = _Handler()
    logging.getLogger().addHandler(log)
    if os.environ.get("AWS_LAMBDA_LOG_LEVEL"):
        logging.getLogger().setLevel(_LEVELS.get(os.environ["AWS_LAMBDA_LOG_LEVEL"], logging.INFO))
    handler: Callable[..., Any] | None = None
    problem: InitError | None = None
    try:
        handler = load()
    except InitError as error:
        problem = error
    for line in invocations:
        told = json.loads(line)
        log.request_id = told["id"]
        os.environ["_X_AMZN_TRACE_ID"] = told["trace"]
        if problem is not None:
            answer = failure(problem.kind, str(problem), problem.trace, told["id"])
        elif handler is not None:
            answer = run(handler, told)
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(1, b"\n\0" + told["id"].encode() + b"\n")
        answers.write(json.dumps(answer) + "\n")
        answers.flush()
        if problem is not None:
            return


if __name__ == "__main__":
    main()
