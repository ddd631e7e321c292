"""Control SageMaker.22; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class ScheduleEncryption(stackrules.Control):
    """Of a schedule that names a job definition, that definition has a control of its own."""

    id = "E9322"
    control = "SageMaker.22"
    types = ("AWS::SageMaker::MonitoringSchedule",)
    shortdesc = "Monitoring schedules have encryption between containers"
    description = shortdesc
    remedy = "set MonitoringJobDefinition.NetworkConfig.EnableInterContainerTrafficEncryption to true"

    def concerns(self, resource: ResourceState) -> bool:
        return "MonitoringJobDefinition" in (resource.properties.get("MonitoringScheduleConfig") or {})

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        path = (
            "MonitoringScheduleConfig",
            "MonitoringJobDefinition",
            "NetworkConfig",
            "EnableInterContainerTrafficEncryption",
        )
        if not stackrules.is_true(stackrules.value(resource.properties, *path)):
            yield path, "has a job without encryption between containers"
