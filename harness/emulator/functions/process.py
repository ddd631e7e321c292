"""The processes that run functions: started when needed, kept warm, ended when idle. It knows no API."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.emulator import background, clock
from harness.emulator.functions import code
from harness.emulator.functions.function import Function
from harness.pipelines.container.process import signal_group

_BOOTSTRAP = Path(__file__).with_name("bootstrap.py")
_IDLE_SECONDS = 60.0
_LINE_BYTES = 262_144  # the largest event of CloudWatch Logs


@dataclass(frozen=True)
class Line:
    """Something that a function wrote."""

    moment: int  # milliseconds since 1970
    text: str


@dataclass(frozen=True)
class Outcome:
    """How an invocation ended. `failed`: the payload tells of an error."""

    payload: str
    failed: bool
    lines: tuple[Line, ...]
    seconds: float
    log_stream: str


class Process:
    """One process of one function version: one invocation at a time."""

    def __init__(self, function: Function, environment: Mapping[str, str]) -> None:
        self.function = function
        moment = clock.now()
        self.log_stream = f"{moment:%Y/%m/%d}/[{function.version}]{uuid.uuid4().hex}"
        reading, writing = os.pipe()
        self._popen = subprocess.Popen(
            [sys.executable, "-B", "-s", str(_BOOTSTRAP), str(writing)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=[writing],
            cwd=code.folder_of(function.code),
            env={**self._environment(function), **environment},
            start_new_session=True,
        )
        os.close(writing)
        assert self._popen.stdin is not None
        os.set_blocking(self._popen.stdin.fileno(), False)
        self._answers = os.fdopen(reading, "rb", buffering=0)  # closed with this object
        self._rest = b""
        self._lines: list[Line] = []
        self._ended = threading.Event()  # the output of the invocation is complete
        self.last_used = time.monotonic()
        threading.Thread(target=self._read_output, daemon=True, name=f"lambda-{function.name}").start()

    def _environment(self, function: Function) -> dict[str, str]:
        paths = [str(code.folder_of(each) / "python") for each in function.layers]
        known = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "LANG": "en_US.UTF-8",
            "TZ": ":UTC",
            "TMPDIR": str(code.scratch()),
            "HOME": str(code.scratch()),
            "PYTHONUNBUFFERED": "1",
            "_HANDLER": function.handler,
            "LAMBDA_TASK_ROOT": str(code.folder_of(function.code)),
            "LAMBDA_LAYER_PATHS": os.pathsep.join(paths),
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{function.runtime}",
            "AWS_LAMBDA_FUNCTION_NAME": function.name,
            "AWS_LAMBDA_FUNCTION_VERSION": function.version,
            "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": str(function.memory),
            "AWS_LAMBDA_INITIALIZATION_TYPE": "on-demand",
            "AWS_LAMBDA_LOG_GROUP_NAME": function.log_group,
            "AWS_LAMBDA_LOG_STREAM_NAME": self.log_stream,
            "AWS_LAMBDA_LOG_FORMAT": function.logging.get("LogFormat", "Text"),
            "AWS_LAMBDA_LOG_LEVEL": function.logging.get("ApplicationLogLevel", ""),
        }
        return {**known, **function.environment}

    def invoke(self, request_id: str, arn: str, event: str) -> Outcome:
        """Runs one invocation to its end, its time-out or the death of the process."""
        started = time.monotonic()
        until = started + self.function.timeout
        self._lines, self._ended = [], threading.Event()
        trace = f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"
        deadline = time.time() + self.function.timeout
        told = {"id": request_id, "arn": arn, "event": event, "deadline": deadline, "trace": trace}
        answer: dict[str, Any] | None = None
        try:
            self._send(json.dumps(told).encode() + b"\n", until)
            answer = self._answer(until)
        except TimeoutError:
            self.end()
            message = f"RequestId: {request_id} Error: Task timed out after {self.function.timeout:.2f} seconds"
            answer = _error("Sandbox.Timedout", message)
        except (OSError, ValueError):  # it died, or was ended, before it read
            pass
        if answer is None:
            self._ended.wait(1)
            self.end()
            status = self._popen.wait()
            told_status = f"exit status {status}" if status >= 0 else f"signal: {-status}"
            message = f"RequestId: {request_id} Error: Runtime exited with error: {told_status}"
            answer = _error("Runtime.ExitError", message)
        self._ended.wait(2)
        self.last_used = time.monotonic()
        return Outcome(
            str(answer["payload"]), bool(answer["error"]), tuple(self._lines), self.last_used - started, self.log_stream
        )

    def is_alive(self) -> bool:
        """Whether it can take another invocation."""
        return self._popen.poll() is None

    def end(self) -> None:
        """Ends the process and what it started."""
        signal_group(self._popen, signal.SIGKILL)
        with contextlib.suppress(OSError):
            if self._popen.stdin is not None:
                self._popen.stdin.close()

    def _send(self, content: bytes, deadline: float) -> None:
        """Writes as the process reads: one that is still importing its handler does not. Raises TimeoutError."""
        assert self._popen.stdin is not None
        with selectors.DefaultSelector() as selector:
            selector.register(self._popen.stdin, selectors.EVENT_WRITE)
            rest = memoryview(content)
            while rest:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                rest = rest[os.write(self._popen.stdin.fileno(), rest) :]

    def _answer(self, deadline: float) -> dict[str, Any] | None:
        """What the process answers; None where it ended instead. Raises TimeoutError."""
        with selectors.DefaultSelector() as selector:
            selector.register(self._answers, selectors.EVENT_READ)
            while b"\n" not in self._rest:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    raise TimeoutError
                part = self._answers.read(65536)
                if not part:
                    return None
                self._rest += part
        line, _, self._rest = self._rest.partition(b"\n")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _read_output(self) -> None:
        assert self._popen.stdout is not None
        for raw in self._popen.stdout:
            if raw.startswith(b"\0"):
                self._ended.set()
            elif text := raw[:_LINE_BYTES].decode("utf-8", "replace").rstrip("\n"):
                self._lines.append(Line(int(time.time() * 1000), text))
        self._ended.set()
        self._popen.stdout.close()
        self._popen.wait()


def _error(kind: str, message: str) -> dict[str, Any]:
    return {"error": True, "payload": json.dumps({"errorType": kind, "errorMessage": message})}


class Pool:
    """Processes that wait for work, by what they can serve."""

    def __init__(self) -> None:
        self._idle: dict[str, list[Process]] = defaultdict(list)
        self._all: set[Process] = set()
        self._lock = threading.Lock()

    def take(self, key: str) -> Process | None:
        """A warm process, which is the caller's until it gives it back."""
        with self._lock:
            while self._idle[key]:
                process = self._idle[key].pop()
                if process.is_alive():
                    return process
                self._all.discard(process)
        return None

    def add(self, process: Process) -> None:
        """Knows of a new process, which is the caller's until it gives it back."""
        background.when_ended(self.end)
        with self._lock:
            self._all.add(process)

    def give_back(self, key: str, process: Process) -> None:
        """Keeps a process for later, for some time."""
        with self._lock:
            if not process.is_alive() or not background.is_served():
                self._all.discard(process)
                process.end()
                return
            self._idle[key].append(process)
        background.later(_IDLE_SECONDS, f"lambda-idle:{id(process)}", lambda: self._reap(key, process), awaited=False)

    def end(self) -> None:
        """Ends all."""
        with self._lock:
            for each in self._all:
                each.end()
            self._all.clear()
            self._idle.clear()

    def _reap(self, key: str, process: Process) -> None:
        with self._lock:
            if process in self._idle[key] and time.monotonic() - process.last_used >= _IDLE_SECONDS * 0.99:
                self._idle[key].remove(process)
                self._all.discard(process)
                process.end()


POOL = Pool()
