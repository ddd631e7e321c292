"""Rule E9040; see the class."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator
from typing import Any

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.cfn.naming import naming_properties
from harness.cfn.registry import resource_type
from harness.checks import house
from harness.checks.rules.contract import PREFIX

_REFERENCE = re.compile(r"\$\{(\w+)(?:\.\w+)?\}")


class PhysicalNames(house.HouseRule):
    """A fixed name forbids a second stack, and blocks every update that must replace. CloudFormation makes better ones.

    Where the name is the interface (people or policies spell it), Metadata says so: `Platform: {NameReason: …}`.
    Names that the provider schema requires, SSM parameters of the contract, and names made of another resource's
    name need no reason.
    """

    id = "E9040"
    shortdesc = "Names are left to CloudFormation"
    description = "No property sets a physical name that CloudFormation could make, unless NameReason says why"
    remedy = "remove it, or say in the resource's Metadata, Platform, NameReason who relies on the name"

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Optional properties that name the resource itself."""
        for logical_id, resource in house.section(cfn, "Resources").items():
            metadata = resource.get("Metadata")
            platform = metadata.get("Platform") if isinstance(metadata, dict) else None
            if isinstance(platform, dict) and house.is_reason(platform.get("NameReason")):
                continue
            kind = str(resource.get("Type"))
            set_here = house.properties(resource)
            for name in _naming_properties(kind, cfn.regions[0]):
                if name not in set_here or set_here[name] == {"Ref": "AWS::NoValue"}:
                    continue
                if kind == "AWS::SSM::Parameter" and str(set_here[name]).startswith(PREFIX):
                    continue
                if _follows_a_resource(set_here[name], cfn):
                    continue
                yield house.broken(
                    ["Resources", logical_id, "Properties", name], f"{name} fixes the physical name of {logical_id}"
                )


def _follows_a_resource(value: Any, cfn: Template) -> bool:
    """A name made of another resource's: as free as that one is (/aws/lambda/<function>)."""
    references: set[str] = set()
    for each, _ in house.walk(value, []):
        if isinstance(each, dict):
            references.add(str(each.get("Ref")))
        elif isinstance(each, str):
            references |= set(_REFERENCE.findall(each))
    return not references.isdisjoint(house.section(cfn, "Resources"))


@functools.cache
def _naming_properties(kind: str, region: str) -> tuple[str, ...]:
    """Properties that name a resource of that type and may be left out."""
    known = resource_type(kind, region)
    return tuple(sorted(naming_properties(known) - set(known.schema.get("required", ())))) if known else ()
