"""CodePipeline's operations on definitions of pipelines."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from harness.emulator import acting, clock
from harness.emulator.acting import NotTrustedError
from harness.emulator.delivery.pipelines import engine, starts, structure
from harness.emulator.delivery.pipelines.actiontypes import ACTION_TYPES
from harness.emulator.delivery.pipelines.model import Pipeline
from harness.emulator.delivery.service import Answer, Call, Operation, ServiceError
from harness.emulator.delivery.store import LOCK


def find(call: Call, name: str) -> Pipeline:
    """A pipeline by its name. Raises ServiceError."""
    found = call.store.pipelines.get(name)
    if found is None:
        told = f"Account '{call.account_id}' does not have a pipeline with name '{name}'"
        raise ServiceError("PipelineNotFoundException", told)
    return found


def checked(call: Call, declaration: Mapping[str, Any], version: int) -> dict[str, Any]:
    """A declaration with defaults, as GetPipeline shows it. Raises ServiceError where CodePipeline refuses it."""
    given: dict[str, Any] = copy.deepcopy(dict(declaration))
    for fault in structure.faults(given, call.region):
        raise ServiceError(fault.code, fault.message)
    role = str(given["roleArn"])
    arn = call.store.arn("codepipeline", str(given["name"]))
    try:
        acting.credentials(role, "codepipeline.amazonaws.com", call.account_id, source_arn=arn)
    except NotTrustedError:
        told = f"CodePipeline is not authorized to perform AssumeRole on role {role}"
        raise ServiceError("InvalidStructureException", told) from None
    for stage in given["stages"]:
        for action in stage["actions"]:
            for key, value in (("runOrder", 1), ("configuration", {})):
                action.setdefault(key, value)
            for key in ("inputArtifacts", "outputArtifacts"):
                action.setdefault(key, [])
    defaults = {"pipelineType": "V1", "executionMode": "SUPERSEDED"}
    return {**defaults, **given, "version": version}


def _create(call: Call) -> Answer:
    given = call["pipeline"]
    tags = {each["key"]: each["value"] for each in call.get("tags") or ()}
    with LOCK:
        if given["name"] in call.store.pipelines:
            told = f"A pipeline with the name '{given['name']}' already exists in account '{call.account_id}'"
            raise ServiceError("PipelineNameInUseException", told)
        declaration = checked(call, given, 1)
        arn = call.store.arn("codepipeline", given["name"])
        pipeline = Pipeline(call.account_id, call.region, arn, {1: declaration}, tags)
        call.store.pipelines[pipeline.name] = pipeline
        answer = {"pipeline": declaration, "tags": _tags(pipeline)}
    starts.on_creation(pipeline, call.arn)
    return answer


def _update(call: Call) -> Answer:
    with LOCK:
        pipeline = find(call, call["pipeline"]["name"])
        declaration = checked(call, call["pipeline"], pipeline.version + 1)
        pipeline.versions[pipeline.version + 1] = declaration
        pipeline.updated = clock.now()
    return {"pipeline": declaration}


def _get(call: Call) -> Answer:
    pipeline = find(call, call["name"])
    version = call.get("version") or pipeline.version
    if version not in pipeline.versions:
        told = f"Pipeline '{pipeline.name}' has no version {version}"
        raise ServiceError("PipelineVersionNotFoundException", told)
    metadata = {"pipelineArn": pipeline.arn, "created": pipeline.created, "updated": pipeline.updated}
    return {"pipeline": pipeline.versions[version], "metadata": metadata}


def _list(call: Call) -> Answer:
    found = [
        {
            "name": each.name,
            "version": each.version,
            "pipelineType": each.declaration["pipelineType"],
            "executionMode": each.mode,
            "created": each.created,
            "updated": each.updated,
        }
        for each in sorted(call.store.pipelines.values(), key=lambda each: each.name)
    ]
    return {"pipelines": found}


def _delete(call: Call) -> Answer:
    with LOCK:
        pipeline = call.store.pipelines.pop(call["name"], None)
        if pipeline is not None:
            engine.cancel_all(pipeline)
            gone = {execution.id for execution in engine.executions_of(pipeline)}
            for job in [each for each in call.store.jobs.values() if each.execution in gone]:
                del call.store.jobs[job.id]
            for identifier in gone:
                del call.store.executions[identifier]
    return {}


def _list_action_types(call: Call) -> Answer:
    wanted = call.get("actionOwnerFilter")
    found = []
    for (category, owner, provider, version), each in sorted(ACTION_TYPES.items()):
        if wanted in (None, owner):
            identity = {"category": category, "owner": owner, "provider": provider, "version": version}
            inputs = dict(zip(("minimumCount", "maximumCount"), each.inputs, strict=True))
            outputs = dict(zip(("minimumCount", "maximumCount"), each.outputs, strict=True))
            found.append({"id": identity, "inputArtifactDetails": inputs, "outputArtifactDetails": outputs})
    return {"actionTypes": found}


def _by_arn(call: Call) -> Pipeline:
    pipeline = call.store.pipelines.get(str(call["resourceArn"]).rsplit(":", 1)[-1])
    if pipeline is None or pipeline.arn != call["resourceArn"]:
        raise ServiceError("ResourceNotFoundException", f"There is no resource {call['resourceArn']}")
    return pipeline


def _tags(pipeline: Pipeline) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in sorted(pipeline.tags.items())]


def _tag(call: Call) -> Answer:
    _by_arn(call).tags.update({each["key"]: each["value"] for each in call["tags"]})
    return {}


def _untag(call: Call) -> Answer:
    pipeline = _by_arn(call)
    for key in call["tagKeys"]:
        pipeline.tags.pop(key, None)
    return {}


OPERATIONS: Mapping[str, Operation] = {
    "CreatePipeline": _create,
    "DeletePipeline": _delete,
    "GetPipeline": _get,
    "ListActionTypes": _list_action_types,
    "ListPipelines": _list,
    "ListTagsForResource": lambda call: {"tags": _tags(_by_arn(call))},
    "TagResource": _tag,
    "UntagResource": _untag,
    "UpdatePipeline": _update,
}
