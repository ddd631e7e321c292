"""Rule E9003; see the class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house

_INTERFACE = "AWS::CloudFormation::Interface"
_GROUPS: house.Path = ["Metadata", _INTERFACE, "ParameterGroups"]


class ParameterGroup(house.HouseRule):
    """The console shows parameters by group; one that is in none comes last, without a word (N7)."""

    id = "E9003"
    shortdesc = "Every parameter stands in exactly one labelled group"
    description = f"Metadata {_INTERFACE} names every parameter once, in a group with a label"
    remedy = f"name it once in Metadata, {_INTERFACE}, ParameterGroups, under a Label"

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Parameters in no group or in two, groups without a label, names that are no parameter."""
        parameters = house.section(cfn, "Parameters")
        seen: dict[str, int] = {}
        for index, group in enumerate(_groups(cfn)):
            path = [*_GROUPS, index]
            if not _label(group):
                yield house.broken(path, f"parameter group {index + 1} has no label")
            for position, name in enumerate(_members(group)):
                here = [*path, "Parameters", position]
                if name not in parameters:
                    yield house.broken(here, f"a group names {name}, which is no parameter")
                elif name in seen:
                    yield house.broken(here, f"parameter {name} stands in groups {seen[name]} and {index + 1}")
                else:
                    seen[name] = index + 1
        for name in parameters:
            if name not in seen:
                yield house.broken(["Parameters", name], f"parameter {name} stands in no group")


def _groups(cfn: Template) -> list[dict[str, Any]]:
    metadata = cfn.template.get("Metadata")
    interface = metadata.get(_INTERFACE) if isinstance(metadata, dict) else None
    groups = interface.get("ParameterGroups") if isinstance(interface, dict) else None
    return [each for each in groups if isinstance(each, dict)] if isinstance(groups, list) else []


def _label(group: dict[str, Any]) -> str:
    label = group.get("Label")
    text = label.get("default") if isinstance(label, dict) else None
    return text.strip() if isinstance(text, str) else ""


def _members(group: dict[str, Any]) -> list[str]:
    members = group.get("Parameters")
    return [str(each) for each in members] if isinstance(members, list) else []
