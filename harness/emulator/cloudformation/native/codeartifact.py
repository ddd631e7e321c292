"""CodeArtifact domains and repositories. Package groups are kept by their schema only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceFailure, ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, tag_map
from harness.emulator.delivery.packages import operations
from harness.emulator.delivery.packages.lookup import by_arn
from harness.emulator.delivery.service import Call, ServiceError, perform

_SERVICE = "codeartifact"


class _Kind(Handler):
    """What domains and repositories have alike: a policy, tags, and an ARN as physical id."""

    policy: str  # in the names of the policy's operations

    def named(self, arn: str) -> dict[str, Any]:
        """The parameters that name the thing."""
        raise NotImplementedError

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        before = previous or {}
        policy = request.properties.get("PermissionsPolicyDocument")
        if policy is not None:
            text = policy if isinstance(policy, str) else json.dumps(policy)
            _call(api, f"Put{self.policy}PermissionsPolicy", **self.named(physical_id), policyDocument=text)
        elif before.get("PermissionsPolicyDocument"):
            _call(api, f"Delete{self.policy}PermissionsPolicy", **self.named(physical_id))
        if previous is not None:
            now = tag_map(request)
            known = {each["key"] for each in _call(api, "ListTagsForResource", resourceArn=physical_id)["tags"]}
            _call(api, "UntagResource", resourceArn=physical_id, tagKeys=sorted(known - set(now)))
            _call(api, "TagResource", resourceArn=physical_id, tags=_pairs(now))


class Domain(_Kind):
    """AWS::CodeArtifact::Domain."""

    policy = "Domain"

    def named(self, arn: str) -> dict[str, Any]:
        return {"domain": arn.rpartition("/")[2], "domainOwner": arn.split(":")[4]}

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = _call(
            api,
            "CreateDomain",
            domain=given["DomainName"],
            encryptionKey=given.get("EncryptionKey"),
            tags=_pairs(tag_map(request)),
        )
        return str(made["domain"]["arn"])

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        if by_arn(physical_id) is not None:
            _call(api, "DeleteDomain", **self.named(physical_id))

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        found = _call(api, "DescribeDomain", **self.named(physical_id))["domain"]
        return {
            "Arn": physical_id,
            "EncryptionKey": found["encryptionKey"],
            "Name": found["name"],
            "Owner": found["owner"],
        }


class Repository(_Kind):
    """AWS::CodeArtifact::Repository."""

    policy = "Repository"

    def named(self, arn: str) -> dict[str, Any]:
        domain, name = arn.split("/")[1:]
        return {"domain": domain, "domainOwner": arn.split(":")[4], "repository": name}

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = _call(
            api,
            "CreateRepository",
            domain=given["DomainName"],
            domainOwner=given.get("DomainOwner"),
            repository=given["RepositoryName"],
            tags=_pairs(tag_map(request)),
        )
        return str(made["repository"]["arn"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, named = request.properties, self.named(physical_id)
        upstreams = [{"repositoryName": name} for name in given.get("Upstreams") or ()]
        _call(api, "UpdateRepository", **named, description=str(given.get("Description") or ""), upstreams=upstreams)
        known = _call(api, "DescribeRepository", **named)["repository"]["externalConnections"]
        now = given.get("ExternalConnections") or ()
        for name in {each["externalConnectionName"] for each in known} - set(now):
            _call(api, "DisassociateExternalConnection", **named, externalConnection=name)
        for name in set(now) - {each["externalConnectionName"] for each in known}:
            _call(api, "AssociateExternalConnection", **named, externalConnection=name)
        super().apply(api, request, physical_id, previous)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        if by_arn(physical_id) is not None:
            _call(api, "DeleteRepository", **self.named(physical_id))

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        named = self.named(physical_id)
        return {"Arn": physical_id, "DomainOwner": named["domainOwner"], "Name": named["repository"]}


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


def _call(api: Api, operation: str, **given: Any) -> dict[str, Any]:
    # Not through `api`: moto has no module for this service.
    known = {key: value for key, value in given.items() if value is not None}
    call = Call(api.account_id, api.region, f"arn:aws:iam::{api.account_id}:root", known)
    try:
        return perform(_SERVICE, operations.OPERATIONS, operation, call, "ValidationException")
    except ServiceError as error:
        told = f"{error.message} (Service: {_SERVICE}, Error Code: {error.code})"
        raise ResourceFailure(f'Resource handler returned message: "{told}"') from error


HANDLERS: Mapping[str, Handler] = {
    "AWS::CodeArtifact::Domain": Domain(),
    "AWS::CodeArtifact::Repository": Repository(),
}
