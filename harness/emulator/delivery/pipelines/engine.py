"""Moves executions through their stages: doors between stages, actions in their order, failures, retries, the end.

What an action does is the business of `actions/`. Everything here happens under the store's lock, and in no time.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from harness.emulator import background, clock
from harness.emulator.delivery.pipelines import notices, perform, structure
from harness.emulator.delivery.pipelines.model import (
    ABANDONED,
    CANCELLED,
    FAILED,
    IN_PROGRESS,
    STOPPED,
    STOPPING,
    SUCCEEDED,
    SUPERSEDED,
    ActionRun,
    Execution,
    Outcome,
    Pipeline,
    StageRun,
)
from harness.emulator.delivery.store import LOCK, Store, store_of


def begin(pipeline: Pipeline, execution: Execution) -> None:
    """Starts an execution, whose stages are still to be gone through."""
    with LOCK:
        _store(pipeline).executions[execution.id] = execution
        notices.pipeline_changed(pipeline, execution)
        _arrive(pipeline, execution, 0)


def finish(pipeline: Pipeline, execution: Execution, run: ActionRun, outcome: Outcome) -> None:
    """An action is over. One that was abandoned meanwhile stays so."""
    with LOCK:
        if run.status != IN_PROGRESS:
            return
        run.status = FAILED if outcome.error else SUCCEEDED
        run.outcome, run.updated, run.token = outcome, clock.now(), ""
        execution.updated = run.updated
        if not outcome.error:
            execution.artifacts |= outcome.artifacts
            if namespace := run.declaration.get("namespace"):
                execution.namespaces[str(namespace)] = dict(outcome.variables)
        notices.action_changed(pipeline, execution, run)
        stage = execution.stage(run.stage)
        if stage is not None:
            _advance(pipeline, execution, stage)


def stop(pipeline: Pipeline, execution: Execution, abandon: bool, reason: str | None) -> None:
    """Stops an execution: at once, or when the actions that run have ended."""
    with LOCK:
        execution.stop_reason = reason or ""
        execution.status = STOPPING
        notices.pipeline_changed(pipeline, execution)
        for stage in execution.stages:
            door = pipeline.door(stage.name)
            if execution.id in door.waiting:
                door.waiting.remove(execution.id)
                _end(pipeline, execution, STOPPED)
                return
        stage = next(each for each in execution.stages if each.status == IN_PROGRESS)
        if abandon:
            for run in stage.current.values():
                if run.status == IN_PROGRESS:
                    run.status, run.updated, run.token = ABANDONED, clock.now(), ""
                    notices.action_changed(pipeline, execution, run)
        _advance(pipeline, execution, stage)


def retry(pipeline: Pipeline, execution: Execution, stage: StageRun, mode: str) -> None:
    """Goes through a failed or stopped stage again: FAILED_ACTIONS or ALL_ACTIONS of it."""
    with LOCK:
        execution.status, execution.stop_reason = IN_PROGRESS, None
        stage.status = IN_PROGRESS
        if execution.mode != "PARALLEL":
            pipeline.door(stage.name).inside = execution.id
        _again(stage, mode)
        notices.pipeline_changed(pipeline, execution, "RESUMED")
        notices.stage_changed(pipeline, execution, stage, "RESUMED")
        _advance(pipeline, execution, stage)


def roll_back(pipeline: Pipeline, stage_name: str, target: Execution, trigger: Mapping[str, str]) -> Execution:
    """Runs one stage with what it got in an earlier execution."""
    with LOCK:
        stage = target.stage(stage_name)
        assert stage is not None, "callers look first"
        execution = Execution(
            pipeline=pipeline.name,
            version=target.version,
            declaration=target.declaration,
            trigger=trigger,
            variables=target.variables,
            stages=[StageRun(stage.declaration)],
            artifacts=dict(target.artifacts),
            namespaces=dict(target.namespaces),
            rollback_of=target.id,
        )
        begin(pipeline, execution)
        return execution


def admit(pipeline: Pipeline, stage_name: str) -> None:
    """Lets the next execution into a stage, if its door is open and nobody is inside."""
    with LOCK:
        door = pipeline.door(stage_name)
        known = _store(pipeline).executions
        if pipeline.mode == "SUPERSEDED":
            for older in [known[each] for each in door.waiting[:-1]]:
                door.waiting.remove(older.id)
                _end(pipeline, older, SUPERSEDED)
        if door.closed_because or door.inside or not door.waiting:
            return
        execution = known[door.waiting.pop(0)]
        door.inside = execution.id
        stage = execution.stage(stage_name)
        assert stage is not None, "an execution waits for its own stages"
        _enter(pipeline, execution, stage)


def cancel_all(pipeline: Pipeline) -> None:
    """The pipeline is deleted: nothing of it goes on."""
    with LOCK:
        for execution in executions_of(pipeline):
            for run in execution.action_runs():
                if run.status == IN_PROGRESS:
                    run.status = ABANDONED
            if not execution.ended:
                execution.status = CANCELLED


def executions_of(pipeline: Pipeline) -> list[Execution]:
    """A pipeline's executions, the oldest first."""
    return [each for each in _store(pipeline).executions.values() if each.pipeline == pipeline.name]


def _store(pipeline: Pipeline) -> Store:
    return store_of(pipeline.account_id, pipeline.region)


def _arrive(pipeline: Pipeline, execution: Execution, number: int) -> None:
    if number == len(execution.stages):
        _end(pipeline, execution, SUCCEEDED)
        return
    stage = execution.stages[number]
    if execution.mode == "PARALLEL":
        _enter(pipeline, execution, stage)
        return
    pipeline.door(stage.name).waiting.append(execution.id)
    admit(pipeline, stage.name)


def _enter(pipeline: Pipeline, execution: Execution, stage: StageRun) -> None:
    stage.status = IN_PROGRESS
    notices.stage_changed(pipeline, execution, stage)
    _advance(pipeline, execution, stage)


def _advance(pipeline: Pipeline, execution: Execution, stage: StageRun) -> None:
    statuses = {run.status for run in stage.current.values()}
    if stage.status != IN_PROGRESS or IN_PROGRESS in statuses:
        return
    if execution.status == STOPPING:
        _leave(pipeline, execution, stage, STOPPED)
        _end(pipeline, execution, STOPPED)
    elif FAILED in statuses:
        _fail(pipeline, execution, stage)
    else:
        _next_actions(pipeline, execution, stage)


def _next_actions(pipeline: Pipeline, execution: Execution, stage: StageRun) -> None:
    left = [each for each in stage.declaration["actions"] if each["name"] not in stage.current]
    if left:
        first = min(structure.run_order(each) for each in left)
        for action in [each for each in left if structure.run_order(each) == first]:
            _start(pipeline, execution, stage, action)
        return
    number = execution.stages.index(stage)
    _leave(pipeline, execution, stage, SUCCEEDED)
    _arrive(pipeline, execution, number + 1)


def _start(pipeline: Pipeline, execution: Execution, stage: StageRun, action: Mapping[str, Any]) -> None:
    run = ActionRun(stage.name, action)
    wanted = [str(each["name"]) for each in action.get("inputArtifacts") or ()]
    run.inputs = {name: execution.artifacts[name] for name in wanted if name in execution.artifacts}
    stage.current[run.name] = run
    stage.actions.setdefault(run.name, []).append(run)
    notices.action_changed(pipeline, execution, run)
    over = partial(finish, pipeline, execution, run)
    background.submit(f"codepipeline/{run.id}", partial(perform.perform, pipeline, execution, run, over))


def _fail(pipeline: Pipeline, execution: Execution, stage: StageRun) -> None:
    wanted = stage.declaration.get("onFailure") or {}
    if wanted.get("result") == "RETRY" and stage.automatic_retries == 0:
        stage.automatic_retries += 1
        _again(stage, (wanted.get("retryConfiguration") or {}).get("retryMode", "FAILED_ACTIONS"))
        _advance(pipeline, execution, stage)
        return
    _leave(pipeline, execution, stage, FAILED)
    _end(pipeline, execution, FAILED)
    if wanted.get("result") == "ROLLBACK" and not execution.rollback_of:
        target = _last_success(pipeline, stage.name)
        if target is not None:
            trigger = {"triggerType": "AutomatedRollback", "triggerDetail": execution.id}
            roll_back(pipeline, stage.name, target, trigger)


def _last_success(pipeline: Pipeline, stage_name: str) -> Execution | None:
    for execution in reversed(executions_of(pipeline)):
        stage = execution.stage(stage_name)
        if stage is not None and stage.status == SUCCEEDED and not execution.rollback_of:
            return execution
    return None


def _again(stage: StageRun, mode: str) -> None:
    kept = {} if mode == "ALL_ACTIONS" else stage.current
    stage.current = {name: run for name, run in kept.items() if run.status == SUCCEEDED}


def _leave(pipeline: Pipeline, execution: Execution, stage: StageRun, status: str) -> None:
    stage.status = status
    notices.stage_changed(pipeline, execution, stage)
    door = pipeline.door(stage.name)
    if door.inside == execution.id:
        door.inside = ""
        admit(pipeline, stage.name)


def _end(pipeline: Pipeline, execution: Execution, status: str) -> None:
    execution.status, execution.updated = status, clock.now()
    notices.pipeline_changed(pipeline, execution)
