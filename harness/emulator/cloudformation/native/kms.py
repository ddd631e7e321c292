"""KMS keys and aliases."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, tag_map


def _tags(request: ResourceRequest) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in tag_map(request).items()]


class Key(Handler):
    """AWS::KMS::Key; its physical id is the key id."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            "kms",
            "create_key",
            Policy=_policy(given),
            Description=given.get("Description"),
            KeyUsage=given.get("KeyUsage"),
            KeySpec=given.get("KeySpec"),
            MultiRegion=given.get("MultiRegion"),
            Tags=_tags(request) or None,
        )
        return str(made["KeyMetadata"]["KeyId"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, before = request.properties, previous or {}
        if previous is not None:
            policy = _policy(given)
            if policy is not None and policy != _policy(before):
                api.call("kms", "put_key_policy", KeyId=physical_id, PolicyName="default", Policy=policy)
            description = given.get("Description", "")
            api.call("kms", "update_key_description", KeyId=physical_id, Description=description)
            if tags := _tags(request):
                api.call("kms", "tag_resource", KeyId=physical_id, Tags=tags)
        rotates = bool(given.get("EnableKeyRotation", False))
        if rotates != bool(before.get("EnableKeyRotation", False)):
            api.call("kms", "enable_key_rotation" if rotates else "disable_key_rotation", KeyId=physical_id)
        enabled = bool(given.get("Enabled", True))
        if enabled != bool(before.get("Enabled", True)):
            api.call("kms", "enable_key" if enabled else "disable_key", KeyId=physical_id)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        days = properties.get("PendingWindowInDays", 30)
        api.attempt("kms", "schedule_key_deletion", KeyId=physical_id, PendingWindowInDays=days)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {
            "Arn": f"arn:{request.partition}:kms:{api.region}:{api.account_id}:key/{physical_id}",
            "KeyId": physical_id,
        }


def _policy(given: Properties) -> str | None:
    policy = given.get("KeyPolicy")
    return policy if policy is None or isinstance(policy, str) else json.dumps(policy)


class Alias(Handler):
    """AWS::KMS::Alias."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        name = str(request.properties["AliasName"])
        api.call("kms", "create_alias", AliasName=name, TargetKeyId=_key_id(request.properties))
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is not None:
            api.call("kms", "update_alias", AliasName=physical_id, TargetKeyId=_key_id(request.properties))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("kms", "delete_alias", AliasName=physical_id)


def _key_id(properties: Properties) -> str:
    return str(properties["TargetKeyId"]).rsplit("/", 1)[-1]


HANDLERS: Mapping[str, Handler] = {"AWS::KMS::Key": Key(), "AWS::KMS::Alias": Alias()}
