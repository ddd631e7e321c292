"""The events that CodePipeline tells EventBridge, in the shapes that its guide documents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.emulator.delivery.pipelines.model import ActionRun, Artifact, Execution, Pipeline, StageRun
from harness.emulator.events import bus

_STATES = {
    "InProgress": "STARTED",
    "Succeeded": "SUCCEEDED",
    "Failed": "FAILED",
    "Abandoned": "ABANDONED",
    "Cancelled": "CANCELED",
}


def _state(status: str) -> str:
    return _STATES.get(status, status.upper())


def pipeline_changed(pipeline: Pipeline, execution: Execution, state: str = "") -> None:
    """An execution has the status that it has now, or was RESUMED."""
    detail = {
        **_common(execution),
        "state": state or _state(execution.status),
        "execution-trigger": {
            "trigger-type": execution.trigger["triggerType"],
            "trigger-detail": execution.trigger["triggerDetail"],
        },
    }
    if execution.stop_reason:
        detail["stop-execution-comments"] = execution.stop_reason
    _publish(pipeline, "Pipeline", detail)


def stage_changed(pipeline: Pipeline, execution: Execution, stage: StageRun, state: str = "") -> None:
    """A stage has the status that it has now, or was RESUMED."""
    detail: dict[str, Any] = {**_common(execution), "stage": stage.name, "state": state or _state(stage.status)}
    detail["source-actions"] = [
        {"sourceActionName": run.name, "sourceActionProvider": run.declaration["actionTypeId"]["provider"]}
        for run in execution.source_runs()
    ]
    failed = [run for run in stage.current.values() if run.status == "Failed"]
    if failed:
        detail["failed-actions"] = [
            {"action": run.name, "additional-information": run.outcome.error} for run in sorted(failed, key=_name)
        ]
    _publish(pipeline, "Stage", detail)


def action_changed(pipeline: Pipeline, execution: Execution, run: ActionRun) -> None:
    """An action has the status that it has now."""
    kind = run.declaration["actionTypeId"]
    detail: dict[str, Any] = {
        **_common(execution),
        "stage": run.stage,
        "action": run.name,
        "action-execution-id": run.id,
        "state": _state(run.status),
        "region": pipeline.region,
        "type": {key: kind[key] for key in ("owner", "provider", "category", "version")},
        "input-artifacts": _artifacts(run.inputs),
        "output-artifacts": _artifacts(run.outcome.artifacts),
    }
    result = {
        "external-execution-url": run.outcome.external_url,
        "external-execution-summary": run.outcome.error or run.outcome.summary,
        "external-execution-id": run.outcome.external_id,
        "error-code": run.outcome.code,
    }
    if told := {key: value for key, value in result.items() if value}:
        detail["execution-result"] = told
    _publish(pipeline, "Action", detail)


def _common(execution: Execution) -> dict[str, Any]:
    return {
        "pipeline": execution.pipeline,
        "execution-id": execution.id,
        "start-time": f"{execution.started:%Y-%m-%dT%H:%M:%S}.{execution.started.microsecond // 1000:03d}Z",
        "version": float(execution.version),
    }


def _artifacts(artifacts: Mapping[str, Artifact]) -> list[dict[str, Any]]:
    return [
        {"name": name, "s3location": {"bucket": each.bucket, "key": each.key}}
        for name, each in sorted(artifacts.items())
    ]


def _name(run: ActionRun) -> str:
    return run.name


def _publish(pipeline: Pipeline, what: str, detail: Mapping[str, Any]) -> None:
    kind = f"CodePipeline {what} Execution State Change"
    bus.publish(pipeline.account_id, pipeline.region, "aws.codepipeline", kind, detail, [pipeline.arn])
