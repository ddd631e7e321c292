"""Rule E9020; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.cfn.stateful import stateful_types
from harness.checks import house


class StatefulPolicies(house.HouseRule):
    """Whoever reads the template sees what becomes of the data; CloudFormation's default is to delete it (P12)."""

    id = "E9020"
    shortdesc = "What holds data states its deletion and replacement policy"
    description = "Resources that hold data state DeletionPolicy and UpdateReplacePolicy"
    remedy = "state both beside Type: Retain, RetainExceptOnCreate or Snapshot; Delete if that is meant"

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Stateful resources that lack one of the two."""
        for name, resource in house.section(cfn, "Resources").items():
            kind = resource.get("Type")
            if kind not in stateful_types():
                continue
            for policy in ("DeletionPolicy", "UpdateReplacePolicy"):
                if policy not in resource:
                    yield house.broken(["Resources", name], f"{kind} {name} states no {policy}")
