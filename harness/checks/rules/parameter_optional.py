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
        asked = [
            value
            for name, condition in (conditions.items() if isinstance(conditions, dict) else ())
            if str(name).startswith("Has")
            for value, _ in house.walk(condition, [])
        ]
        for name, parameter in house.section(cfn, "Parameters").items():
            described = str(parameter.get("Description", "")).startswith("Optional")
            if parameter.get("Default") != "":
                if described:
                    yield house.broken(
                        ["Parameters", name, "Description"],
                        f'parameter {name} is described as optional, but its default is not ""',
                    )
                continue
            path: house.Path = ["Parameters", name]
            if not described:
                yield house.broken(
                    path, f'parameter {name} may be empty, but its description does not begin "Optional"'
                )
            if not any(_asks(value, name) for value in asked):
                yield house.broken(
                    path, f"parameter {name} may be empty, but no condition Has… asks whether it is given"
                )


def _asks(value: Any, name: str) -> bool:
    """Whether this is !Not [!Equals [!Ref X, ""]], or the same of a list joined. cfn-lint reorders what is compared."""
    reference = {"Ref": name}
    match value:
        case {"Fn::Not": [{"Fn::Equals": [one, other]}]}:
            return "" in (one, other) and (reference in (one, other) or {"Fn::Join": ["", reference]} in (one, other))
    return False
