"""What a run of a pipeline asks of the outside: starting, watching and stopping the work of a step. All protocols."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, Protocol

from harness.pipelines.model import Step

StepStatus = Literal["Starting", "Executing", "Stopping", "Stopped", "Failed", "Succeeded"]
RunStatus = Literal["Executing", "Stopping", "Stopped", "Failed", "Succeeded"]
Metadata = Mapping[str, Any]


class StepError(Exception):
    """A step did not work. `kind`: the exception type that a retry policy may name, or empty."""

    def __init__(self, reason: str, kind: str = "") -> None:
        super().__init__(reason)
        self.reason = reason
        self.kind = kind


@dataclass(frozen=True)
class Started:
    """Work that is under way. `handle`: what `poll` and `stop` know it by; `metadata`: as the API lists it."""

    handle: str
    metadata: Metadata = field(default_factory=dict)


@dataclass(frozen=True)
class Ended:
    """Work that ended without a failure. `properties`: what other steps may refer to."""

    properties: Mapping[str, Any] = field(default_factory=dict)
    metadata: Metadata | None = None  # where it is known only now
    stopped: bool = False


@dataclass(frozen=True)
class Reusable:
    """A former success of the same step with the same arguments."""

    execution_arn: str
    properties: Mapping[str, Any]
    metadata: Metadata


class Services(Protocol):
    """What executes steps. No method waits for a step to end."""

    def start(self, step: Step, arguments: Mapping[str, Any]) -> Started:
        """Starts the work of a step. Raises StepError where it cannot even be asked for."""

    def poll(self, step: Step, started: Started) -> Ended | None:
        """None while it works. Raises StepError when it has failed."""

    def stop(self, step: Step, started: Started) -> None:
        """Asks it to stop; `poll` tells when it has. Does nothing where a step cannot be stopped."""

    def read_json(self, uri: str) -> Any:
        """The JSON document at an S3 URI. Raises StepError."""

    def reusable(self, step: Step, key: str, since: datetime) -> Reusable | None:
        """The newest success of that step and cache key that ended after `since`, of this pipeline."""


@dataclass(frozen=True)
class StepState:
    """A step of an execution, once it has begun. Times in UTC."""

    name: str
    type: str
    status: StepStatus
    start_time: datetime
    end_time: datetime | None = None
    attempts: int = 0
    reason: str = ""
    metadata: Metadata = field(default_factory=dict)
    properties: Mapping[str, Any] = field(default_factory=dict)
    cache_hit: str = ""  # ARN of the execution whose result is used
    cache_key: str = ""

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in ("Stopped", "Failed", "Succeeded")
