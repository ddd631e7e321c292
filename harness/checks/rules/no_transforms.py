"""Rule E9006; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house

_MACROS = ("Fn::Transform", "Fn::ForEach")


class NoTransforms(house.HouseRule):
    """A transform makes the template that is reviewed another than the one that is deployed."""

    id = "E9006"
    shortdesc = "No transforms or macros"
    description = "A template holds no Transform section, no Fn::Transform, no Fn::ForEach"
    remedy = "let Jinja do it at release: a macro in templates/, a `#% for`"

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """The Transform section, and calls of macros anywhere."""
        if "Transform" in cfn.template:
            yield house.broken(["Transform"], "the template uses a transform")
        for value, path in house.walk(cfn.template, []):
            if not isinstance(value, dict):
                continue
            for key in value:
                if str(key).startswith(_MACROS):
                    yield house.broken([*path, key], f"{str(key).split(':')[2]} is a macro")
