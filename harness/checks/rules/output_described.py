"""Rule E9008; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house


class OutputDescribed(house.HouseRule):
    """Service Catalog shows outputs to a lead as key, value and description (N7)."""

    id = "E9008"
    shortdesc = "Every output is described"
    description = "Every output has a description"
    remedy = "say what the value is and what one does with it"

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Outputs without a description."""
        for name, output in house.section(cfn, "Outputs").items():
            if not str(output.get("Description", "")).strip():
                yield house.broken(["Outputs", name], f"output {name} has no description")
