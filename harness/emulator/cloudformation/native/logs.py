"""CloudWatch Logs groups."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, generated_name, tag_map


class LogGroup(Handler):
    """AWS::Logs::LogGroup."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("LogGroupName") or generated_name(request, 512))
        api.call(
            "logs", "create_log_group", logGroupName=name, kmsKeyId=given.get("KmsKeyId"), tags=tag_map(request) or None
        )
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, before = request.properties, previous or {}
        days = given.get("RetentionInDays")
        if days is not None:
            api.call("logs", "put_retention_policy", logGroupName=physical_id, retentionInDays=int(days))
        elif before.get("RetentionInDays") is not None:
            api.call("logs", "delete_retention_policy", logGroupName=physical_id)
        if previous is not None:
            self._change(api, request, physical_id, before)

    def _change(self, api: Api, request: ResourceRequest, name: str, before: Properties) -> None:
        key = request.properties.get("KmsKeyId")
        if key != before.get("KmsKeyId"):
            api.call("logs", "associate_kms_key" if key else "disassociate_kms_key", logGroupName=name, kmsKeyId=key)
        now, arn = tag_map(request), self.attributes(api, request, name)["Arn"].removesuffix(":*")
        known = api.call("logs", "list_tags_for_resource", resourceArn=arn)["tags"]
        if gone := sorted(set(known) - set(now)):
            api.call("logs", "untag_resource", resourceArn=arn, tagKeys=gone)
        if now:
            api.call("logs", "tag_resource", resourceArn=arn, tags=now)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("logs", "delete_log_group", logGroupName=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Arn": f"arn:{request.partition}:logs:{api.region}:{api.account_id}:log-group:{physical_id}:*"}


HANDLERS: Mapping[str, Handler] = {"AWS::Logs::LogGroup": LogGroup()}
