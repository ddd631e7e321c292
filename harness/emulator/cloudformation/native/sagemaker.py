"""SageMaker domains, model package groups, pipelines and notebook instances.

User profiles and spaces have no backend in moto: they stay schema-only.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceFailure, ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import (
    Handler,
    Properties,
    exists,
    generated_name,
    tag_list,
)


class Domain(Handler):
    """AWS::SageMaker::Domain; its physical id is the domain id."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given["DomainName"])
        domains = _domains(api)
        if any(each.domain_name == name for each in domains.values()):
            raise exists(f"Domain with name {name} already exists (Service: SageMaker, Status Code: 400)")
        made = api.call(
            "sagemaker",
            "create_domain",
            DomainName=name,
            AuthMode=given["AuthMode"],
            DefaultUserSettings=given["DefaultUserSettings"],
            SubnetIds=given.get("SubnetIds"),
            VpcId=given.get("VpcId"),
            DomainSettings=given.get("DomainSettings"),
            AppNetworkAccessType=given.get("AppNetworkAccessType"),
            AppSecurityGroupManagement=given.get("AppSecurityGroupManagement"),
            KmsKeyId=given.get("KmsKeyId"),
            DefaultSpaceSettings=given.get("DefaultSpaceSettings"),
            TagPropagation=given.get("TagPropagation"),
            Tags=tag_list(request) or None,
        )
        return _as_at_aws(api, domains, made["DomainArn"].rsplit("/", 1)[-1], request.suffix)

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is None:
            return
        domain = _domains(api)[physical_id]
        given = request.properties
        # moto has no UpdateDomain.
        domain.default_user_settings = given["DefaultUserSettings"]
        domain.default_space_settings = given.get("DefaultSpaceSettings")
        domain.domain_settings = given.get("DomainSettings")
        domain.subnet_ids = given.get("SubnetIds", domain.subnet_ids)
        domain.app_network_access_type = given.get("AppNetworkAccessType", domain.app_network_access_type)
        domain.tags = tag_list(request)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        if physical_id in _domains(api):
            api.call("sagemaker", "delete_domain", DomainId=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        domain = _domains(api)[physical_id]
        return {
            "DomainId": physical_id,
            "DomainArn": domain.arn,
            "Url": domain.url,
            "HomeEfsFileSystemId": domain.home_efs_file_system_id,
            "SecurityGroupIdForDomainBoundary": domain.security_group_id_for_domain_boundary,
            "SingleSignOnManagedApplicationInstanceId": domain.single_sign_on_managed_application_instance_id,
            "SingleSignOnApplicationArn": domain.single_sign_on_managed_application_arn,
        }


def _domains(api: Api) -> dict[str, Any]:
    from moto.sagemaker.models import sagemaker_backends

    found: dict[str, Any] = sagemaker_backends[api.account_id][api.region].domains
    return found


def _as_at_aws(api: Api, domains: dict[str, Any], moto_id: str, suffix: str) -> str:
    """Gives a new domain ids and a URL that look as they do at AWS; moto builds them of the name."""
    domain = domains.pop(moto_id)
    drawn = hashlib.sha256(suffix.encode()).hexdigest()[:16]
    domain.id = f"d-{suffix.lower()}"
    domain.arn = domain.arn.rsplit("/", 1)[0] + f"/{domain.id}"
    domain.home_efs_file_system_id = f"fs-0{drawn}"
    domain.security_group_id_for_domain_boundary = f"sg-0{drawn}"
    domain.url = f"https://{domain.id}.studio.{api.region}.sagemaker.aws"
    domains[domain.id] = domain
    return str(domain.id)


class ModelPackageGroup(Handler):
    """AWS::SageMaker::ModelPackageGroup; its physical id is the ARN. Its policy is kept by its schema only."""

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

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        from moto.sagemaker.models import sagemaker_backends

        # moto has no DeleteModelPackageGroup. AWS refuses to delete a group that holds versions.
        backend = sagemaker_backends[api.account_id][api.region]
        name = physical_id.rsplit("/", 1)[-1]
        if any(each.model_package_group_name == name for each in backend.model_packages.values()):
            raise ResourceFailure(
                f'Resource handler returned message: "Cannot delete the model package group {name}, because it '
                'contains model packages" (HandlerErrorCode: ResourceConflict)'
            )
        backend.model_package_groups.pop(name, None)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        name = request.properties["ModelPackageGroupName"]
        group = api.call("sagemaker", "describe_model_package_group", ModelPackageGroupName=name)
        return {
            "ModelPackageGroupArn": physical_id,
            "ModelPackageGroupStatus": group["ModelPackageGroupStatus"],
            "CreationTime": group["CreationTime"].isoformat(),
        }


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
        api.call(
            "sagemaker",
            "update_pipeline",
            PipelineName=physical_id,
            PipelineDisplayName=given.get("PipelineDisplayName"),
            PipelineDescription=given.get("PipelineDescription"),
            **_definition(given),
            RoleArn=given["RoleArn"],
            ParallelismConfiguration=given.get("ParallelismConfiguration"),
        )

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
    "AWS::SageMaker::Domain": Domain(),
    "AWS::SageMaker::ModelPackageGroup": ModelPackageGroup(),
    "AWS::SageMaker::NotebookInstance": NotebookInstance(),
    "AWS::SageMaker::Pipeline": Pipeline(),
}
