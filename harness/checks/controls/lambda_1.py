"""Control Lambda.1; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class FunctionPublic(stackrules.Control):
    """Everyone may never call; S3 only for buckets of an account that is named."""

    id = "E9371"
    control = "Lambda.1"
    types = ("AWS::Lambda::Permission",)
    shortdesc = "Functions are not open to the public"
    description = shortdesc
    remedy = "name the principal, and SourceAccount"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        narrowed = any(name in resource.properties for name in ("SourceAccount", "PrincipalOrgID"))
        principal = resource.properties.get("Principal")
        if principal == "*" and "PrincipalOrgID" not in resource.properties:
            yield ("Principal",), "lets everyone call"
        elif principal == "s3.amazonaws.com" and not narrowed:
            yield ("Principal",), "lets S3 call for buckets of any account"
