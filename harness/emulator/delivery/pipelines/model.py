"""Pipelines and their executions as data, and how the API describes them. Runs nothing."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harness.emulator import clock

Declaration = Mapping[str, Any]
IN_PROGRESS, SUCCEEDED, FAILED, ABANDONED = "InProgress", "Succeeded", "Failed", "Abandoned"
STOPPED, STOPPING, SUPERSEDED, CANCELLED = "Stopped", "Stopping", "Superseded", "Cancelled"


@dataclass
class Door:
    """The way into a stage: who is inside, who waits (oldest first), and whether it is closed."""

    inside: str = ""  # execution id
    waiting: list[str] = field(default_factory=list)
    closed_because: str = ""
    changed_by: str = ""
    changed_at: datetime | None = None


@dataclass
class Pipeline:
    """A pipeline. `versions`: version → its declaration, the newest one last."""

    account_id: str
    region: str
    arn: str
    versions: dict[int, Declaration]
    tags: dict[str, str] = field(default_factory=dict)
    created: datetime = field(default_factory=clock.now)
    updated: datetime = field(default_factory=clock.now)
    doors: dict[str, Door] = field(default_factory=dict)  # by stage

    @property
    def version(self) -> int:
        """The newest."""
        return max(self.versions)

    @property
    def declaration(self) -> Declaration:
        """Of the newest version."""
        return self.versions[self.version]

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.declaration["name"])

    @property
    def mode(self) -> str:
        """SUPERSEDED, QUEUED or PARALLEL."""
        return str(self.declaration.get("executionMode") or SUPERSEDED.upper())

    def door(self, stage: str) -> Door:
        """The way into a stage."""
        return self.doors.setdefault(stage, Door())


@dataclass(frozen=True)
class Artifact:
    """An artifact in its store, and the revision that it holds, if a source gave it."""

    bucket: str
    key: str
    revision: str = ""
    summary: str = ""
    url: str = ""
    created: datetime = field(default_factory=clock.now)


@dataclass(frozen=True)
class Outcome:
    """How an action ended: `error` is empty where it succeeded."""

    error: str = ""
    code: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    artifacts: Mapping[str, Artifact] = field(default_factory=dict)  # output artifacts that were made
    summary: str = ""
    external_id: str = ""
    external_url: str = ""
    updated_by: str = ""


@dataclass
class ActionRun:
    """One attempt at an action."""

    stage: str
    declaration: Declaration
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    status: str = IN_PROGRESS
    started: datetime = field(default_factory=clock.now)
    updated: datetime = field(default_factory=clock.now)
    configuration: Mapping[str, str] = field(default_factory=dict)  # with variables filled in
    inputs: Mapping[str, Artifact] = field(default_factory=dict)
    token: str = ""  # of an approval that waits
    given_token: str = ""  # the same, kept when it is over
    when_expired: Outcome | None = None  # what becomes of it when nobody answers in time
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def name(self) -> str:
        """The action's name."""
        return str(self.declaration["name"])


@dataclass
class StageRun:
    """A stage of one execution. `actions`: name → its attempts, the newest last."""

    declaration: Declaration
    status: str = ""  # empty until it is entered
    actions: dict[str, list[ActionRun]] = field(default_factory=dict)
    current: dict[str, ActionRun] = field(default_factory=dict)  # of this attempt at the stage
    automatic_retries: int = 0
    manual_retries: int = 0

    @property
    def name(self) -> str:
        """The stage's name."""
        return str(self.declaration["name"])

    def latest(self) -> dict[str, ActionRun]:
        """Action → its newest attempt."""
        return {name: attempts[-1] for name, attempts in self.actions.items() if attempts}


@dataclass
class Execution:
    """One run of a pipeline's version."""

    pipeline: str
    version: int
    declaration: Declaration
    trigger: Mapping[str, str]
    variables: Mapping[str, str]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    revisions: Mapping[str, Mapping[str, str]] = field(default_factory=dict)  # source action → type → value
    status: str = IN_PROGRESS
    summary: str = ""
    started: datetime = field(default_factory=clock.now)
    updated: datetime = field(default_factory=clock.now)
    stages: list[StageRun] = field(default_factory=list)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    namespaces: dict[str, Mapping[str, str]] = field(default_factory=dict)
    stop_reason: str | None = None
    rollback_of: str = ""  # the execution that it goes back to

    @property
    def mode(self) -> str:
        """SUPERSEDED, QUEUED or PARALLEL."""
        return str(self.declaration.get("executionMode") or SUPERSEDED.upper())

    @property
    def kind(self) -> str:
        """The API's executionType."""
        return "ROLLBACK" if self.rollback_of else "STANDARD"

    @property
    def ended(self) -> bool:
        """Whether nothing more will run in it by itself."""
        return self.status not in (IN_PROGRESS, STOPPING)

    def stage(self, name: str) -> StageRun | None:
        """A stage of it."""
        return next((each for each in self.stages if each.name == name), None)

    def action_runs(self) -> list[ActionRun]:
        """Every attempt at every action, the newest first."""
        found = [run for stage in self.stages for attempts in stage.actions.values() for run in attempts]
        return sorted(found, key=lambda run: run.started, reverse=True)

    def source_runs(self) -> list[ActionRun]:
        """The newest attempts at source actions."""
        latest = self.stages[0].latest().values() if self.stages else ()
        return [run for run in latest if run.declaration["actionTypeId"]["category"] == "Source"]


@dataclass
class Job:
    """What a function has to answer for, by PutJobSuccessResult or PutJobFailureResult."""

    id: str
    execution: str
    run: ActionRun
    data: Mapping[str, Any]
    made: Mapping[str, Artifact]  # output artifacts, which the function writes
    again: Callable[[str], None]  # invokes it once more, with a continuation token
    status: str = IN_PROGRESS
