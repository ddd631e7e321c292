"""Reads the contract between account baselines and products: the SSM parameters of contract.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from harness.catalog.yamlfile import read_text, syntax_finding
from harness.errors import KnownError, known_error

CONTRACT = "templates/foundation/contract.yaml"


@dataclass(frozen=True)
class ContractParameter:
    """One SSM parameter. `writer` is spoke, hub, or the product that provides it when it is launched.

    `in_registry`: the account of the model registry has it too, which may be the hub.
    """

    name: str
    type: str  # String, StringList
    writer: str
    description: str
    in_registry: bool = False


def read_contract(root: Path) -> tuple[ContractParameter, ...]:
    """The contract of the repository at `root`. Raises KnownError when it cannot be read."""
    text = read_text(root, root / CONTRACT)
    try:
        lines = yaml.safe_load(text)
        return tuple(
            ContractParameter(
                line["name"], line["type"], line["writer"], line["description"], line.get("also") == "hub"
            )
            for line in lines
        )
    except yaml.YAMLError as error:
        raise KnownError(syntax_finding(CONTRACT, text, error)) from None
    except (TypeError, KeyError):
        problem = "not a list of mappings with name, type, writer and description"
        raise known_error(CONTRACT, problem, "give each parameter all four") from None
