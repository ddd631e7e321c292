"""Models that really answer: a process of this machine in the place of a serving container. Knows no endpoint.

`start` unpacks a model archive into a folder of its own and runs the user's handler functions there
(`serving_container.py`); endpoints and transform jobs ask the Serving that it gives.
"""

from __future__ import annotations

import atexit
import contextlib
import http.client
import os
import select
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path

from harness.emulator import background
from harness.pipelines.container.process import signal_group

LIMIT = 12  # processes at a time, in the whole landscape
PREFIX = "/opt/ml/"
_PROGRAM = Path(__file__).with_name("serving_container.py")
_SECONDS_TO_ANSWER = 60.0  # seconds that a request may take, as at SageMaker
_SECONDS_TO_DRAIN = 5.0
_SHOWN = 2000  # characters of the log that a failure tells


class ServingError(Exception):
    """The container does not come up; the message says why, as a health check's log would."""


class ModelError(Exception):
    """The container answered with an error: its HTTP `status` and its `message`."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(f"{status}: {message}")
        self.status = status
        self.message = message


_running: set[Serving] = set()
# Guards who is asked and who is awake, of all of them.
_changed = threading.Condition()


class Serving:
    """A model server. Where others need its place, one that nobody asks goes to sleep; the next request wakes it."""

    def __init__(self, folder: Path, variables: Mapping[str, str], seconds: float) -> None:
        self._folder = folder
        self._variables = variables
        self._seconds = seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._port = 0
        self._asked = 0  # requests under way
        self._used = 0.0
        self._waking = threading.Lock()

    def invoke(
        self, body: bytes, content_type: str | None = None, accept: str | None = None, attributes: str | None = None
    ) -> tuple[bytes, str]:
        """The container's answer and its content type. `attributes`: custom attributes, handed on as a header.

        Raises ModelError where the container answers with an error, or not within 60 s, or has ended.
        """
        named = (
            ("Content-Type", content_type),
            ("Accept", accept),
            ("X-Amzn-SageMaker-Custom-Attributes", attributes),
        )
        with _changed:
            self._asked += 1
            self._used = time.monotonic()
        try:
            return self._ask(body, {name: value for name, value in named if value})
        finally:
            with _changed:
                self._asked -= 1
                _changed.notify_all()

    def _ask(self, body: bytes, headers: Mapping[str, str]) -> tuple[bytes, str]:
        try:
            port = self.wake()
        except ServingError as error:
            raise ModelError(0, str(error)) from None
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_SECONDS_TO_ANSWER)
        try:
            connection.request("POST", "/invocations", body, dict(headers))
            answer = connection.getresponse()
            content = answer.read()
        except TimeoutError:
            message = "Your invocation timed out while waiting for a response from container primary."
            raise ModelError(0, message) from None
        except (OSError, http.client.HTTPException):
            self._let_end()
            raise ModelError(0, "The container closed the connection unexpectedly.") from None
        finally:
            connection.close()
        if answer.status >= 400:
            raise ModelError(answer.status, content.decode("utf-8", "replace"))
        return content, answer.getheader("Content-Type") or "application/octet-stream"

    def _let_end(self) -> None:
        """A process whose connection broke is ending as a rule: the next request is to find that it has."""
        process = self._process
        if process is not None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(1)

    def wake(self) -> int:
        """The port of its process, which is started where there is none, or none any more. Raises ServingError."""
        with self._waking:
            if not self._folder.exists():
                raise ServingError("The container has been stopped.")
            if self._process is not None and self._process.poll() is not None:
                _end(self._process)  # the user's code ended it; what that had started may still be there
                self._process = None
            if self._process is None:
                _make_room()
                self._process, self._port = _launch(self._folder, self._variables, self._seconds)
            return self._port

    def log(self) -> str:
        """What the container has written so far."""
        return _log(self._folder)

    def stop(self) -> None:
        """Lets requests that are under way finish, ends the process and removes its folder. Nothing the second time."""
        with _changed:
            _changed.wait_for(lambda: self._asked == 0, timeout=_SECONDS_TO_DRAIN)
            _running.discard(self)
        with self._waking:
            if self._process is not None:
                _end(self._process)
                self._process = None
            shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def is_awake(self) -> bool:
        """Whether it has a process."""
        return self._process is not None


def _make_room() -> None:
    """Lets one more process run: those that nobody asks sleep, asked longest ago first.

    Raises ServingError where all are busy.
    """
    with _changed:
        awake = [each for each in _running if each._process is not None]
        surplus = len(awake) - LIMIT + 1
        idle = sorted((each for each in awake if each._asked == 0), key=lambda each: each._used)
        if len(idle) < surplus:
            raise ServingError(f"the landscape runs no more than {LIMIT} model servers at a time, and all are busy")
        ended = []
        for each in idle[: max(surplus, 0)]:
            ended.append(each._process)
            each._process = None
    for process in ended:
        if process is not None:
            _end(process)


def start(
    archive: bytes | Path | None,
    environment: Mapping[str, str],
    code: bytes | None = None,
    identity: Mapping[str, str] | None = None,
    seconds: float = 60.0,
) -> Serving:
    """Serves a model. Ends with `stop`, with the landscape's server, or with this process.

    `archive`: the model.tar.gz, or its path; None for a model without one. `environment`: the container's, whose paths
    below /opt/ml/ are translated.
    `code`: the sourcedir.tar.gz, where SAGEMAKER_SUBMIT_DIRECTORY is a location of S3. `identity`: variables that let
    an AWS SDK act with the model's role, or as nobody. `seconds`: how long loading may take.
    Raises ServingError.
    """
    background.when_ended(stop_all)
    folder = Path(tempfile.mkdtemp(prefix="serving-"))
    try:
        variables = _lay_out(folder, archive, environment, code)
        serving = Serving(folder, {**variables, **(identity or {})}, seconds)
        serving.wake()
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    with _changed:
        _running.add(serving)
    return serving


def stop_all() -> None:
    """Ends every model server of this process."""
    for serving in list(_running):
        serving.stop()


def _lay_out(
    folder: Path, archive: bytes | Path | None, given: Mapping[str, str], code: bytes | None
) -> dict[str, str]:
    """Makes /opt/ml below the folder; gives the container's variables with their paths there."""
    model, source = folder / "opt/ml/model", folder / "opt/ml/code"
    for each in (model, source, folder / "tmp"):
        each.mkdir(parents=True)
    if archive is not None:
        _unpack(archive if isinstance(archive, bytes) else archive.read_bytes(), model)
    variables = {name: _translated(str(value), folder) for name, value in given.items()}
    if code is not None:
        _unpack(code, source)
        variables["SAGEMAKER_SUBMIT_DIRECTORY"] = str(source)
    if not variables.get("SAGEMAKER_PROGRAM"):
        raise ServingError("the landscape serves script mode only: the variable SAGEMAKER_PROGRAM must name the script")
    variables.setdefault("SAGEMAKER_SUBMIT_DIRECTORY", str(model / "code"))
    defaults = {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "TMPDIR": str(folder / "tmp"),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": "1",  # many of them share this machine
        "PYTHONDONTWRITEBYTECODE": "1",
        "SM_MODEL_DIR": str(model),
        "SAGEMAKER_BASE_DIR": str(folder / "opt/ml"),
    }
    return {**defaults, **variables}


def _unpack(archive: bytes, folder: Path) -> None:
    try:
        with tarfile.open(fileobj=BytesIO(archive), mode="r:gz") as opened:
            opened.extractall(folder, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        raise ServingError(f"failed to extract the archive, which must be a gzip-compressed tar: {error}") from None


def _translated(value: str, folder: Path) -> str:
    return str(folder / value.lstrip("/")) if value.startswith(PREFIX) else value


def _launch(folder: Path, variables: Mapping[str, str], seconds: float) -> tuple[subprocess.Popen[bytes], int]:
    """The process, and the port that it listens on."""
    told, tell = os.pipe()
    try:
        with (folder / "log").open("ab") as log:
            process = subprocess.Popen(
                # -P: the folder of the program is none of the user's modules.
                [sys.executable, "-P", "-s", "-u", str(_PROGRAM), str(tell)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=folder / "opt/ml/model",
                env=dict(variables),
                pass_fds=(tell,),
                start_new_session=True,
            )
        os.close(tell)
        tell = -1
        announced = _first_line(told, seconds)
        reason = "the container ended while it loaded the model"
    except TimeoutError:
        announced, reason = "", f"the model was not loaded in {seconds:g} s"
    finally:
        os.close(told)
        if tell >= 0:
            os.close(tell)
    if announced:
        return process, int(announced)
    _end(process)
    raise ServingError(f"{reason}: {_log(folder)[-_SHOWN:].strip() or 'nothing in its log'}")


def _first_line(descriptor: int, seconds: float) -> str:
    """What comes first through a pipe, up to its line's end; empty when it is closed. Raises TimeoutError."""
    line, deadline = b"", time.monotonic() + seconds
    while not line.endswith(b"\n"):
        ready, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        part = os.read(descriptor, 64)
        if not part:
            return ""
        line += part
    return line.decode().strip()


atexit.register(stop_all)


def _log(folder: Path) -> str:
    with contextlib.suppress(OSError):
        return (folder / "log").read_text("utf-8", "replace")
    return ""


def _end(process: subprocess.Popen[bytes]) -> None:
    """Ends a process, politely, and whatever it started."""
    if process.stdin is not None:
        with contextlib.suppress(OSError):
            process.stdin.close()
    signal_group(process, signal.SIGTERM)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(2)
    signal_group(process, signal.SIGKILL)
    process.wait()
