"""Control EventBridge.3; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class BusPolicy(stackrules.Control):
    """It says who may put events; without it any identity of the account that has the right may."""

    id = "E9423"
    control = "EventBridge.3"
    types = ("AWS::Events::EventBus",)
    shortdesc = "Custom buses have a policy"
    description = shortdesc
    remedy = "set Policy, or add an AWS::Events::EventBusPolicy"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        if not resource.properties.get("Policy") and not any(
            stack.attached("AWS::Events::EventBusPolicy", "EventBusName", resource)
        ):
            yield (), "has no policy"
