"""Rule E9001; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house

ORDER = (
    "AWSTemplateFormatVersion",
    "Description",
    "Metadata",
    "Parameters",
    "Rules",
    "Mappings",
    "Conditions",
    "Resources",
    "Outputs",
)


class SectionOrder(house.HouseRule):
    """Every template reads in one order, so that a reader of one knows where to look in all."""

    id = "E9001"
    shortdesc = "Sections stand in one order"
    description = f"Sections stand in the order {', '.join(ORDER)}"
    remedy = f"order the sections: {', '.join(ORDER)}"

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Sections that stand after one that should follow them."""
        furthest = ""
        for name in cfn.template:
            if name not in ORDER:  # E1001 reports unknown ones, E9006 Transform
                continue
            if furthest and ORDER.index(name) < ORDER.index(furthest):
                yield house.broken([name], f"section {name} stands after {furthest}")
            else:
                furthest = name
