"""CodePipeline's operations on jobs: how a function answers for the action that invoked it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.emulator.delivery.pipelines import engine
from harness.emulator.delivery.pipelines.model import FAILED, IN_PROGRESS, SUCCEEDED, Execution, Job, Outcome, Pipeline
from harness.emulator.delivery.service import Answer, Call, Operation, ServiceError
from harness.emulator.delivery.store import LOCK


def _open(call: Call) -> Job:
    job = call.store.jobs.get(call["jobId"])
    if job is None:
        raise ServiceError("JobNotFoundException", f"Job {call['jobId']} does not exist in account {call.account_id}")
    if job.status != IN_PROGRESS or job.run.status != IN_PROGRESS:
        raise ServiceError("InvalidJobStateException", f"Job {job.id} has ended already")
    return job


def _place(call: Call, job: Job) -> tuple[Pipeline, Execution]:
    execution = call.store.executions[job.execution]
    return call.store.pipelines[execution.pipeline], execution


def _success(call: Call) -> Answer:
    with LOCK:
        job = _open(call)
        variables = call.get("outputVariables") or {}
        continuation = call.get("continuationToken")
        if variables and continuation:
            raise ServiceError("ValidationException", "outputVariables cannot be given with a continuationToken")
        job.status = SUCCEEDED
        if continuation:
            job.again(continuation)
            return {}
        details: Mapping[str, Any] = call.get("executionDetails") or {}
        outcome = Outcome(
            variables=variables,
            artifacts=job.made,
            summary=str(details.get("summary") or ""),
            external_id=str(details.get("externalExecutionId") or ""),
        )
        engine.finish(*_place(call, job), job.run, outcome)
    return {}


def _failure(call: Call) -> Answer:
    with LOCK:
        job = _open(call)
        job.status = FAILED
        details = call["failureDetails"]
        external = str(details.get("externalExecutionId") or "")
        outcome = Outcome(error=details["message"], code=details["type"], external_id=external)
        engine.finish(*_place(call, job), job.run, outcome)
    return {}


def _details(call: Call) -> Answer:
    job = call.store.jobs.get(call["jobId"])
    if job is None:
        raise ServiceError("JobNotFoundException", f"Job {call['jobId']} does not exist in account {call.account_id}")
    pipeline, execution = _place(call, job)
    context = {
        "pipelineName": pipeline.name,
        "pipelineArn": pipeline.arn,
        "pipelineExecutionId": execution.id,
        "stage": {"name": job.run.stage},
        "action": {"name": job.run.name, "actionExecutionId": job.run.id},
    }
    kind = job.run.declaration["actionTypeId"]
    data = {key: _filled(value) for key, value in job.data.items()}
    return {
        "jobDetails": {
            "id": job.id,
            "accountId": call.account_id,
            "data": {**data, "actionTypeId": dict(kind), "pipelineContext": context},
        }
    }


def _filled(value: Any) -> Any:
    """Artifacts without the revision that they do not have."""
    if not isinstance(value, list):
        return value
    return [{key: each for key, each in entry.items() if each is not None} for entry in value]


OPERATIONS: Mapping[str, Operation] = {
    "GetJobDetails": _details,
    "PutJobFailureResult": _failure,
    "PutJobSuccessResult": _success,
}
