"""Runs one command to its end: its log, its exit code, and ending it when it is told to or takes too long."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from harness.pipelines.container.sandbox import PREFIX, Sandbox

GRACE = 5.0  # seconds between the polite and the final signal; SageMaker gives 120
_LOG_KEPT = 4_000_000  # bytes of a log that are kept: its end
_PYTHON = re.compile(r"(?:.*/)?python(?:3(?:\.\d+)?)?")
_running: set[subprocess.Popen[bytes]] = set()
_lock = threading.Lock()


@dataclass(frozen=True)
class Outcome:
    """How a process ended. `code`: as a shell shows it, 127 for a command that is not there."""

    why: Literal["exited", "stopped", "timeout"]
    code: int
    log: str

    @property
    def succeeded(self) -> bool:
        """Whether it came to its own end without a complaint."""
        return self.why == "exited" and self.code == 0


def run(
    sandbox: Sandbox,
    command: Sequence[str],
    environment: Mapping[str, str],
    stopped: threading.Event,
    seconds: float,
    grace: float = GRACE,
) -> Outcome:
    """Runs a command of the container in its sandbox. `stopped` ends it, as `seconds` (MaxRuntimeInSeconds) do.

    Paths below /opt/ml are translated in the command and in the environment's values, and `python3` is this
    interpreter. The process inherits no variable of ours. Both ends begin with SIGTERM; SIGKILL follows after `grace`.
    """
    words = sandbox.translate_all(command)
    if _PYTHON.fullmatch(words[0]):
        words[0] = sys.executable
    log = sandbox.root / "log"
    with log.open("wb") as output:
        try:
            process = subprocess.Popen(
                words,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=sandbox.folder(PREFIX),
                env={**_base(sandbox), **sandbox.translate_values(environment)},
                start_new_session=True,  # so that its children end with it
            )
        except OSError as error:
            return Outcome(
                "exited", 127 if isinstance(error, FileNotFoundError) else 126, f"{words[0]}: {error.strerror}"
            )
    with _lock:
        _running.add(process)
    try:
        why = _wait(process, stopped, seconds, grace)
    finally:
        with _lock:
            _running.discard(process)
        signal_group(process, signal.SIGKILL)  # whatever it left behind
    code = process.returncode
    return Outcome(why, code if code >= 0 else 128 - code, _tail(log))


def end_all() -> None:
    """Ends every process that is running: the landscape goes."""
    with _lock:
        running = list(_running)
    for process in running:
        signal_group(process, signal.SIGKILL)


def signal_group(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """Signals a process that leads a session of its own, and everything that it started; nothing where all are gone."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, number)


def _wait(
    process: subprocess.Popen[bytes], stopped: threading.Event, seconds: float, grace: float
) -> Literal["exited", "stopped", "timeout"]:
    deadline, pause = time.monotonic() + seconds, 0.005
    while process.poll() is None:
        if stopped.is_set() or time.monotonic() >= deadline:
            signal_group(process, signal.SIGTERM)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(grace)
            signal_group(process, signal.SIGKILL)
            process.wait()
            return "stopped" if stopped.is_set() else "timeout"
        time.sleep(pause)
        pause = min(pause * 2, 0.1)
    return "exited"


def _base(sandbox: Sandbox) -> dict[str, str]:
    # The interpreter's folder first, so that a shell script's python3 is this one too.
    folders = [str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)]
    return {
        "PATH": os.pathsep.join(folders),
        "HOME": str(sandbox.root),
        "TMPDIR": str(sandbox.root / "tmp"),
        "LANG": "C.UTF-8",
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }


def _tail(log: Path) -> str:
    with log.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _LOG_KEPT))
        return file.read().decode("utf-8", "replace")
