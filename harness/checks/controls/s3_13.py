"""Control S3.13; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class BucketLifecycle(stackrules.Control):
    """Somebody decided how long what lies there stays."""

    id = "E9343"
    control = "S3.13"
    types = ("AWS::S3::Bucket",)
    shortdesc = "Buckets have lifecycle rules"
    description = shortdesc
    remedy = "set LifecycleConfiguration with a rule that is enabled"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        rules = stackrules.value(resource.properties, "LifecycleConfiguration", "Rules") or ()
        if not any(each.get("Status") == "Enabled" for each in rules):
            yield ("LifecycleConfiguration",), "has no lifecycle rule"
