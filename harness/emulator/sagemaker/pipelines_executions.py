"""Executions of pipelines: StartPipelineExecution and its like. Running them is `pipelines_run.py`'s."""

from __future__ import annotations

import secrets
import string
from typing import Any

from harness.emulator import acting, clock
from harness.emulator.identity import Session
from harness.emulator.sagemaker import errors, paging, pipelines_run
from harness.emulator.sagemaker.call import Answer, Call
from harness.emulator.sagemaker.jobs_model import SERVICE_PRINCIPAL
from harness.emulator.sagemaker.naming import Place
from harness.emulator.sagemaker.pipelines import told, user
from harness.emulator.sagemaker.pipelines_model import (
    Execution,
    Pipeline,
    execution_of,
    pipeline_of,
    said,
    step_summary,
)
from harness.emulator.sagemaker.store import LOCK
from harness.errors import KnownError
from harness.pipelines.parameters import Value, values

_ALPHABET = string.ascii_lowercase + string.digits


def _start(call: Call) -> Answer:
    for name in ("SelectiveExecutionConfig", "PipelineVersionId", "PipelineVersionAlias", "MlflowExperimentName"):
        if call.get(name) is not None:
            raise errors.not_modelled(f"{name} of StartPipelineExecution")
    pipeline = pipeline_of(call)
    token = ("start", str(call["ClientRequestToken"]))
    with LOCK:
        if token in pipeline.tokens:
            return {"PipelineExecutionArn": pipeline.tokens[token]}
        execution = _made(call, pipeline)
        pipeline.executions[execution.place.arn] = execution
        pipeline.tokens[token] = execution.place.arn
        pipeline.last_run = execution.created
        execution.emit()
    pipelines_run.begin(pipeline, execution)
    return {"PipelineExecutionArn": execution.place.arn}


def _made(call: Call, pipeline: Pipeline) -> Execution:
    identifier = "".join(secrets.choice(_ALPHABET) for _ in range(12))
    role = str(call.get("RoleArn", pipeline.role))
    where = pipeline.place
    now = clock.now()
    return Execution(
        place=Place(where.account_id, where.region, "pipeline", f"{where.name}/execution/{identifier}"),
        definition=pipeline.definition,
        text=pipeline.text,
        role=role,
        session=_session(pipeline, role, identifier),
        parameters=_parameters(call, pipeline),
        display_name=call.get("PipelineExecutionDisplayName", f"execution-{int(now.timestamp() * 1000)}"),
        description=call.get("PipelineExecutionDescription", ""),
        parallelism=call.get("ParallelismConfiguration", pipeline.parallelism),
        by=call.caller,
        created=now,
    )


def _session(pipeline: Pipeline, role: str, identifier: str) -> Session:
    try:
        return acting.credentials(
            role, SERVICE_PRINCIPAL, pipeline.place.account_id, f"SageMaker-Pipelines-{identifier}", pipeline.place.arn
        )
    except acting.NotTrustedError:
        raise errors.validation(
            f"Could not assume role {role}. Please ensure that the role exists and allows principal "
            f"'{SERVICE_PRINCIPAL}' to assume the role."
        ) from None


def _parameters(call: Call, pipeline: Pipeline) -> dict[str, Value]:
    given: dict[str, str] = {}
    for each in call.get("PipelineParameters", ()):
        if each["Name"] in given:
            raise errors.validation(f"Assigned parameters contain a duplicate name [{each['Name']}]")
        given[each["Name"]] = each["Value"]
    try:
        return values(pipeline.definition, given)
    except KnownError as error:
        raise errors.validation(f"Assigned parameters do not fit the pipeline. {told(error)}") from None


def _stop(call: Call) -> Answer:
    with LOCK:
        _, execution = execution_of(call)
        if execution.status != "Executing":
            raise errors.conflict(
                f"Pipeline execution '{execution.place.arn}' is in status {execution.status} and cannot be stopped."
            )
        execution.stop_requested = True
        execution.change("Stopping")
    return {"PipelineExecutionArn": execution.place.arn}


def _retry(call: Call) -> Answer:
    with LOCK:
        pipeline, execution = execution_of(call)
        token = ("retry", str(call["ClientRequestToken"]))
        if pipeline.tokens.get(token) == execution.place.arn:
            return {"PipelineExecutionArn": execution.place.arn}
        if execution.status not in ("Failed", "Stopped"):
            raise errors.conflict(
                f"Pipeline execution '{execution.place.arn}' is in status {execution.status}: only what has failed or "
                "was stopped can be retried."
            )
        execution.session = _session(pipeline, execution.role, execution.id)
        execution.parallelism = call.get("ParallelismConfiguration", execution.parallelism)
        execution.stop_requested, execution.tries = False, execution.tries + 1
        pipeline.tokens[token] = execution.place.arn
        execution.change("Executing")
    pipelines_run.begin(pipeline, execution)
    return {"PipelineExecutionArn": execution.place.arn}


def _update(call: Call) -> Answer:
    with LOCK:
        _, execution = execution_of(call)
        execution.display_name = call.get("PipelineExecutionDisplayName", execution.display_name)
        execution.description = call.get("PipelineExecutionDescription", execution.description)
        execution.parallelism = call.get("ParallelismConfiguration", execution.parallelism)
        execution.modified = clock.now()
    return {"PipelineExecutionArn": execution.place.arn}


def _describe(call: Call) -> Answer:
    pipeline, execution = execution_of(call)
    return {
        "PipelineArn": pipeline.place.arn,
        "PipelineExecutionArn": execution.place.arn,
        "PipelineExecutionDisplayName": execution.display_name,
        "PipelineExecutionStatus": execution.status,
        "PipelineExecutionDescription": execution.description or None,
        "FailureReason": execution.reason[:1300] or None,
        "CreationTime": execution.created,
        "LastModifiedTime": execution.modified,
        "CreatedBy": user(execution.by),
        "LastModifiedBy": user(execution.by),
        "ParallelismConfiguration": execution.parallelism,
        "RoleArn": execution.role,
    }


def _list(call: Call) -> Answer:
    after, before = call.get("CreatedAfter"), call.get("CreatedBefore")
    with LOCK:
        found = [
            _summary(each)
            for each in pipeline_of(call).executions.values()
            if (after is None or each.created > after) and (before is None or each.created < before)
        ]
    by = "PipelineExecutionArn" if call.get("SortBy") == "PipelineExecutionArn" else "StartTime"
    found.sort(key=lambda each: each[by], reverse=call.get("SortOrder", "Descending") == "Descending")
    shown, token = paging.page(found, call.parameters)
    return {"PipelineExecutionSummaries": shown, "NextToken": token}


def _summary(execution: Execution) -> dict[str, Any]:
    told = {
        "PipelineExecutionArn": execution.place.arn,
        "StartTime": execution.created,
        "PipelineExecutionStatus": execution.status,
        "PipelineExecutionDescription": execution.description or None,
        "PipelineExecutionDisplayName": execution.display_name,
        "PipelineExecutionFailureReason": execution.reason or None,
    }
    return {name: value for name, value in told.items() if value is not None}


def _list_steps(call: Call) -> Answer:
    with LOCK:
        _, execution = execution_of(call)
        steps = [step_summary(execution, each) for each in execution.states.values()]
    if call.get("SortOrder", "Descending") == "Descending":
        steps.reverse()
    shown, token = paging.page(steps, call.parameters)
    return {"PipelineExecutionSteps": shown, "NextToken": token}


def _list_parameters(call: Call) -> Answer:
    _, execution = execution_of(call)
    listed = [{"Name": name, "Value": said(value)} for name, value in execution.parameters.items()]
    shown, token = paging.page(listed, call.parameters, default=200)
    return {"PipelineParameters": shown, "NextToken": token}


def _describe_definition(call: Call) -> Answer:
    _, execution = execution_of(call)
    return {"PipelineDefinition": execution.text, "CreationTime": execution.created}


OPERATIONS = {
    "StartPipelineExecution": _start,
    "StopPipelineExecution": _stop,
    "RetryPipelineExecution": _retry,
    "UpdatePipelineExecution": _update,
    "DescribePipelineExecution": _describe,
    "ListPipelineExecutions": _list,
    "ListPipelineExecutionSteps": _list_steps,
    "ListPipelineParametersForExecution": _list_parameters,
    "DescribePipelineDefinitionForExecution": _describe_definition,
}
