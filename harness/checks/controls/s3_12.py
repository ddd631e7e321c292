"""Control S3.12; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class BucketAcls(stackrules.Control):
    """Who may do what is said by policies alone."""

    id = "E9342"
    control = "S3.12"
    types = ("AWS::S3::Bucket",)
    shortdesc = "Buckets know no ACLs"
    description = shortdesc
    remedy = "set OwnershipControls to BucketOwnerEnforced, and no AccessControl"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        owner = stackrules.value(resource.properties, "OwnershipControls", "Rules", 0, "ObjectOwnership")
        if owner not in (None, "BucketOwnerEnforced"):  # S3's own default is BucketOwnerEnforced
            yield ("OwnershipControls",), f"has ACLs, for its objects' owner is {owner}"
        if resource.properties.get("AccessControl") not in (None, "Private"):
            yield ("AccessControl",), f"has the ACL {resource.properties['AccessControl']}"
