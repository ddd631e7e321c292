"""Control Athena.4; see the class."""

from __future__ import annotations

from harness.checks import controlshapes


class WorkgroupMetrics(controlshapes.Setting):
    """The control takes them for the workgroup's log."""

    id = "E9444"
    control = "Athena.4"
    types = ("AWS::Athena::WorkGroup",)
    path = ("WorkGroupConfiguration", "PublishCloudWatchMetricsEnabled")
    wanted = ("true",)
    default = "false"
    shortdesc = "Workgroups publish their metrics"
    description = shortdesc
    remedy = "set WorkGroupConfiguration.PublishCloudWatchMetricsEnabled to true"
