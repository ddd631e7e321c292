"""Control SQS.1; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class QueueKey(stackrules.Control):
    """With a key of ours or SQS's own; messages hold what was not delivered."""

    id = "E9386"
    control = "SQS.1"
    types = ("AWS::SQS::Queue",)
    shortdesc = "Queues are encrypted"
    description = shortdesc
    remedy = "set KmsMasterKeyId to a customer key that the sending services may use"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        managed = resource.properties.get("SqsManagedSseEnabled")
        if "KmsMasterKeyId" not in resource.properties and managed is not None and not stackrules.is_true(managed):
            yield ("SqsManagedSseEnabled",), "is not encrypted"
