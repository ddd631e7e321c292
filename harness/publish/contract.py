"""Reads the contract between account baselines and products: the SSM parameters of contract.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import yaml

from harness.errors import known_error

CONTRACT = "templates/foundation/contract.yaml"


@dataclass(frozen=True)
class ContractParameter:
    """One SSM parameter. `writer` is spoke, hub, or the product that provides it when it is launched."""

    name: str
    type: str  # String, StringList
    writer: str
    description: str


def read_contract(root: Path) -> tuple[ContractParameter, ...]:
    """The contract of the repository at `root`. Raises KnownError when it cannot be read."""
    try:
        lines = yaml.safe_load((root / CONTRACT).read_text(encoding="utf-8"))
        return tuple(
            ContractParameter(line["name"], line["type"], line["writer"], line["description"]) for line in lines
        )
    except (OSError, yaml.YAMLError, TypeError, KeyError) as error:
        problem = f"the contract cannot be read ({type(error).__name__}: {error})"
        raise known_error(CONTRACT, problem, "it is a list of mappings with name, type, writer, description") from None
