"""The start function `<group>-training-start`: claims, asks what runs, starts. The decision itself lies in guard.py.

Answers {"started": bool, "reason": sentence, "execution": ARN or None}; for asynchronous calls it stands in the log.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from training_start import requests
from training_start.guard import Limits, State, decide
from training_start.store import BusyError, Store

LOG = logging.getLogger("training_start")
LOG.setLevel(logging.INFO)
_PATIENCE = 20  # tries, a second apart, for the claim of another call: longer than a decision takes
_UNDER_WAY = ("Executing", "Stopping")


class Pipelines(Protocol):
    """What is used of boto3's SageMaker client."""

    def list_pipeline_executions(self, **given: Any) -> Any: ...
    def start_pipeline_execution(self, **given: Any) -> Any: ...


class Remembers(Protocol):
    """store.Store, or a fake of it."""

    def claim(self, now: datetime) -> State: ...
    def keep(self, state: State) -> None: ...
    def release(self) -> None: ...


@dataclass(frozen=True)
class Settings:
    """What the product's template says."""

    pipeline: str
    bucket: str
    table: str
    limits: Limits

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        cooldown = timedelta(hours=int(environment["DRIFT_COOLDOWN_HOURS"]))
        limits = Limits(cooldown, int(environment["DRIFT_RUNS"]))
        return cls(environment["PIPELINE"], environment["BUCKET"], environment["TABLE"], limits)


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Lambda's entry. A request that is none is an error, told to the caller or kept in the queue of failed calls."""
    import boto3

    settings = Settings.read(os.environ)
    request = requests.read(event, settings.bucket)
    token = f"start-{context.aws_request_id}"
    store = Store(boto3.client("dynamodb"), settings.table, settings.pipeline, token)
    answer = begin(request, boto3.client("sagemaker"), store, settings, token, lambda: datetime.now(UTC), time.sleep)
    LOG.info(json.dumps({"request": dict(event), "answer": answer}))
    return answer


def begin(
    request: requests.Request,
    pipelines: Pipelines,
    store: Remembers,
    settings: Settings,
    token: str,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> dict[str, Any]:
    """Starts a run if it may start. `token`: the same for every try of one call, for which SageMaker starts one run.

    Raises BusyError where another call does not come to an end: Lambda tries an asynchronous call again.
    """
    state = _claimed(store, clock, sleep)
    try:
        verdict = decide(request, state, running(pipelines, settings.pipeline), settings.limits, clock())
        # Kept before the run starts: a crash in between counts one run too many, never one too few.
        store.keep(verdict.state)
        execution = None
        if verdict.starts:
            execution = pipelines.start_pipeline_execution(
                PipelineName=settings.pipeline,
                PipelineExecutionDescription=request.cause,
                PipelineParameters=[{"Name": name, "Value": value} for name, value in verdict.parameters],
                ClientRequestToken=token,
            )["PipelineExecutionArn"]
        return {"started": verdict.starts, "reason": verdict.reason, "execution": execution}
    finally:
        store.release()


def running(pipelines: Pipelines, name: str) -> list[str]:
    """ARNs of the executions that have not ended, newest first; also of those that were started past this function."""
    newest = pipelines.list_pipeline_executions(
        PipelineName=name, SortBy="CreationTime", SortOrder="Descending", MaxResults=50
    )
    return [
        each["PipelineExecutionArn"]
        for each in newest["PipelineExecutionSummaries"]
        if each["PipelineExecutionStatus"] in _UNDER_WAY
    ]


def _claimed(store: Remembers, clock: Callable[[], datetime], sleep: Callable[[float], None]) -> State:
    for _ in range(_PATIENCE - 1):
        try:
            return store.claim(clock())
        except BusyError:
            sleep(1)
    return store.claim(clock())
