"""SageMaker domains. User profiles and spaces have no backend in moto: they stay schema-only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, exists, tag_list


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


HANDLERS: Mapping[str, Handler] = {
    "AWS::SageMaker::Domain": Domain(),
}
