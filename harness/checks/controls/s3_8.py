"""Control S3.8; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import blocks, stackrules


class BucketBlocks(stackrules.Control):
    """All four settings, at the bucket itself, whatever the account has."""

    id = "E9338"
    control = "S3.8"
    types = ("AWS::S3::Bucket",)
    shortdesc = "Buckets block public access"
    description = shortdesc
    remedy = "set all four settings of PublicAccessBlockConfiguration to true"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        for name in blocks.SETTINGS:
            if not stackrules.is_true(stackrules.value(resource.properties, "PublicAccessBlockConfiguration", name)):
                yield ("PublicAccessBlockConfiguration", name), f"does not set {name}"
