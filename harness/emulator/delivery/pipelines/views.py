"""Executions as the API describes them: one by one, in lists, and as the state of a pipeline's stages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.emulator.delivery.pipelines import engine
from harness.emulator.delivery.pipelines.model import (
    ActionRun,
    Artifact,
    Execution,
    Outcome,
    Pipeline,
)


def execution(found: Execution) -> dict[str, Any]:
    """The API's PipelineExecution."""
    revisions = [
        {
            "name": name,
            "revisionId": each.revision,
            "revisionSummary": each.summary or each.revision,
            "created": each.created,
        }
        for name, each in found.artifacts.items()
        if each.revision
    ]
    return {
        "pipelineName": found.pipeline,
        "pipelineVersion": found.version,
        "artifactRevisions": revisions,
        "variables": [{"name": name, "resolvedValue": value} for name, value in found.variables.items()],
        **_execution(found),
    }


def summary(found: Execution) -> dict[str, Any]:
    """The API's PipelineExecutionSummary."""
    described = {
        "startTime": found.started,
        "lastUpdateTime": found.updated,
        "sourceRevisions": [
            {"actionName": run.name, "revisionId": each.revision, "revisionSummary": each.summary or each.revision}
            for run in found.source_runs()
            for each in run.outcome.artifacts.values()
            if each.revision
        ],
        **_execution(found),
    }
    if found.stop_reason is not None:
        described["stopTrigger"] = {"reason": found.stop_reason}
    return described


def _execution(found: Execution) -> dict[str, Any]:
    described: dict[str, Any] = {
        "pipelineExecutionId": found.id,
        "status": found.status,
        "trigger": dict(found.trigger),
        "executionMode": found.mode,
        "executionType": found.kind,
    }
    if found.rollback_of:
        described["rollbackMetadata"] = {"rollbackTargetPipelineExecutionId": found.rollback_of}
    return described


def action_detail(found: Execution, run: ActionRun) -> dict[str, Any]:
    """The API's ActionExecutionDetail."""
    declared = run.declaration
    given: dict[str, Any] = {
        "actionTypeId": dict(declared["actionTypeId"]),
        "configuration": dict(declared.get("configuration") or {}),
        "resolvedConfiguration": dict(run.configuration),
        "inputArtifacts": _artifacts(run.inputs),
    }
    given |= {key: declared[key] for key in ("roleArn", "region", "namespace") if declared.get(key)}
    outcome = run.outcome
    result: dict[str, Any] = _external(outcome)
    if outcome.summary:
        result["externalExecutionSummary"] = outcome.summary
    output: dict[str, Any] = {"executionResult": result, "outputArtifacts": _artifacts(outcome.artifacts)}
    if outcome.variables:
        output["outputVariables"] = dict(outcome.variables)
    return {
        "pipelineExecutionId": found.id,
        "actionExecutionId": run.id,
        "pipelineVersion": found.version,
        "stageName": run.stage,
        "actionName": run.name,
        "startTime": run.started,
        "lastUpdateTime": run.updated,
        "status": run.status,
        "input": given,
        "output": output,
        **({"updatedBy": outcome.updated_by} if outcome.updated_by else {}),
    }


def _artifacts(artifacts: Mapping[str, Artifact]) -> list[dict[str, Any]]:
    return [{"name": name, "s3location": {"bucket": each.bucket, "key": each.key}} for name, each in artifacts.items()]


def _external(outcome: Outcome) -> dict[str, Any]:
    found: dict[str, Any] = {"externalExecutionId": outcome.external_id, "externalExecutionUrl": outcome.external_url}
    if outcome.error:
        found["errorDetails"] = {"code": outcome.code, "message": outcome.error}
    return {key: value for key, value in found.items() if value}


def latest_in(pipeline: Pipeline, stage_name: str) -> Execution | None:
    """The newest execution that has entered a stage."""
    entered = [
        each
        for each in engine.executions_of(pipeline)
        if (stage := each.stage(stage_name)) is not None and stage.status
    ]
    return max(entered, key=lambda each: each.started) if entered else None


def state(pipeline: Pipeline) -> dict[str, Any]:
    """GetPipelineState's answer."""
    return {
        "pipelineName": pipeline.name,
        "pipelineVersion": pipeline.version,
        "stageStates": [_stage(pipeline, number, stage) for number, stage in enumerate(pipeline.declaration["stages"])],
        "created": pipeline.created,
        "updated": pipeline.updated,
    }


def _stage(pipeline: Pipeline, number: int, declared: Mapping[str, Any]) -> dict[str, Any]:
    name = str(declared["name"])
    door, latest = pipeline.door(name), latest_in(pipeline, name)
    stage = latest.stage(name) if latest else None
    runs = stage.latest() if stage else {}
    found: dict[str, Any] = {
        "stageName": name,
        "actionStates": [_action(action, runs.get(str(action["name"]))) for action in declared["actions"]],
    }
    if number > 0:
        transition: dict[str, Any] = {"enabled": not door.closed_because}
        if door.changed_at is not None:
            transition |= {"lastChangedBy": door.changed_by, "lastChangedAt": door.changed_at}
        if door.closed_because:
            transition["disabledReason"] = door.closed_because
        found["inboundTransitionState"] = transition
    if door.waiting:
        inbound = [{"pipelineExecutionId": each, "status": "InProgress"} for each in door.waiting]
        found |= {"inboundExecution": inbound[-1], "inboundExecutions": inbound}
    if latest is not None and stage is not None:
        status = "Stopping" if latest.status == "Stopping" and stage.status == "InProgress" else stage.status
        found["latestExecution"] = {"pipelineExecutionId": latest.id, "status": status, "type": latest.kind}
        if stage.automatic_retries or stage.manual_retries:
            counts = {
                "autoStageRetryAttempt": stage.automatic_retries,
                "manualStageRetryAttempt": stage.manual_retries,
            }
            last = "ManualStageRetry" if stage.manual_retries else "AutomatedStageRetry"
            counted = {key: value for key, value in counts.items() if value}
            found["retryStageMetadata"] = {**counted, "latestRetryTrigger": last}
    return found


def _action(declared: Mapping[str, Any], run: ActionRun | None) -> dict[str, Any]:
    found: dict[str, Any] = {"actionName": declared["name"]}
    if run is None:
        return found
    outcome = run.outcome
    described: dict[str, Any] = {
        "actionExecutionId": run.id,
        "status": run.status,
        "lastStatusChange": run.updated,
        **_external(outcome),
    }
    told = {"summary": outcome.summary, "token": run.token, "lastUpdatedBy": outcome.updated_by}
    found["latestExecution"] = described | {key: value for key, value in told.items() if value}
    for each in outcome.artifacts.values():
        if each.revision:
            revision = {"revisionId": each.revision, "revisionChangeId": each.revision[:100], "created": each.created}
            found["currentRevision"] = revision
    return found
