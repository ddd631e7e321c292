"""Which templates a launch role is generated from. Imports nothing heavy: both sides of a check read it."""

from __future__ import annotations

import re
from collections.abc import Mapping

from harness.catalog.load import LoadedProduct, Repository

_WRITES = re.compile(r"^ +Type: AWS::SSM::Parameter *$", re.MULTILINE)


def role_texts(repository: Repository, product: LoadedProduct, rendered: Mapping[str, str]) -> dict[str, str]:
    """The product's template and its releases, and those of the products that write what others read from SSM.

    By name, releases as "<product>@<version>". `rendered`: name → template of the working tree.
    """
    found: dict[str, str] = {}
    for each in repository.products:
        texts = {each.name: rendered[each.name], **_released(each)} if each.name in rendered else {}
        if each.name == product.name or any(map(_WRITES.search, texts.values())):
            found |= texts
    return found


def _released(product: LoadedProduct) -> dict[str, str]:
    found = sorted((product.folder / "releases").glob("*/template.yaml"))
    return {f"{product.name}@{each.parent.name}": each.read_text(encoding="utf-8") for each in found}
