"""Monitoring schedules of Model Monitor: kept, described, started and stopped. Nothing runs by them, so that their
lists of executions stay empty; job definitions are moto's."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.base_backend import BackendDict
from moto.sagemaker.models import sagemaker_backends

from harness.emulator import clock
from harness.emulator.sagemaker import endpoint_state, errors, paging, tags
from harness.emulator.sagemaker.call import Answer, Call
from harness.emulator.sagemaker.naming import arn
from harness.emulator.sagemaker.store import LOCK, Backend

_KIND = "monitoring-schedule"
# Monitoring type → where moto keeps its job definitions.
_DEFINITIONS = {
    "DataQuality": "data_quality_job_definitions",
    "ModelQuality": "model_quality_job_definitions",
    "ModelBias": "model_bias_job_definitions",
    "ModelExplainability": "model_explainability_job_definitions",
}


@dataclass(frozen=True)
class Schedule:
    """A monitoring schedule. `config`: its MonitoringScheduleConfig; `endpoint`: what it watches, where it says so."""

    arn: str
    name: str
    config: Mapping[str, Any]
    endpoint: str | None
    created: datetime
    modified: datetime
    status: str = "Scheduled"

    @property
    def shown(self) -> dict[str, Any]:
        """What its description and its summary have in common."""
        found = {
            "MonitoringScheduleArn": self.arn,
            "MonitoringScheduleName": self.name,
            "MonitoringScheduleStatus": self.status,
            "MonitoringType": self.config.get("MonitoringType"),
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "EndpointName": self.endpoint,
        }
        return {name: value for name, value in found.items() if value is not None}


class Schedules(Backend):
    """Schedules of one account and region, by name."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.by_name: dict[str, Schedule] = {}


_backends: BackendDict[Schedules] = BackendDict(Schedules, "sagemaker")


def _schedules(call: Call) -> dict[str, Schedule]:
    held: dict[str, Schedule] = _backends[call.account_id][call.region].by_name
    return held


def _find(call: Call) -> Schedule:
    name = str(call["MonitoringScheduleName"])
    schedule = _schedules(call).get(name)
    if schedule is None:
        raise errors.not_found(f"Monitoring Schedule {arn(call.account_id, call.region, _KIND, name)} not found.")
    return schedule


def _checked(call: Call) -> tuple[Mapping[str, Any], str | None]:
    """The configuration and the endpoint that it watches. Raises ValidationException for what is not there."""
    config: Mapping[str, Any] = call["MonitoringScheduleConfig"]
    name, inline = config.get("MonitoringJobDefinitionName"), config.get("MonitoringJobDefinition")
    if bool(name) == bool(inline):
        raise errors.validation("Exactly one of MonitoringJobDefinition and MonitoringJobDefinitionName must be given.")
    if name:
        kept = getattr(sagemaker_backends[call.account_id][call.region], _DEFINITIONS[str(config["MonitoringType"])])
        if not any(each.job_definition_name == name for each in kept.values()):
            raise errors.validation(f"Could not find the job definition {name} of type {config['MonitoringType']}.")
    inputs = (inline or {}).get("MonitoringInputs") or [{}]
    endpoint = (inputs[0].get("EndpointInput") or {}).get("EndpointName")
    if endpoint:
        endpoint_state.find(call.account_id, call.region, str(endpoint))
    return config, endpoint


def _create(call: Call) -> Answer:
    name = str(call["MonitoringScheduleName"])
    own = arn(call.account_id, call.region, _KIND, name)
    config, endpoint = _checked(call)
    with LOCK:
        if name in _schedules(call):
            raise errors.in_use(f"Monitoring Schedule {own} already exists.")
        now = clock.now()
        _schedules(call)[name] = Schedule(own, name, config, endpoint, now, now)
        tags.open_for(own, call.get("Tags"))
    return {"MonitoringScheduleArn": own}


def _describe(call: Call) -> Answer:
    schedule = _find(call)
    return {**schedule.shown, "MonitoringScheduleConfig": schedule.config}


def _changed(call: Call, **changes: Any) -> Answer:
    with LOCK:
        schedule = dataclasses.replace(_find(call), modified=clock.now(), **changes)
        _schedules(call)[schedule.name] = schedule
    return {"MonitoringScheduleArn": schedule.arn}


def _update(call: Call) -> Answer:
    config, endpoint = _checked(call)
    return _changed(call, config=config, endpoint=endpoint)


def _start(call: Call) -> Answer:
    _changed(call, status="Scheduled")
    return {}


def _stop(call: Call) -> Answer:
    _changed(call, status="Stopped")
    return {}


def _delete(call: Call) -> Answer:
    with LOCK:
        schedule = _find(call)
        del _schedules(call)[schedule.name]
        tags.close_for(schedule.arn)
    return {}


def _list(call: Call) -> Answer:
    summaries = []
    for each in _schedules(call).values():
        shown = {**each.shown, "MonitoringJobDefinitionName": each.config.get("MonitoringJobDefinitionName")}
        wanted = {
            "EndpointName": call.get("EndpointName"),
            "MonitoringScheduleStatus": call.get("StatusEquals"),
            "MonitoringType": call.get("MonitoringTypeEquals"),
            "MonitoringJobDefinitionName": call.get("MonitoringJobDefinitionName"),
        }
        if all(value is None or shown.get(name) == value for name, value in wanted.items()):
            summaries.append({name: value for name, value in shown.items() if value is not None})
    keys = {"Status": lambda each: each["MonitoringScheduleStatus"]}
    listed, token = paging.listed(summaries, call.parameters, "MonitoringScheduleName", keys=keys)
    return {"MonitoringScheduleSummaries": listed, "NextToken": token}


def _executions(call: Call) -> Answer:
    del call
    return {"MonitoringExecutionSummaries": []}


OPERATIONS = {
    "CreateMonitoringSchedule": _create,
    "DescribeMonitoringSchedule": _describe,
    "UpdateMonitoringSchedule": _update,
    "StartMonitoringSchedule": _start,
    "StopMonitoringSchedule": _stop,
    "DeleteMonitoringSchedule": _delete,
    "ListMonitoringSchedules": _list,
    "ListMonitoringExecutions": _executions,
}
