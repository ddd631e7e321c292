"""Control SageMaker.14; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class ScheduleIsolation(stackrules.Control):
    """A schedule either holds its job definition or names one of this stack; what it names has controls of its own."""

    id = "E9314"
    control = "SageMaker.14"
    types = ("AWS::SageMaker::MonitoringSchedule",)
    shortdesc = "Monitoring schedules have network isolation"
    description = shortdesc
    remedy = "set MonitoringJobDefinition.NetworkConfig.EnableNetworkIsolation to true"

    def concerns(self, resource: ResourceState) -> bool:
        return "MonitoringJobDefinition" in (resource.properties.get("MonitoringScheduleConfig") or {})

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        path = ("MonitoringScheduleConfig", "MonitoringJobDefinition", "NetworkConfig", "EnableNetworkIsolation")
        if not stackrules.is_true(stackrules.value(resource.properties, *path)):
            yield path, "has a job without network isolation"
