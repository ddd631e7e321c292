"""Connections to source providers, under both names of the service. They are PENDING until somebody completes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, tag_list


class Connection(Handler):
    """AWS::CodeConnections::Connection and AWS::CodeStarConnections::Connection; its physical id is the ARN."""

    def __init__(self, service: str) -> None:
        self._service = service

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = {key: request.properties.get(key) for key in ("ConnectionName", "ProviderType", "HostArn")}
        made = api.call(self._service, "create_connection", **given, Tags=tag_list(request) or None)
        return str(made["ConnectionArn"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is None:
            return
        now = tag_list(request)
        known = api.call(self._service, "list_tags_for_resource", ResourceArn=physical_id)["Tags"]
        gone = {each["Key"] for each in known} - {each["Key"] for each in now}
        if gone:
            api.call(self._service, "untag_resource", ResourceArn=physical_id, TagKeys=sorted(gone))
        if now:
            api.call(self._service, "tag_resource", ResourceArn=physical_id, Tags=now)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        if api.attempt(self._service, "get_connection", ConnectionArn=physical_id) is not None:
            api.call(self._service, "delete_connection", ConnectionArn=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        connection = api.call(self._service, "get_connection", ConnectionArn=physical_id)["Connection"]
        return {
            "ConnectionArn": physical_id,
            "ConnectionStatus": connection["ConnectionStatus"],
            "OwnerAccountId": connection["OwnerAccountId"],
        }


HANDLERS: Mapping[str, Handler] = {
    "AWS::CodeConnections::Connection": Connection("codeconnections"),
    "AWS::CodeStarConnections::Connection": Connection("codestar-connections"),
}
