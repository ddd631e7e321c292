"""Model package groups, with their policies, and model packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, tag_list
from harness.emulator.cloudformation.native.sagemaker.tags import retag


class ModelPackageGroup(Handler):
    """AWS::SageMaker::ModelPackageGroup; its physical id is the ARN."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            "sagemaker",
            "create_model_package_group",
            ModelPackageGroupName=given["ModelPackageGroupName"],
            ModelPackageGroupDescription=given.get("ModelPackageGroupDescription"),
            Tags=tag_list(request) or None,
        )
        return str(made["ModelPackageGroupArn"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        policy, name = request.properties.get("ModelPackageGroupPolicy"), _name(physical_id)
        if policy:
            text = policy if isinstance(policy, str) else json.dumps(policy)
            api.call("sagemaker", "put_model_package_group_policy", ModelPackageGroupName=name, ResourcePolicy=text)
        elif previous and previous.get("ModelPackageGroupPolicy"):
            api.attempt("sagemaker", "delete_model_package_group_policy", ModelPackageGroupName=name)
        if previous is not None:
            retag(api, physical_id, tag_list(request))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("sagemaker", "delete_model_package_group", ModelPackageGroupName=_name(physical_id))

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        group = api.call("sagemaker", "describe_model_package_group", ModelPackageGroupName=_name(physical_id))
        return {
            "ModelPackageGroupArn": physical_id,
            "ModelPackageGroupStatus": group["ModelPackageGroupStatus"],
            "CreationTime": group["CreationTime"].isoformat(),
        }


def _name(arn: str) -> str:
    return arn.rsplit("/", 1)[-1]


HANDLERS: Mapping[str, Handler] = {
    "AWS::SageMaker::ModelPackageGroup": ModelPackageGroup(),
}
