"""One bash that runs a build's commands one after the other, so that what one sets the next one finds.

Knows nothing of builds: commands in, exit codes and output out.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from harness.pipelines.container.process import signal_group

# Reads the names of command files from one pipe and answers with exit codes on another.
_LOOP = (
    'while IFS= read -r file <&"$CODEBUILD_ORDERS"; do source "$file" </dev/null; '
    'echo "$?" >&"$CODEBUILD_ANSWERS"; done'
)
_TICK = 0.2  # seconds between looks at output, deadline and interruption
LOST = -1


class StoppedError(Exception):
    """The build was stopped."""


class DeadlineError(Exception):
    """The build took longer than it may."""


class Shell:
    """A running bash in a folder. `told` gets its output, line by line; `deadline` is of the monotonic clock."""

    def __init__(
        self,
        folder: Path,
        scratch: Path,
        environment: Mapping[str, str],
        told: Callable[[str], None],
        interrupted: Callable[[], bool],
        deadline: float,
    ) -> None:
        self._scratch = scratch
        self._told = told
        self._interrupted = interrupted
        self._deadline = deadline
        self._folder = folder
        self._environment = dict(environment)
        self._count = 0
        self._output = scratch / "output"
        self._output.touch()
        self._read = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._orders = self._answers = -1

    def run(self, command: str) -> int:
        """Runs a command in the shell, a new one if an earlier command ended it; gives its exit code.

        Raises StoppedError and DeadlineError, after the command was killed, or before it has begun.
        """
        self._look_around()
        process = self._started()
        self._count += 1
        file = self._scratch / f"command{self._count}.sh"
        file.write_text(command + "\n")
        with contextlib.suppress(BrokenPipeError):
            os.write(self._orders, f"{file}\n".encode())
        answer = b""
        while not answer.endswith(b"\n"):
            readable, _, _ = select.select([self._answers], [], [], _TICK)
            part = os.read(self._answers, 64) if readable else None
            self._tell()
            if part == b"":  # the shell is gone: the command said exit, or was killed
                code = process.wait()
                self.close()
                return code if code >= 0 else 128 - code
            answer += part or b""
            self._look_around()
        self._tell(last=True)
        return int(answer)

    def value(self, expression: str) -> str:
        """What the shell makes of an expression in double quotes."""
        into = self._scratch / "value"
        into.unlink(missing_ok=True)
        self.run(f'printf %s "{expression}" >"{into}" 2>/dev/null')
        return into.read_text(errors="replace") if into.exists() else ""

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None:
            return self._process
        orders, self._orders = os.pipe()
        self._answers, answers = os.pipe()
        channels = {"CODEBUILD_ORDERS": str(orders), "CODEBUILD_ANSWERS": str(answers)}
        with self._output.open("ab") as output:
            self._process = subprocess.Popen(
                ["/bin/bash", "--noprofile", "--norc", "-c", _LOOP],
                cwd=self._folder,
                env={**self._environment, **channels},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                pass_fds=(orders, answers),
                start_new_session=True,
            )
        os.close(orders)
        os.close(answers)
        return self._process

    def _look_around(self) -> None:
        if self._interrupted():
            self.close()
            raise StoppedError
        if time.monotonic() > self._deadline:
            self.close()
            raise DeadlineError

    def _tell(self, last: bool = False) -> None:
        with self._output.open("rb") as output:
            output.seek(self._read)
            fresh = output.read()
        whole = fresh if last else fresh[: fresh.rfind(b"\n") + 1]
        self._read += len(whole)
        for line in whole.decode(errors="replace").splitlines():
            self._told(line)

    def close(self) -> None:
        """Ends the shell and everything that it started."""
        if self._process is None:
            return
        signal_group(self._process, signal.SIGKILL)
        self._process.wait()
        for channel in (self._orders, self._answers):
            os.close(channel)
        self._process = None
        self._tell(last=True)
