"""Rule E9105; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.checks import embedded, stackrules
from harness.documents import dashboards


class Dashboards(stackrules.StackRule):
    """CloudWatch takes a widget that it cannot draw, and shows an empty one."""

    id = "E9105"
    shortdesc = "Dashboards have whole widgets"
    description = "Widgets of dashboards have the members of their type, fit the grid and lie over no other"
    remedy = "correct the widget"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """What is wrong with each body."""
        for resource in stack.of("AWS::CloudWatch::Dashboard"):
            body = resource.properties.get("DashboardBody")
            yield from embedded.told_of_json(resource.logical_id, ("DashboardBody",), body, dashboards.problems)
