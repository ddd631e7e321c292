"""Control S3.19; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import blocks, stackrules


class AccessPointBlocks(stackrules.Control):
    """Where an access point says nothing, S3 sets all four."""

    id = "E9349"
    control = "S3.19"
    types = ("AWS::S3::AccessPoint",)
    shortdesc = "Access points block public access"
    description = shortdesc
    remedy = "leave PublicAccessBlockConfiguration out, or set all four settings to true"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        for name in blocks.SETTINGS:
            given = stackrules.value(resource.properties, "PublicAccessBlockConfiguration", name)
            if given is not None and not stackrules.is_true(given):
                yield ("PublicAccessBlockConfiguration", name), f"does not set {name}"
