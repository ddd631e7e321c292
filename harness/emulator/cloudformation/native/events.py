"""EventBridge rules."""

from __future__ import annotations

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

_DEFAULT_BUS = "default"


class Rule(Handler):
    """AWS::Events::Rule; its physical id is the name, with the bus before it where that is not the default one."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("Name") or generated_name(request, 64))
        bus = _bus(given)
        if api.attempt("events", "describe_rule", Name=name, EventBusName=bus) is not None:
            raise exists(f"Rule {name} already exists (Service: EventBridge, Status Code: 400)")
        self._put(api, request, name, tag_list(request))
        return name if bus == _DEFAULT_BUS else f"{bus}|{name}"

    def _put(self, api: Api, request: ResourceRequest, name: str, tags: Any) -> None:
        given = request.properties
        pattern = given.get("EventPattern")
        api.call(
            "events",
            "put_rule",
            Name=name,
            EventBusName=_bus(given),
            EventPattern=json.dumps(pattern) if isinstance(pattern, Mapping) else pattern,
            ScheduleExpression=given.get("ScheduleExpression"),
            State=given.get("State"),
            Description=given.get("Description"),
            RoleArn=given.get("RoleArn"),
            Tags=tags or None,
        )

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, name = request.properties, physical_id.split("|")[-1]
        if previous is not None:
            self._put(api, request, name, None)
        wanted = [dict(each) for each in given.get("Targets", ())]
        dropped = {each["Id"] for each in (previous or {}).get("Targets", ())} - {each["Id"] for each in wanted}
        if dropped:
            api.call("events", "remove_targets", Rule=name, EventBusName=_bus(given), Ids=sorted(dropped))
        if wanted:
            answer = api.call("events", "put_targets", Rule=name, EventBusName=_bus(given), Targets=wanted)
            _must_be_taken(answer)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        name, bus = physical_id.split("|")[-1], _bus(properties)
        found = api.attempt("events", "list_targets_by_rule", Rule=name, EventBusName=bus)
        ids = [each["Id"] for each in (found or {}).get("Targets", ())]
        if ids:
            api.call("events", "remove_targets", Rule=name, EventBusName=bus, Ids=ids)
        api.attempt("events", "delete_rule", Name=name, EventBusName=bus)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        path = physical_id.replace("|", "/")
        return {"Arn": f"arn:{request.partition}:events:{api.region}:{api.account_id}:rule/{path}"}


def _bus(given: Properties) -> str:
    return str(given.get("EventBusName") or _DEFAULT_BUS).rsplit("/", 1)[-1]


def _must_be_taken(answer: Mapping[str, Any]) -> None:
    if answer.get("FailedEntryCount"):
        raise ResourceFailure(f"targets were refused: {json.dumps(answer.get('FailedEntries'))}")


HANDLERS: Mapping[str, Handler] = {"AWS::Events::Rule": Rule()}
