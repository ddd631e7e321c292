"""Connections to source providers, under both names of the service. They are PENDING until somebody completes them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceFailure, ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, tag_list
from harness.emulator.delivery import connections
from harness.emulator.delivery.service import Call, ServiceError, perform


class Connection(Handler):
    """AWS::CodeConnections::Connection and AWS::CodeStarConnections::Connection; its physical id is the ARN."""

    def __init__(self, service: str) -> None:
        self._service = service

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = {key: request.properties.get(key) for key in ("ConnectionName", "ProviderType", "HostArn")}
        return str(self._call(api, "CreateConnection", **given, Tags=tag_list(request) or None)["ConnectionArn"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is None:
            return
        now = tag_list(request)
        known = self._call(api, "ListTagsForResource", ResourceArn=physical_id)["Tags"]
        gone = {each["Key"] for each in known} - {each["Key"] for each in now}
        if gone:
            self._call(api, "UntagResource", ResourceArn=physical_id, TagKeys=sorted(gone))
        if now:
            self._call(api, "TagResource", ResourceArn=physical_id, Tags=now)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        known = self._call(api, "ListConnections")["Connections"]
        if any(each["ConnectionArn"] == physical_id for each in known):
            self._call(api, "DeleteConnection", ConnectionArn=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        connection = self._call(api, "GetConnection", ConnectionArn=physical_id)["Connection"]
        return {
            "ConnectionArn": physical_id,
            "ConnectionStatus": connection["ConnectionStatus"],
            "OwnerAccountId": connection["OwnerAccountId"],
        }

    def _call(self, api: Api, operation: str, **given: Any) -> dict[str, Any]:
        # Not through `api`: moto has no module for this service.
        known = {key: value for key, value in given.items() if value is not None}
        caller = f"arn:aws:iam::{api.account_id}:root"
        call = Call(api.account_id, api.region, caller, known)
        try:
            return perform(self._service, connections.operations(self._service), operation, call, "ValidationException")
        except ServiceError as error:
            told = f"{error.message} (Service: {self._service}, Error Code: {error.code})"
            raise ResourceFailure(f'Resource handler returned message: "{told}"') from error


HANDLERS: Mapping[str, Handler] = {
    "AWS::CodeConnections::Connection": Connection("codeconnections"),
    "AWS::CodeStarConnections::Connection": Connection("codestar-connections"),
}
