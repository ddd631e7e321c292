"""EventBridge: buses and their policies, rules, archives."""

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


class EventBus(Handler):
    """AWS::Events::EventBus; its physical id is the name."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given["Name"])
        if api.attempt("events", "describe_event_bus", Name=name) is not None:
            raise exists(f"Event bus {name} already exists. (Service: EventBridge, Status Code: 400)")
        api.call("events", "create_event_bus", Name=name, Tags=tag_list(request) or None, **_bus_settings(given))
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, before = request.properties, previous or {}
        if previous is not None and _bus_settings(given) != _bus_settings(previous):
            api.call("events", "update_event_bus", Name=physical_id, **_bus_settings(given))
        if given.get("Policy") and given.get("Policy") != before.get("Policy"):
            api.call("events", "put_permission", EventBusName=physical_id, Policy=_text(given["Policy"]))
        elif before.get("Policy") and not given.get("Policy"):
            api.call("events", "remove_permission", EventBusName=physical_id, RemoveAllPermissions=True)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("events", "delete_event_bus", Name=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        arn = f"arn:{request.partition}:events:{api.region}:{api.account_id}:event-bus/{physical_id}"
        return {"Arn": arn, "Name": physical_id, "Policy": _text(request.properties.get("Policy") or "")}


def _bus_settings(given: Properties) -> dict[str, Any]:
    return {key: given.get(key) for key in ("DeadLetterConfig", "Description", "KmsKeyIdentifier")}


class EventBusPolicy(Handler):
    """AWS::Events::EventBusPolicy: one statement of a bus's policy; its physical id is the bus and its Sid."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        bus, sid = _bus(request.properties), str(request.properties["StatementId"])
        if any(each["Sid"] == sid for each in _statements(api, bus)):
            raise exists(f"Statement {sid} already exists on event bus {bus}")
        return f"{bus}|{sid}"

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, bus = request.properties, _bus(request.properties)
        others = [each for each in _statements(api, bus) if each["Sid"] != given["StatementId"]]
        statement = given.get("Statement")
        if isinstance(statement, str):
            statement = json.loads(statement)
        if statement is None:
            arn = f"arn:{request.partition}:events:{api.region}:{api.account_id}:event-bus/{bus}"
            statement = _classic_statement(given, request.partition, arn)
        policy = {"Version": "2012-10-17", "Statement": [*others, {**statement, "Sid": given["StatementId"]}]}
        api.call("events", "put_permission", EventBusName=bus, Policy=json.dumps(policy))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        bus, sid = _bus(properties), properties["StatementId"]
        api.attempt("events", "remove_permission", EventBusName=bus, StatementId=sid)


def _statements(api: Api, bus: str) -> list[dict[str, Any]]:
    found = api.attempt("events", "describe_event_bus", Name=bus)
    if found is None:
        raise ResourceFailure(f"Event bus {bus} does not exist. (Service: EventBridge, Status Code: 400)")
    statements: list[dict[str, Any]] = json.loads(found.get("Policy") or '{"Statement": []}')["Statement"]
    return statements


def _classic_statement(given: Properties, partition: str, bus_arn: str) -> dict[str, Any]:
    """A statement from Principal, Action and Condition, which templates wrote before there was Statement."""
    principal, condition = given["Principal"], given.get("Condition")
    statement: dict[str, Any] = {
        "Effect": "Allow",
        "Principal": "*" if principal == "*" else {"AWS": f"arn:{partition}:iam::{principal}:root"},
        "Action": given.get("Action", "events:PutEvents"),
        "Resource": bus_arn,
    }
    if condition:
        statement["Condition"] = {condition["Type"]: {condition["Key"]: condition["Value"]}}
    return statement


class Archive(Handler):
    """AWS::Events::Archive; its physical id is the name."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("ArchiveName") or generated_name(request, 48))
        if api.attempt("events", "describe_archive", ArchiveName=name) is not None:
            raise exists(f"Archive {name} already exists. (Service: EventBridge, Status Code: 400)")
        api.call("events", "create_archive", ArchiveName=name, EventSourceArn=given["SourceArn"], **_archived(given))
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is not None:
            api.call("events", "update_archive", ArchiveName=physical_id, **_archived(request.properties))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("events", "delete_archive", ArchiveName=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        arn = f"arn:{request.partition}:events:{api.region}:{api.account_id}:archive/{physical_id}"
        return {"Arn": arn, "ArchiveName": physical_id}


def _archived(given: Properties) -> dict[str, Any]:
    days, pattern = given.get("RetentionDays"), given.get("EventPattern")
    return {
        "Description": given.get("Description"),
        "EventPattern": None if pattern is None else _text(pattern),
        "RetentionDays": None if days is None else int(days),
    }


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


HANDLERS: Mapping[str, Handler] = {
    "AWS::Events::Archive": Archive(),
    "AWS::Events::EventBus": EventBus(),
    "AWS::Events::EventBusPolicy": EventBusPolicy(),
    "AWS::Events::Rule": Rule(),
}
