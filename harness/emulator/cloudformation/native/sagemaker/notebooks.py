"""SageMaker notebook instances."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, generated_name, tag_list


class NotebookInstance(Handler):
    """AWS::SageMaker::NotebookInstance; Ref gives the ARN."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("NotebookInstanceName") or generated_name(request, 63))
        keys = [
            "InstanceType",
            "SubnetId",
            "SecurityGroupIds",
            "RoleArn",
            "KmsKeyId",
            "LifecycleConfigName",
            "DirectInternetAccess",
            "VolumeSizeInGB",
            "DefaultCodeRepository",
            "AdditionalCodeRepositories",
            "RootAccess",
            "PlatformIdentifier",
        ]
        made = api.call(
            "sagemaker",
            "create_notebook_instance",
            NotebookInstanceName=name,
            Tags=tag_list(request) or None,
            **{key: given.get(key) for key in keys},
        )
        return str(made["NotebookInstanceArn"])

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        name = _notebook_name(physical_id)
        if api.attempt("sagemaker", "describe_notebook_instance", NotebookInstanceName=name) is None:
            return
        api.call("sagemaker", "stop_notebook_instance", NotebookInstanceName=name)
        api.call("sagemaker", "delete_notebook_instance", NotebookInstanceName=name)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"NotebookInstanceName": _notebook_name(physical_id)}


def _notebook_name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


HANDLERS: Mapping[str, Handler] = {
    "AWS::SageMaker::NotebookInstance": NotebookInstance(),
}
