"""Which templates a launch role is generated from. Imports nothing heavy: both sides of a check read it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from harness.catalog.load import LoadedProduct, Repository

_WRITES = re.compile(r"^ +Type: AWS::SSM::Parameter *$", re.MULTILINE)


def all_texts(repository: Repository, rendered: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """By product, its template and its releases, these as "<product>@<version>".

    `rendered`: name → template of the working tree; a product that is not among them is left out.
    """
    products = (each for each in repository.products if each.name in rendered)
    return {each.name: {each.name: rendered[each.name], **_released(each)} for each in products}


def role_texts(product: str, known: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Of `all_texts`, the product's own and those of the products that write what others read from SSM, by name."""
    found: dict[str, str] = {}
    for name, texts in known.items():
        if name == product or any(map(_writes, texts.values())):
            found |= texts
    return found


@lru_cache(maxsize=256)
def _writes(text: str) -> bool:
    return _WRITES.search(text) is not None


def _released(product: LoadedProduct) -> dict[str, str]:
    found = sorted((product.folder / "releases").glob("*/template.yaml"))
    return {f"{product.name}@{each.parent.name}": each.read_text(encoding="utf-8") for each in found}
