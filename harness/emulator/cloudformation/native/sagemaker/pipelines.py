"""SageMaker pipelines."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, tag_list
from harness.emulator.cloudformation.native.sagemaker.tags import retag


class Pipeline(Handler):
    """AWS::SageMaker::Pipeline."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given["PipelineName"])
        api.call(
            "sagemaker",
            "create_pipeline",
            PipelineName=name,
            PipelineDisplayName=given.get("PipelineDisplayName"),
            PipelineDescription=given.get("PipelineDescription"),
            **_definition(given),
            ClientRequestToken=f"{request.suffix}{request.suffix}{request.suffix}",
            RoleArn=given["RoleArn"],
            ParallelismConfiguration=given.get("ParallelismConfiguration"),
            Tags=tag_list(request) or None,
        )
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is None:
            return
        given = request.properties
        changed = api.call(
            "sagemaker",
            "update_pipeline",
            PipelineName=physical_id,
            PipelineDisplayName=given.get("PipelineDisplayName", physical_id),
            PipelineDescription=given.get("PipelineDescription", ""),
            **_definition(given),
            RoleArn=given["RoleArn"],
            ParallelismConfiguration=given.get("ParallelismConfiguration"),
        )
        retag(api, changed["PipelineArn"], tag_list(request))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        if api.attempt("sagemaker", "describe_pipeline", PipelineName=physical_id) is not None:
            api.call(
                "sagemaker", "delete_pipeline", PipelineName=physical_id, ClientRequestToken=physical_id.ljust(32, "0")
            )

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {}


def _definition(given: Properties) -> dict[str, Any]:
    definition = given["PipelineDefinition"]
    if "PipelineDefinitionS3Location" in definition:
        location = definition["PipelineDefinitionS3Location"]
        keys = {"Bucket": "Bucket", "Key": "ObjectKey", "Version": "VersionId"}
        return {"PipelineDefinitionS3Location": {keys[key]: value for key, value in location.items() if key in keys}}
    body = definition["PipelineDefinitionBody"]
    return {"PipelineDefinition": body if isinstance(body, str) else json.dumps(body)}


HANDLERS: Mapping[str, Handler] = {
    "AWS::SageMaker::Pipeline": Pipeline(),
}
