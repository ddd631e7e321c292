"""Rule E9011; see the class."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house

# The policies of AWS that give a service whole; those that end so, and the three that give everything.
_BROAD = re.compile(r"[:/](\w*FullAccess\w*|AdministratorAccess[\w-]*|PowerUserAccess|SystemAdministrator)$")


class ManagedPolicies(house.HouseRule):
    """AWS's broad managed policies grow without asking; no product gives one (N8, IAM.1)."""

    id = "E9011"
    shortdesc = "No broad managed policies"
    description = "No AdministratorAccess, PowerUserAccess or …FullAccess policy is attached or named anywhere"
    remedy = "write the statements that the role needs"

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Any text in a resource that ends in the name of a broad policy of AWS."""
        for name, resource in house.section(cfn, "Resources").items():
            for value, path in house.walk(house.properties(resource), ["Resources", name, "Properties"]):
                policy = _BROAD.search(value) if isinstance(value, str) and "aws:policy" in value else None
                if policy:
                    yield house.broken(path, f"managed policy {policy[1]} gives more than any product needs", policy[1])
