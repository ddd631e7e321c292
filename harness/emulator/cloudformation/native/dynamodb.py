"""DynamoDB tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, generated_name, tag_list

_CREATION = [
    "AttributeDefinitions",
    "KeySchema",
    "BillingMode",
    "GlobalSecondaryIndexes",
    "LocalSecondaryIndexes",
    "TableClass",
    "DeletionProtectionEnabled",
]
_CHANGEABLE = ("BillingMode", "TableClass", "DeletionProtectionEnabled")


class Table(Handler):
    """AWS::DynamoDB::Table."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("TableName") or generated_name(request, 255))
        api.call(
            "dynamodb",
            "create_table",
            TableName=name,
            ProvisionedThroughput=_throughput(given),
            SSESpecification=_encryption(given),
            StreamSpecification=_stream(given),
            Tags=tag_list(request) or None,
            **{key: given.get(key) for key in _CREATION},
        )
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, before = request.properties, previous or {}
        if previous is not None:
            self._change(api, physical_id, given, previous)
        recovery = given.get("PointInTimeRecoverySpecification")
        if recovery != before.get("PointInTimeRecoverySpecification"):
            enabled = bool((recovery or {}).get("PointInTimeRecoveryEnabled", False))
            api.call(
                "dynamodb",
                "update_continuous_backups",
                TableName=physical_id,
                PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": enabled},
            )
        expiry = given.get("TimeToLiveSpecification")
        if expiry and expiry != before.get("TimeToLiveSpecification"):
            api.call("dynamodb", "update_time_to_live", TableName=physical_id, TimeToLiveSpecification=dict(expiry))

    def _change(self, api: Api, name: str, given: Properties, previous: Properties) -> None:
        changes = {key: given.get(key) for key in _CHANGEABLE if given.get(key) != previous.get(key)}
        if given.get("ProvisionedThroughput") != previous.get("ProvisionedThroughput"):
            changes["ProvisionedThroughput"] = _throughput(given)
        if given.get("SSESpecification") != previous.get("SSESpecification"):
            changes["SSESpecification"] = _encryption(given) or {"Enabled": False}
        if given.get("StreamSpecification") != previous.get("StreamSpecification"):
            changes["StreamSpecification"] = _stream(given) or {"StreamEnabled": False}
        changes = {key: value for key, value in changes.items() if value is not None}
        if changes:
            api.call("dynamodb", "update_table", TableName=name, **changes)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("dynamodb", "delete_table", TableName=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        table = api.call("dynamodb", "describe_table", TableName=physical_id)["Table"]
        return {"Arn": table["TableArn"], "StreamArn": table.get("LatestStreamArn", "")}


def _throughput(given: Properties) -> dict[str, int] | None:
    throughput = given.get("ProvisionedThroughput")
    return {key: int(value) for key, value in throughput.items()} if throughput else None


def _encryption(given: Properties) -> dict[str, Any] | None:
    given_encryption = given.get("SSESpecification")
    if not given_encryption:
        return None
    names = {"SSEEnabled": "Enabled"}
    return {names.get(key, key): value for key, value in given_encryption.items()}


def _stream(given: Properties) -> dict[str, Any] | None:
    stream = given.get("StreamSpecification")
    return {"StreamEnabled": True, "StreamViewType": stream["StreamViewType"]} if stream else None


HANDLERS: Mapping[str, Handler] = {"AWS::DynamoDB::Table": Table()}
