"""Rule E9030; see the class."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cfnlint.rules import RuleMatch
from cfnlint.template import Template

from harness.checks import house

PREFIX = "/platform/"
_TYPE = re.compile(r"AWS::SSM::Parameter::Value<(?P<of>.+)>")
_DYNAMIC = re.compile(r"\{\{resolve:ssm(?:-secure)?:(/[\w./-]+)(?::\d+)?\}\}")


class Contract(house.HouseRule):
    """What passes between account baseline and products is written down once (N11).

    Configured with `contract`: "name type" of every line of templates/foundation/contract.yaml.
    """

    id = "E9030"
    shortdesc = "SSM parameters are those of the contract"
    description = (
        "Every SSM parameter that a template reads or writes under /platform/ stands in the contract, with its type"
    )
    remedy = "use a name of templates/foundation/contract.yaml, or add it there with its writer"

    def __init__(self) -> None:
        super().__init__()
        self.config_definition = {"contract": {"default": [], "type": "list", "itemtype": "string"}}
        self.configure()

    def find(self, cfn: Template) -> Iterator[RuleMatch]:
        """Names outside the contract, lists read as one value or the other way round."""
        contract = dict(line.split(" ", 1) for line in self.config["contract"])
        yield from self._read_as_parameters(cfn, contract)
        yield from self._read_dynamically(cfn, contract)
        yield from self._written(cfn, contract)

    def _read_as_parameters(self, cfn: Template, contract: dict[str, str]) -> Iterator[RuleMatch]:
        for name, parameter in house.section(cfn, "Parameters").items():
            match = _TYPE.fullmatch(str(parameter.get("Type")))
            default = parameter.get("Default")
            if match is None or not default:
                continue
            path: house.Path = ["Parameters", name, "Default"]
            if default not in contract:
                yield house.broken(path, f"{default} is not in the contract")
                continue
            is_list = match["of"].startswith(("List<", "CommaDelimitedList"))
            if is_list != (contract[default] == "StringList"):
                yield house.broken(
                    ["Parameters", name, "Type"], f"{default} is a {contract[default]}, but is read as {match['of']}"
                )

    def _read_dynamically(self, cfn: Template, contract: dict[str, str]) -> Iterator[RuleMatch]:
        for value, path in house.walk(cfn.template, []):
            for name in _DYNAMIC.findall(value) if isinstance(value, str) else ():
                if name not in contract:
                    yield house.broken(path, f"{name} is not in the contract")

    def _written(self, cfn: Template, contract: dict[str, str]) -> Iterator[RuleMatch]:
        for logical_id, resource in house.section(cfn, "Resources").items():
            name = house.properties(resource).get("Name")
            if resource.get("Type") != "AWS::SSM::Parameter" or not isinstance(name, str):
                continue
            path: house.Path = ["Resources", logical_id, "Properties", "Name"]
            written = house.properties(resource).get("Type")
            if name.startswith(PREFIX) and name not in contract:
                yield house.broken(path, f"{name} is written, but is not in the contract")
            elif name in contract and written != contract[name]:
                yield house.broken(path, f"{name} is a {contract[name]}, but is written as {written}")
