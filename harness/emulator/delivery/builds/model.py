"""Projects and builds as data, and how the API describes them. Runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from threading import Event
from typing import Any

from harness.emulator import clock

Settings = Mapping[str, Any]  # members of the API's Project that a caller sets
IN_PROGRESS, SUCCEEDED, FAILED = "IN_PROGRESS", "SUCCEEDED", "FAILED"
STOPPED, TIMED_OUT, FAULT = "STOPPED", "TIMED_OUT", "FAULT"


@dataclass(frozen=True)
class Project:
    """A build project. `settings` holds what CreateProject and UpdateProject were given, defaults included."""

    name: str
    arn: str
    settings: Settings
    created: datetime
    modified: datetime

    def described(self) -> dict[str, Any]:
        """The API's Project."""
        return {
            **self.settings,
            "name": self.name,
            "arn": self.arn,
            "created": self.created,
            "lastModified": self.modified,
            "badge": {"badgeEnabled": False},
            "projectVisibility": "PRIVATE",
        }


@dataclass
class Phase:
    """One phase of a build."""

    type: str
    started: datetime = field(default_factory=clock.now)
    ended: datetime | None = None
    status: str = ""
    contexts: list[dict[str, str]] = field(default_factory=list)

    @property
    def seconds(self) -> int:
        """How long it took."""
        return int((self.ended - self.started).total_seconds()) if self.ended else 0

    def described(self) -> dict[str, Any]:
        """The API's BuildPhase."""
        found: dict[str, Any] = {"phaseType": self.type, "startTime": self.started}
        if self.ended is not None:
            found |= {"phaseStatus": self.status, "endTime": self.ended, "durationInSeconds": self.seconds}
            found["contexts"] = self.contexts or [{"statusCode": "", "message": ""}]
        return found


@dataclass
class Build:
    """A build: one run of a project's settings, as they were overridden for it.

    `secondary_versions`: source identifier → version. `uploaded`: artifact identifier ("" is the primary one) → what
    the API says of it.
    """

    id: str
    arn: str
    number: int
    account_id: str
    region: str
    project: str
    settings: Settings
    initiator: str
    source_version: str = ""
    secondary_versions: Mapping[str, str] = field(default_factory=dict)
    resolved_version: str = ""
    started: datetime = field(default_factory=clock.now)
    ended: datetime | None = None
    status: str = IN_PROGRESS
    phases: list[Phase] = field(default_factory=list)
    exported: dict[str, str] = field(default_factory=dict)
    uploaded: dict[str, dict[str, Any]] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)
    log_group: str = ""
    log_stream: str = ""
    stop: Event = field(default_factory=Event)

    @property
    def complete(self) -> bool:
        """Whether it is over."""
        return self.ended is not None

    @property
    def log_link(self) -> str:
        """Where a person reads its log."""
        return (
            f"https://console.aws.amazon.com/cloudwatch/home?region={self.region}"
            f"#logsV2:log-groups/log-group/{self.log_group or 'null'}/log-events/{self.log_stream or 'null'}"
        )

    def described(self) -> dict[str, Any]:
        """The API's Build."""
        kept = ("source", "secondarySources", "environment", "serviceRole", "timeoutInMinutes", "encryptionKey")
        more = ("queuedTimeoutInMinutes", "vpcConfig", "cache")
        found: dict[str, Any] = {key: self.settings[key] for key in (*kept, *more) if key in self.settings}
        found |= {
            "id": self.id,
            "arn": self.arn,
            "buildNumber": self.number,
            "startTime": self.started,
            "currentPhase": self.phases[-1].type if self.phases else "SUBMITTED",
            "buildStatus": self.status,
            "projectName": self.project,
            "phases": [phase.described() for phase in self.phases],
            "artifacts": self.uploaded.get("", {"location": ""}),
            "secondaryArtifacts": [each for identifier, each in self.uploaded.items() if identifier],
            "logs": self._logs(),
            "buildComplete": self.complete,
            "initiator": self.initiator,
            "exportedEnvironmentVariables": [{"name": key, "value": value} for key, value in self.exported.items()],
            "reportArns": list(self.reports),
        }
        optional = {
            "endTime": self.ended,
            "sourceVersion": self.source_version or None,
            "resolvedSourceVersion": self.resolved_version or None,
        }
        return found | {key: value for key, value in optional.items() if value is not None}

    def _logs(self) -> dict[str, Any]:
        given = self.settings.get("logsConfig") or {}
        found: dict[str, Any] = {
            "deepLink": self.log_link,
            "cloudWatchLogs": given.get("cloudWatchLogs") or {"status": "ENABLED"},
            "s3Logs": given.get("s3Logs") or {"status": "DISABLED", "encryptionDisabled": False},
        }
        if self.log_group:
            found |= {"groupName": self.log_group, "streamName": self.log_stream}
            place = f"log-group:{self.log_group}:log-stream:{self.log_stream}"
            found["cloudWatchLogsArn"] = f"arn:aws:logs:{self.region}:{self.account_id}:{place}"
        return found
