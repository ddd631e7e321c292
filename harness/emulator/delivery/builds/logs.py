"""A build's log: CloudWatch Logs, written as the service role. What was secret in its environment is masked."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.emulator.delivery.builds.failures import of_client
from harness.emulator.delivery.builds.model import Build

_LATEST = 1.0  # seconds after which a line can be read
_MOST = 1000  # lines a request


class Log:
    """Lines of one build; `flush` sends what has come. Where logging is off, lines are dropped."""

    def __init__(self, build: Build, client: Any) -> None:
        self._build = build
        self._client = client
        self._waiting: list[dict[str, Any]] = []
        self._sent = time.monotonic()
        self._secrets: list[str] = []
        self._open = False

    def open(self) -> None:
        """Makes the stream, and the group where it is missing. Raises PhaseError where the role may not."""
        given = (self._build.settings.get("logsConfig") or {}).get("cloudWatchLogs") or {}
        if given.get("status") == "DISABLED":
            return
        group = str(given.get("groupName") or f"/aws/codebuild/{self._build.project}")
        own = self._build.id.rsplit(":", 1)[-1]
        stream = f"{given['streamName']}/{own}" if given.get("streamName") else own
        try:
            try:
                self._make("create_log_stream", logGroupName=group, logStreamName=stream)
            except self._client.exceptions.ResourceNotFoundException:
                # only then: a role for a group that is there needs no right to make one
                self._make("create_log_group", logGroupName=group)
                self._make("create_log_stream", logGroupName=group, logStreamName=stream)
        except (ClientError, BotoCoreError) as error:
            role = self._build.settings["serviceRole"]
            told = f"Service role {role} does not allow AWS CodeBuild to create Amazon CloudWatch Logs log streams"
            raise of_client(error, told) from error
        self._build.log_group, self._build.log_stream = group, stream
        self._open = True

    def _make(self, operation: str, **names: str) -> None:
        try:
            getattr(self._client, operation)(**names)
        except ClientError as error:
            if error.response["Error"]["Code"] != "ResourceAlreadyExistsException":
                raise

    def mask(self, secrets: Iterable[str]) -> None:
        """Lines show *** for these from now on."""
        self._secrets += [each for each in secrets if each]

    def tell(self, line: str) -> None:
        """Adds a line."""
        if not self._open:
            return
        for secret in self._secrets:
            line = line.replace(secret, "***")
        self._waiting.append({"timestamp": int(time.time() * 1000), "message": f"{line}\n"})
        if time.monotonic() - self._sent > _LATEST or len(self._waiting) >= _MOST:
            self.flush()

    def note(self, line: str) -> None:
        """Adds a line of the service itself."""
        self.tell(f"[Container] {time.strftime('%Y/%m/%d %H:%M:%S', time.gmtime())} {line}")

    def flush(self) -> None:
        """Sends what has come. A log that cannot be written fails no build, as at AWS once it has begun."""
        waiting, self._waiting = self._waiting, []
        self._sent = time.monotonic()
        if not waiting:
            return
        group, stream = self._build.log_group, self._build.log_stream
        try:
            self._client.put_log_events(logGroupName=group, logStreamName=stream, logEvents=waiting)
        except (ClientError, BotoCoreError):
            self._open = False
