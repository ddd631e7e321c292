"""Rule E9005; see the class."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house

_VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")


class VersionOutput(house.HouseRule):
    """Support reads from a stack which version it runs, without Service Catalog at hand.

    Configured with `output`: ProductVersion, or FoundationVersion for what products stand on.
    """

    id = "E9005"
    shortdesc = "Every stack outputs its version"
    description = "Outputs hold ProductVersion (foundations: FoundationVersion), MAJOR.MINOR.PATCH"
    remedy = "add the output, with `Value: << product.version >>`"

    def __init__(self) -> None:
        super().__init__()
        self.config_definition = {"output": {"default": "ProductVersion", "type": "string"}}
        self.configure()

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """No such output, or one that is no version."""
        name = self.config["output"]
        output = house.section(cfn, "Outputs").get(name)
        if output is None:
            yield house.broken(["Outputs"], f"there is no output {name}")
        elif not _VERSION.fullmatch(str(output.get("Value"))):
            yield house.broken(["Outputs", name, "Value"], f"output {name} is not MAJOR.MINOR.PATCH")
