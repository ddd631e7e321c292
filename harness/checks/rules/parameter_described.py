"""Rule E9002; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house


class ParameterDescribed(house.HouseRule):
    """A lead who knows no CloudFormation reads nothing but the description (N7)."""

    id = "E9002"
    shortdesc = "Every parameter is described"
    description = "Every parameter has a description of at least three words"
    remedy = "say in a sentence what it is for and what the default suits"

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Parameters without a description, or with less than three words."""
        for name, parameter in house.section(cfn, "Parameters").items():
            text = parameter.get("Description")
            if text is None:
                yield house.broken(["Parameters", name], f"parameter {name} has no description")
            elif not house.is_reason(text):
                yield house.broken(
                    ["Parameters", name, "Description"], f"the description of parameter {name} is no sentence"
                )
