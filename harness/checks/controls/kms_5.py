"""Control KMS.5; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import policies, stackrules


class KeyPublic(stackrules.Control):
    """Its policy lets nobody in whom no condition narrows to an organization, an account or an endpoint."""

    id = "E9355"
    control = "KMS.5"
    types = ("AWS::KMS::Key",)
    shortdesc = "Keys are not open to the public"
    description = shortdesc
    remedy = "name the principals, or add a condition such as aws:PrincipalOrgID"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        for number, _ in policies.open_to_all(resource.properties.get("KeyPolicy")):
            yield ("KeyPolicy", "Statement", number), "is open to everyone"
