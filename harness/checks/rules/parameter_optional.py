"""Rule E9004; see the class."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house


class ParameterOptional(house.HouseRule):
    """What may be left empty looks the same everywhere: to the lead in the form, to the reader in the template."""

    id = "E9004"
    shortdesc = "Optional parameters have one shape"
    description = 'An optional parameter has Default "", a description that begins "Optional", and a condition HasX'
    remedy = (
        'an optional parameter X has `Default: ""`, a description "Optional …" and `HasX: !Not [!Equals [!Ref X, ""]]`'
    )

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Optional parameters that lack a part of the shape; descriptions that promise an option there is not."""
        conditions = cfn.template.get("Conditions")
        conditions = conditions if isinstance(conditions, dict) else {}
        for name, parameter in house.section(cfn, "Parameters").items():
            described = str(parameter.get("Description", "")).startswith("Optional")
            if parameter.get("Default") != "":
                if described:
                    yield house.broken(
                        ["Parameters", name, "Description"],
                        f'parameter {name} is described as optional, but its default is not ""',
                    )
                continue
            if not described:
                yield house.broken(
                    ["Parameters", name],
                    f'parameter {name} may be empty, but its description does not begin "Optional"',
                )
            condition = f"Has{name}"
            if condition not in conditions:
                yield house.broken(
                    ["Parameters", name], f"parameter {name} may be empty, and no condition {condition} asks"
                )
            elif conditions[condition] != _given(name):
                yield house.broken(
                    ["Conditions", condition], f"condition {condition} does not ask whether {name} is given"
                )


def _given(name: str) -> dict[str, Any]:
    return {"Fn::Not": [{"Fn::Equals": [{"Ref": name}, ""]}]}
