"""EventBridge Scheduler: schedules and their groups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, exists, generated_name, tag_list

_MEMBERS = (
    "Description",
    "EndDate",
    "FlexibleTimeWindow",
    "KmsKeyArn",
    "ScheduleExpression",
    "ScheduleExpressionTimezone",
    "StartDate",
    "State",
    "Target",
)
_WHOLE = ("MaximumWindowInMinutes", "MaximumRetryAttempts", "MaximumEventAgeInSeconds", "TaskCount")


class ScheduleGroup(Handler):
    """AWS::Scheduler::ScheduleGroup; the physical id is the name."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        name = str(request.properties.get("Name") or generated_name(request, 64))
        if api.attempt("scheduler", "get_schedule_group", Name=name) is not None:
            raise exists(f"Schedule group {name} already exists. (Service: Scheduler, Status Code: 409)")
        api.call("scheduler", "create_schedule_group", Name=name, Tags=tag_list(request) or None)
        return name

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("scheduler", "delete_schedule_group", Name=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        arn = f"arn:{request.partition}:scheduler:{api.region}:{api.account_id}:schedule-group/{physical_id}"
        return {"Arn": arn, "State": "ACTIVE"}


class Schedule(Handler):
    """AWS::Scheduler::Schedule; the physical id is the name."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("Name") or generated_name(request, 64))
        group = given.get("GroupName")
        if api.attempt("scheduler", "get_schedule", Name=name, GroupName=group) is not None:
            raise exists(f"Schedule {name} already exists. (Service: Scheduler, Status Code: 409)")
        api.call("scheduler", "create_schedule", Name=name, GroupName=group, **_given(given))
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is not None:
            given = request.properties
            group = given.get("GroupName")
            api.call("scheduler", "update_schedule", Name=physical_id, GroupName=group, **_given(given))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("scheduler", "delete_schedule", Name=physical_id, GroupName=properties.get("GroupName"))

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        group = request.properties.get("GroupName") or "default"
        path = f"schedule/{group}/{physical_id}"
        return {"Arn": f"arn:{request.partition}:scheduler:{api.region}:{api.account_id}:{path}"}


def _given(properties: Properties) -> dict[str, Any]:
    given = {key: _typed(properties[key]) for key in _MEMBERS if key in properties}
    for key in ("StartDate", "EndDate"):
        if key in given:
            given[key] = datetime.fromisoformat(str(given[key]))
    return given


def _typed(value: Any) -> Any:
    """Numbers that a template may write as text."""
    if isinstance(value, Mapping):
        return {key: int(item) if key in _WHOLE else _typed(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_typed(each) for each in value]
    return value


HANDLERS: Mapping[str, Handler] = {
    "AWS::Scheduler::Schedule": Schedule(),
    "AWS::Scheduler::ScheduleGroup": ScheduleGroup(),
}
