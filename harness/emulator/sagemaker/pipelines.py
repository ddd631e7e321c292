"""Pipelines: CreatePipeline and its like. Executions are `pipelines_executions.py`'s."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from harness.emulator import clock
from harness.emulator.identity import Caller
from harness.emulator.sagemaker import artifacts, errors, paging, tags
from harness.emulator.sagemaker.call import Answer, Call
from harness.emulator.sagemaker.naming import Place
from harness.emulator.sagemaker.pipelines_model import Pipeline, pipeline_of, pipelines_of
from harness.emulator.sagemaker.store import LOCK
from harness.errors import KnownError
from harness.pipelines.model import Definition
from harness.pipelines.validate import checked


def _create(call: Call) -> Answer:
    _demand_modelled(call)
    text = _text(call)
    if text is None:
        raise errors.validation("Either Pipeline Definition or Pipeline Definition S3 location should be provided")
    definition = _checked(text)
    place = Place(call.account_id, call.region, "pipeline", str(call["PipelineName"]))
    with LOCK:
        there = pipelines_of(call.account_id, call.region)
        if place.name in there:
            raise errors.validation(
                "Pipeline names must be unique within an AWS account and region. Pipeline with name "
                f"({place.name}) already exists."
            )
        there[place.name] = Pipeline(
            place=place,
            display_name=call.get("PipelineDisplayName", place.name),
            description=call.get("PipelineDescription", ""),
            text=text,
            definition=definition,
            role=str(call["RoleArn"]),
            parallelism=call.get("ParallelismConfiguration"),
            by=call.caller,
        )
        tags.open_for(place.arn, call.get("Tags"))
    return {"PipelineArn": place.arn}


def _update(call: Call) -> Answer:
    _demand_modelled(call)
    text = _text(call)
    definition = None if text is None else _checked(text)
    with LOCK:
        pipeline = pipeline_of(call)
        if definition is not None and text is not None:
            pipeline.text, pipeline.definition = text, definition
        pipeline.display_name = call.get("PipelineDisplayName", pipeline.display_name)
        pipeline.description = call.get("PipelineDescription", pipeline.description)
        pipeline.role = call.get("RoleArn", pipeline.role)
        pipeline.parallelism = call.get("ParallelismConfiguration", pipeline.parallelism)
        pipeline.modified, pipeline.changed_by = clock.now(), call.caller
    return {"PipelineArn": pipeline.place.arn}


def _delete(call: Call) -> Answer:
    with LOCK:
        pipeline = pipeline_of(call)
        if any(each.ended is None for each in pipeline.executions.values()):
            raise errors.conflict(f"Pipeline '{pipeline.place.arn}' has executions that are running.")
        del pipelines_of(call.account_id, call.region)[pipeline.place.name]
        tags.close_for(pipeline.place.arn)
    return {"PipelineArn": pipeline.place.arn}


def _describe(call: Call) -> Answer:
    _demand_modelled(call)
    pipeline = pipeline_of(call)
    return {
        "PipelineArn": pipeline.place.arn,
        "PipelineName": pipeline.place.name,
        "PipelineDisplayName": pipeline.display_name,
        "PipelineDefinition": pipeline.text,
        "PipelineDescription": pipeline.description or None,
        "RoleArn": pipeline.role,
        "PipelineStatus": "Active",
        "CreationTime": pipeline.created,
        "LastModifiedTime": pipeline.modified,
        "LastRunTime": pipeline.last_run,
        "CreatedBy": user(pipeline.by),
        "LastModifiedBy": user(pipeline.changed_by or pipeline.by),
        "ParallelismConfiguration": pipeline.parallelism,
    }


def _list(call: Call) -> Answer:
    prefix, after, before = call.get("PipelineNamePrefix", ""), call.get("CreatedAfter"), call.get("CreatedBefore")
    with LOCK:
        found = [
            each
            for each in pipelines_of(call.account_id, call.region).values()
            if each.place.name.startswith(prefix)
            and (after is None or each.created > after)
            and (before is None or each.created < before)
        ]
        summaries = [_summary(each) for each in found]
    shown, token = paging.listed(summaries, call.parameters, "PipelineName")
    return {"PipelineSummaries": shown, "NextToken": token}


def _summary(pipeline: Pipeline) -> dict[str, Any]:
    told = {
        "PipelineArn": pipeline.place.arn,
        "PipelineName": pipeline.place.name,
        "PipelineDisplayName": pipeline.display_name,
        "PipelineDescription": pipeline.description or None,
        "RoleArn": pipeline.role,
        "CreationTime": pipeline.created,
        "LastModifiedTime": pipeline.modified,
        "LastExecutionTime": pipeline.last_run,
    }
    return {name: value for name, value in told.items() if value is not None}


def user(who: Caller) -> Answer:
    """Who did something, as pipelines tell it."""
    return {"IamIdentity": {"Arn": who.arn}}


def _demand_modelled(call: Call) -> None:
    for name in ("PipelineVersionId", "PipelineVersionAlias", "PipelineVersionAliases"):
        if call.get(name) is not None:
            raise errors.not_modelled(f"versions of pipelines ({name})")


def _text(call: Call) -> str | None:
    """The definition's text, given or at a place in S3 that the caller can read; None where there is neither."""
    body, place = call.get("PipelineDefinition"), call.get("PipelineDefinitionS3Location")
    if body and place:
        raise errors.validation("Both Pipeline Definition and Pipeline Definition S3 Location shouldn't be present")
    if not place:
        return body  # type: ignore[no-any-return] # the request has the operation's shape
    version = {"VersionId": place["VersionId"]} if place.get("VersionId") else {}
    try:
        answer = artifacts.client_of(call).get_object(Bucket=place["Bucket"], Key=place["ObjectKey"], **version)
        content: bytes = answer["Body"].read()
        return content.decode()
    except ClientError as error:
        told = error.response["Error"].get("Message", "")
        raise errors.validation(
            f"Unable to read the pipeline definition s3://{place['Bucket']}/{place['ObjectKey']}: {told}"
        ) from None
    except UnicodeDecodeError:
        raise errors.validation("Unable to parse pipeline definition. It is no text.") from None


def _checked(text: str) -> Definition:
    try:
        return checked(text)
    except KnownError as error:
        raise errors.validation(f"Unable to parse pipeline definition. {told(error)}") from None


def told(error: KnownError) -> str:
    """Findings as one line of a message."""
    return "; ".join(f"{each.place}: {each.problem} ({each.remedy})" for each in error.findings)


OPERATIONS = {
    "CreatePipeline": _create,
    "UpdatePipeline": _update,
    "DeletePipeline": _delete,
    "DescribePipeline": _describe,
    "ListPipelines": _list,
}
