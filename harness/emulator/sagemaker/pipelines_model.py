"""Pipelines and their executions as the emulated SageMaker keeps and tells them. It runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.base_backend import BackendDict

from harness.emulator import clock
from harness.emulator.events import bus
from harness.emulator.identity import Caller, Session
from harness.emulator.sagemaker import errors, naming
from harness.emulator.sagemaker.call import Call
from harness.emulator.sagemaker.naming import Place
from harness.emulator.sagemaker.store import Backend
from harness.pipelines.model import Definition
from harness.pipelines.parameters import Value
from harness.pipelines.schedule import MOST_PARALLEL, Run
from harness.pipelines.services import Reusable, RunStatus, StepState, StepStatus


@dataclass
class Execution:
    """One execution. Guarded by the package's LOCK, but for `run`, which its driver alone moves."""

    place: Place  # its name: pipeline/execution/id
    definition: Definition
    text: str  # of the definition
    role: str
    session: Session
    parameters: Mapping[str, Value]
    display_name: str
    description: str
    parallelism: Mapping[str, int] | None
    by: Caller
    created: datetime = field(default_factory=clock.now)
    modified: datetime = field(default_factory=clock.now)
    status: RunStatus = "Executing"
    reason: str = ""
    ended: datetime | None = None
    stop_requested: bool = False
    tries: int = 1
    run: Run | None = None
    states: dict[str, StepState] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """The last part of its ARN."""
        return self.place.name.rsplit("/", 1)[-1]

    @property
    def pipeline(self) -> Place:
        """Where its pipeline is."""
        return Place(self.place.account_id, self.place.region, "pipeline", self.place.name.split("/")[0])

    @property
    def most_parallel(self) -> int:
        """How many of its steps run at a time."""
        return int((self.parallelism or {}).get("MaxParallelExecutionSteps", MOST_PARALLEL))

    def change(self, status: RunStatus, reason: str = "") -> None:
        """Notes a new status, and emits the event of it."""
        before, self.status, self.reason, self.modified = self.status, status, reason, clock.now()
        self.ended = self.modified if status in ("Failed", "Stopped", "Succeeded") else None
        self.emit(before)

    def emit(self, before: RunStatus | None = None) -> None:
        """The event of its status."""
        detail = {
            "pipelineExecutionDisplayName": self.display_name,
            "currentPipelineExecutionStatus": self.status,
            "previousPipelineExecutionStatus": before,
            "executionStartTime": _moment(self.created),
            "executionEndTime": _moment(self.ended),
            "pipelineExecutionDescription": self.description or None,
            "pipelineArn": self.pipeline.arn,
            "pipelineExecutionArn": self.place.arn,
        }
        self._publish("SageMaker Model Building Pipeline Execution Status Change", detail)

    def emit_step(self, state: StepState, before: StepStatus | None) -> None:
        """The event of a step's status."""
        detail = {
            "metadata": _camel(state.metadata),
            "stepStartTime": _moment(state.start_time),
            "stepEndTime": _moment(state.end_time),
            "stepName": state.name,
            "stepType": state.type,
            "previousStepStatus": before,
            "currentStepStatus": state.status,
            "failureReason": state.reason or None,
            "cacheHitResult": {"sourcePipelineExecutionArn": state.cache_hit} if state.cache_hit else None,
            "pipelineArn": self.pipeline.arn,
            "pipelineExecutionArn": self.place.arn,
        }
        self._publish("SageMaker Model Building Pipeline Execution Step Status Change", detail)

    def _publish(self, detail_type: str, detail: Mapping[str, Any]) -> None:
        said = {name: value for name, value in detail.items() if value is not None}
        resources = (self.pipeline.arn, self.place.arn)
        bus.publish(self.place.account_id, self.place.region, "aws.sagemaker", detail_type, said, resources)


@dataclass
class Pipeline:
    """A pipeline. `kept`: step and cache key → (when it ended, what may be used again), the newest last."""

    place: Place
    display_name: str
    description: str
    text: str
    definition: Definition
    role: str
    parallelism: Mapping[str, int] | None
    by: Caller
    created: datetime = field(default_factory=clock.now)
    modified: datetime = field(default_factory=clock.now)
    changed_by: Caller | None = None
    last_run: datetime | None = None
    executions: dict[str, Execution] = field(default_factory=dict)
    tokens: dict[tuple[str, str], str] = field(default_factory=dict)  # (operation, token) → execution ARN
    kept: dict[tuple[str, str], list[tuple[datetime, Reusable]]] = field(default_factory=dict)


class Pipelines(Backend):
    """The pipelines of an account and region, by name."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.of: dict[str, Pipeline] = {}


_backends = BackendDict(Pipelines, "sagemaker")


def pipelines_of(account_id: str, region: str) -> dict[str, Pipeline]:
    """All pipelines there, by name."""
    found: dict[str, Pipeline] = _backends[account_id][region].of
    return found


def pipeline_of(call: Call) -> Pipeline:
    """The pipeline that a request names, by name or ARN. Raises ResourceNotFound."""
    where = naming.place(str(call["PipelineName"]), "pipeline", call.account_id, call.region)
    found = (
        pipelines_of(where.account_id, where.region).get(where.name) if where.account_id == call.account_id else None
    )
    if found is None:
        raise errors.not_found(f"Pipeline '{where.arn}' does not exist.")
    return found


def execution_of(call: Call) -> tuple[Pipeline, Execution]:
    """The execution that a request names, and its pipeline. Raises ResourceNotFound."""
    arn = str(call["PipelineExecutionArn"])
    where = naming.parsed(arn)
    if where is not None and where.account_id == call.account_id and where.region == call.region:
        pipeline = pipelines_of(call.account_id, call.region).get(where.name.split("/")[0])
        if pipeline is not None and arn in pipeline.executions:
            return pipeline, pipeline.executions[arn]
    raise errors.not_found(f"Pipeline execution '{arn}' does not exist.")


def step_summary(execution: Execution, state: StepState) -> dict[str, Any]:
    """A step as ListPipelineExecutionSteps tells it."""
    step = execution.definition.steps[state.name]
    told = {
        "StepName": state.name,
        "StepDisplayName": step.display_name or None,
        "StepDescription": step.description or None,
        "StartTime": state.start_time,
        "EndTime": state.end_time,
        "StepStatus": state.status,
        "CacheHitResult": {"SourcePipelineExecutionArn": state.cache_hit} if state.cache_hit else None,
        "FailureReason": state.reason or None,
        "Metadata": dict(state.metadata) or None,
        "AttemptCount": state.attempts,
    }
    return {name: value for name, value in told.items() if value is not None}


def said(value: Value) -> str:
    """A parameter's value as the API tells it: text."""
    return ("true" if value else "false") if isinstance(value, bool) else str(value)


def _moment(moment: datetime | None) -> str | None:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else None


def _camel(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key[:1].lower() + key[1:]: _camel(each) for key, each in value.items()}
    return [_camel(each) for each in value] if isinstance(value, list) else value
