"""CodeArtifact domains and repositories. Package groups are kept by their schema only."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, tag_map

_SERVICE = "codeartifact"


class _Kind(Handler):
    """What domains and repositories have alike: a policy, tags, and an ARN as physical id."""

    thing: str  # in the names of its operations

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        before = previous or {}
        policy = request.properties.get("PermissionsPolicyDocument")
        if policy is not None:
            text = policy if isinstance(policy, str) else json.dumps(policy)
            put = f"put_{self.thing}_permissions_policy"
            api.call(_SERVICE, put, **_named(physical_id), policyDocument=text)
        elif before.get("PermissionsPolicyDocument"):
            api.call(_SERVICE, f"delete_{self.thing}_permissions_policy", **_named(physical_id))
        if previous is not None:
            now = tag_map(request)
            known = api.call(_SERVICE, "list_tags_for_resource", resourceArn=physical_id)["tags"]
            if gone := sorted({each["key"] for each in known} - set(now)):
                api.call(_SERVICE, "untag_resource", resourceArn=physical_id, tagKeys=gone)
            if now:
                api.call(_SERVICE, "tag_resource", resourceArn=physical_id, tags=_pairs(now))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        if api.attempt(_SERVICE, f"describe_{self.thing}", **_named(physical_id)) is not None:
            api.call(_SERVICE, f"delete_{self.thing}", **_named(physical_id))


class Domain(_Kind):
    """AWS::CodeArtifact::Domain."""

    thing = "domain"

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            _SERVICE,
            "create_domain",
            domain=given["DomainName"],
            encryptionKey=given.get("EncryptionKey"),
            tags=_pairs(tag_map(request)) or None,
        )
        return str(made["domain"]["arn"])

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        found = api.call(_SERVICE, "describe_domain", **_named(physical_id))["domain"]
        return {
            "Arn": physical_id,
            "EncryptionKey": found["encryptionKey"],
            "Name": found["name"],
            "Owner": found["owner"],
        }


class Repository(_Kind):
    """AWS::CodeArtifact::Repository."""

    thing = "repository"

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            _SERVICE,
            "create_repository",
            domain=given["DomainName"],
            domainOwner=given.get("DomainOwner"),
            repository=given["RepositoryName"],
            tags=_pairs(tag_map(request)) or None,
        )
        return str(made["repository"]["arn"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, named = request.properties, _named(physical_id)
        upstreams = [{"repositoryName": name} for name in given.get("Upstreams") or ()]
        description = str(given.get("Description") or "")
        api.call(_SERVICE, "update_repository", **named, description=description, upstreams=upstreams)
        found = api.call(_SERVICE, "describe_repository", **named)["repository"]["externalConnections"]
        known, now = {each["externalConnectionName"] for each in found}, set(given.get("ExternalConnections") or ())
        for name in sorted(known - now):
            api.call(_SERVICE, "disassociate_external_connection", **named, externalConnection=name)
        for name in sorted(now - known):
            api.call(_SERVICE, "associate_external_connection", **named, externalConnection=name)
        super().apply(api, request, physical_id, previous)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        named = _named(physical_id)
        return {"Arn": physical_id, "DomainOwner": named["domainOwner"], "Name": named["repository"]}


def _named(arn: str) -> dict[str, str]:
    """The parameters that name a domain or repository."""
    path = arn.split("/")[1:]
    return {"domainOwner": arn.split(":")[4], **dict(zip(("domain", "repository"), path, strict=False))}


def _pairs(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in tags.items()]


HANDLERS: Mapping[str, Handler] = {
    "AWS::CodeArtifact::Domain": Domain(),
    "AWS::CodeArtifact::Repository": Repository(),
}
