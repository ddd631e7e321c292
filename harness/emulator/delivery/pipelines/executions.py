"""CodePipeline's operations on executions: start, look, stop, retry, roll back, open and close the ways into stages."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from harness.emulator import clock
from harness.emulator.delivery.pipelines import engine, starts, views
from harness.emulator.delivery.pipelines.definitions import find
from harness.emulator.delivery.pipelines.model import FAILED, STOPPED, SUCCEEDED, Execution, Pipeline
from harness.emulator.delivery.service import Answer, Call, Operation, ServiceError
from harness.emulator.delivery.store import LOCK

_PAGE = 100


def _start(call: Call) -> Answer:
    with LOCK:
        pipeline = find(call, call["name"])
        token = call.get("clientRequestToken")
        key = ("StartPipelineExecution", f"{pipeline.name}/{token}")
        if token and key in call.store.tokens:
            return {"pipelineExecutionId": call.store.tokens[key]}
        variables = {each["name"]: each["value"] for each in call.get("variables") or ()}
        revisions = starts.revisions_of(pipeline, call.get("sourceRevisions") or ())
        trigger = {"triggerType": "StartPipelineExecution", "triggerDetail": call.arn}
        execution = starts.start(pipeline, trigger, variables, revisions)
        if token:
            call.store.tokens[key] = execution.id
    return {"pipelineExecutionId": execution.id}


def execution_of(call: Call, pipeline: Pipeline, identifier: str) -> Execution:
    """An execution of a pipeline. Raises ServiceError."""
    found = call.store.executions.get(identifier)
    if found is None or found.pipeline != pipeline.name:
        told = f"Pipeline '{pipeline.name}' does not have an execution with id '{identifier}'"
        raise ServiceError("PipelineExecutionNotFoundException", told)
    return found


def require_stage(pipeline: Pipeline, name: str) -> None:
    """Raises ServiceError where the pipeline has no such stage."""
    if all(stage["name"] != name for stage in pipeline.declaration["stages"]):
        raise ServiceError("StageNotFoundException", f"Pipeline '{pipeline.name}' does not have a stage '{name}'")


def _get(call: Call) -> Answer:
    pipeline = find(call, call["pipelineName"])
    with LOCK:
        return {"pipelineExecution": views.execution(execution_of(call, pipeline, call["pipelineExecutionId"]))}


def _list(call: Call) -> Answer:
    pipeline = find(call, call["pipelineName"])
    wanted = ((call.get("filter") or {}).get("succeededInStage") or {}).get("stageName")
    with LOCK:
        found = [
            views.summary(each)
            for each in reversed(engine.executions_of(pipeline))
            if not wanted or ((stage := each.stage(wanted)) is not None and stage.status == SUCCEEDED)
        ]
    page, token = _page(found, call)
    return {"pipelineExecutionSummaries": page, "nextToken": token}


def _list_actions(call: Call) -> Answer:
    pipeline = find(call, call["pipelineName"])
    given = call.get("filter") or {}
    wanted = given.get("pipelineExecutionId") or (given.get("latestInPipelineExecution") or {}).get(
        "pipelineExecutionId"
    )
    with LOCK:
        found = [
            views.action_detail(each, run)
            for each in reversed(engine.executions_of(pipeline))
            if wanted in (None, each.id)
            for run in each.action_runs()
        ]
    page, token = _page(found, call)
    return {"actionExecutionDetails": page, "nextToken": token}


def _page(found: list[dict[str, Any]], call: Call) -> tuple[list[dict[str, Any]], str | None]:
    text = str(call.get("nextToken") or "0")
    if not text.isdecimal():
        raise ServiceError("InvalidNextTokenException", "The next token was not given by this service")
    first, size = int(text), int(call.get("maxResults") or _PAGE)
    rest = first + size
    return found[first:rest], str(rest) if rest < len(found) else None


def _state(call: Call) -> Answer:
    with LOCK:
        return views.state(find(call, call["name"]))


def _stop(call: Call) -> Answer:
    with LOCK:
        pipeline = find(call, call["pipelineName"])
        execution = execution_of(call, pipeline, call["pipelineExecutionId"])
        if execution.ended:
            told = f"The execution {execution.id} has ended: {execution.status}"
            raise ServiceError("PipelineExecutionNotStoppableException", told)
        abandon = bool(call.get("abandon"))
        if execution.stop_reason is not None and not abandon:
            raise ServiceError("DuplicatedStopRequestException", f"The execution {execution.id} is stopping already")
        engine.stop(pipeline, execution, abandon, call.get("reason"))
    return {"pipelineExecutionId": execution.id}


def _retry(call: Call) -> Answer:
    with LOCK:
        pipeline = find(call, call["pipelineName"])
        require_stage(pipeline, call["stageName"])
        execution = execution_of(call, pipeline, call["pipelineExecutionId"])
        stage = execution.stage(call["stageName"])
        if stage is None or stage.status not in (FAILED, STOPPED):
            told = f"Stage {call['stageName']} has not failed in the execution {execution.id}"
            raise ServiceError("StageNotRetryableException", told)
        if execution.mode != "PARALLEL":
            latest = views.latest_in(pipeline, stage.name)
            if latest is not None and latest.id != execution.id:
                told = f"The execution {latest.id} has come to stage {stage.name} since"
                raise ServiceError("NotLatestPipelineExecutionException", told)
            if pipeline.door(stage.name).inside:
                raise ServiceError("ConflictException", f"Stage {stage.name} is busy")
        stage.manual_retries += 1
        engine.retry(pipeline, execution, stage, call["retryMode"])
    return {"pipelineExecutionId": execution.id}


def _roll_back(call: Call) -> Answer:
    with LOCK:
        pipeline = find(call, call["pipelineName"])
        require_stage(pipeline, call["stageName"])
        target = execution_of(call, pipeline, call["targetPipelineExecutionId"])
        stage = target.stage(call["stageName"])
        source = stage is not None and stage is target.stages[0] and not target.rollback_of
        if stage is None or stage.status != SUCCEEDED or source or target.rollback_of:
            told = f"Stage {call['stageName']} cannot go back to the execution {target.id}: it did not succeed there"
            raise ServiceError("UnableToRollbackStageException", told)
        if pipeline.door(stage.name).inside:
            raise ServiceError("ConflictException", f"Stage {stage.name} is busy")
        trigger = {"triggerType": "ManualRollback", "triggerDetail": call.arn}
        execution = engine.roll_back(pipeline, stage.name, target, trigger)
    return {"pipelineExecutionId": execution.id}


def _transition(call: Call, because: str) -> Answer:
    with LOCK:
        pipeline = find(call, call["pipelineName"])
        for name in _doors(pipeline, call["stageName"], call["transitionType"]):
            door = pipeline.door(name)
            door.closed_because, door.changed_by, door.changed_at = because, call.arn, clock.now()
            engine.admit(pipeline, name)
    return {}


def _doors(pipeline: Pipeline, stage_name: str, kind: str) -> Iterable[str]:
    require_stage(pipeline, stage_name)
    names = [stage["name"] for stage in pipeline.declaration["stages"]]
    number = names.index(stage_name) + (kind == "Outbound")
    return names[number : number + 1]


OPERATIONS: Mapping[str, Operation] = {
    "DisableStageTransition": lambda call: _transition(call, call["reason"]),
    "EnableStageTransition": lambda call: _transition(call, ""),
    "GetPipelineExecution": _get,
    "GetPipelineState": _state,
    "ListActionExecutions": _list_actions,
    "ListPipelineExecutions": _list,
    "RetryStageExecution": _retry,
    "RollbackStage": _roll_back,
    "StartPipelineExecution": _start,
    "StopPipelineExecution": _stop,
}
