"""Drives executions: looks at each now and then until it is over, and keeps what became of its steps."""

from __future__ import annotations

from functools import partial

from harness.emulator import background, clock, defects
from harness.emulator.sagemaker.pipelines_model import Execution, Pipeline
from harness.emulator.sagemaker.pipelines_steps import Steps
from harness.emulator.sagemaker.store import LOCK
from harness.pipelines.schedule import Run
from harness.pipelines.services import Reusable, StepState, StepStatus

_PAUSE = 0.05  # seconds between two looks


def begin(pipeline: Pipeline, execution: Execution) -> None:
    """Starts an execution, or goes on with one from what has succeeded of it."""
    done = {name: state for name, state in execution.states.items() if state.status == "Succeeded"}
    execution.states = dict(done)
    now = f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"
    variables = {
        "PipelineName": execution.pipeline.name,
        "PipelineArn": execution.pipeline.arn,
        "PipelineExecutionId": execution.id,
        "PipelineExecutionArn": execution.place.arn,
        "StartDateTime": f"{execution.created:%Y-%m-%dT%H:%M:%SZ}",
        "CurrentDateTime": now,
    }
    execution.run = Run(
        execution.definition,
        execution.parameters,
        variables,
        Steps(pipeline, execution),
        partial(_note, pipeline, execution),
        execution.most_parallel,
        done,
        clock.scaled,
    )
    background.submit(_key(execution), partial(_look, execution, execution.run))


def _look(execution: Execution, run: Run) -> None:
    try:
        _advance(execution, run)
    except Exception as error:  # else the execution would never end
        defects.note(execution.place.arn, error)
        with LOCK:
            execution.change("Failed", f"InternalServerError: {type(error).__name__}: {error}")
        return
    if not run.is_over:
        background.later(_PAUSE, _key(execution), partial(_look, execution, run))
        return
    with LOCK:
        execution.change(run.status, run.failure_reason)


def _advance(execution: Execution, run: Run) -> None:
    now = clock.now()
    if execution.stop_requested and not run.stopping:
        run.stop(now)
    run.most_parallel = execution.most_parallel
    run.advance(now)


def _note(pipeline: Pipeline, execution: Execution, state: StepState, before: StepStatus | None) -> None:
    with LOCK:
        execution.states[state.name] = state
        execution.modified = clock.now()
        if state.status == "Succeeded" and state.cache_key and not state.cache_hit and state.end_time:
            found = Reusable(execution.place.arn, state.properties, state.metadata)
            pipeline.kept.setdefault((state.name, state.cache_key), []).append((state.end_time, found))
    if state.status != before:
        execution.emit_step(state, before)


def _key(execution: Execution) -> str:
    return f"execution {execution.place.arn}"
