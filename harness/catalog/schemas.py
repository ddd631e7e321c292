"""JSON schemas of the YAML files, for editors. `python -m harness.catalog.schemas` writes them to docs/schemas/."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from harness.catalog.model import Catalog, Example, Model, Portfolio, Product

MODELS: Mapping[str, type[Model]] = {
    "catalog": Catalog,
    "portfolio": Portfolio,
    "product": Product,
    "example": Example,
}
FOLDER = "docs/schemas"


def schema(name: str) -> str:
    """The JSON schema of one kind of file, as text."""
    document = {"$schema": "https://json-schema.org/draft/2020-12/schema", **MODELS[name].model_json_schema()}
    return f"{json.dumps(document, indent=2, ensure_ascii=False)}\n"


def write(root: Path) -> None:
    """Write all schemas under `root`."""
    folder = root / FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name in MODELS:
        (folder / f"{name}.schema.json").write_text(schema(name), encoding="utf-8")


if __name__ == "__main__":
    write(Path.cwd())
