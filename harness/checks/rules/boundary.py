"""Rule E9010; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house

_TYPES = {"AWS::IAM::Role": "role", "AWS::IAM::User": "user"}


class Boundary(house.HouseRule):
    """A launch role may create roles; the boundary is what keeps those below it (N8)."""

    id = "E9010"
    shortdesc = "Every role carries the permissions boundary"
    description = "Every IAM role and user has PermissionsBoundary, whatever its conditions"
    remedy = (
        "set PermissionsBoundary to the parameter with default /platform/iam/boundary-arn; the macros of iam.yaml.j2 do"
    )

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Roles without a boundary, or with one that a condition can take away."""
        for name, resource in house.section(cfn, "Resources").items():
            kind = _TYPES.get(str(resource.get("Type")))
            if kind is None:
                continue
            boundary = house.properties(resource).get("PermissionsBoundary")
            if boundary is None:
                yield house.broken(["Resources", name, "Properties"], f"{kind} {name} carries no permissions boundary")
            elif any(value == {"Ref": "AWS::NoValue"} for value, _ in house.walk(boundary, [])):
                yield house.broken(
                    ["Resources", name, "Properties", "PermissionsBoundary"],
                    f"a condition can take the permissions boundary from {kind} {name}",
                )
