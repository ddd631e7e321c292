"""Model package groups, with their policies, and model packages."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, tag_list
from harness.emulator.cloudformation.native.sagemaker.fitting import parameters
from harness.emulator.cloudformation.native.sagemaker.tags import retag

_CHANGING = ("ModelApprovalStatus", "ApprovalDescription", "CustomerMetadataProperties", "SourceUri", "ModelCard")


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


class ModelPackage(Handler):
    """AWS::SageMaker::ModelPackage; its physical id is the ARN."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = {**request.properties, "Tags": tag_list(request) or None}
        made = api.call("sagemaker", "create_model_package", **parameters("sagemaker", "CreateModelPackage", given))
        return str(made["ModelPackageArn"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is None:
            return
        given = {name: request.properties[name] for name in _CHANGING if name in request.properties}
        # What the template no longer says of them goes.
        before = previous.get("CustomerMetadataProperties") or {}
        gone = [key for key in before if key not in (given.get("CustomerMetadataProperties") or {})]
        fitted = parameters("sagemaker", "UpdateModelPackage", given)
        api.call(
            "sagemaker",
            "update_model_package",
            ModelPackageArn=physical_id,
            CustomerMetadataPropertiesToRemove=gone or None,
            **fitted,
        )
        retag(api, physical_id, tag_list(request))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("sagemaker", "delete_model_package", ModelPackageName=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        shown = api.call("sagemaker", "describe_model_package", ModelPackageName=physical_id)
        return {
            "ModelPackageArn": physical_id,
            "CreationTime": shown["CreationTime"].isoformat(),
            "LastModifiedTime": shown.get("LastModifiedTime", shown["CreationTime"]).isoformat(),
            "ModelPackageStatus": shown["ModelPackageStatus"],
        }


HANDLERS: Mapping[str, Handler] = {
    "AWS::SageMaker::ModelPackage": ModelPackage(),
    "AWS::SageMaker::ModelPackageGroup": ModelPackageGroup(),
}
