"""A new product's folder, copied from templates/scaffold, which is itself a whole product called `new-product`."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import yaml

from harness.catalog.load import Repository
from harness.catalog.model import SLUG
from harness.errors import known_error

_SCAFFOLD = Path("templates/scaffold")


def scaffold(repository: Repository, name: str, title: str = "") -> tuple[Path, ...]:
    """Make products/<name> and return its files. Raises KnownError for a name that is taken or is none."""
    if not re.fullmatch(SLUG, name) or len(name) > 40:
        problem = f"'{name}' is not a product name"
        raise known_error("products", problem, "use letters a–z, digits and single dashes, up to 40")
    shown = title.strip() or name.replace("-", " ").capitalize()
    if len(shown) > 100 or not shown.isprintable():
        problem = "the title is longer than 100 characters, or of more than one line"
        raise known_error("--title", problem, "choose a short one")
    folder = repository.root / "products" / name
    if folder.exists():
        raise known_error(f"products/{name}", "the folder exists already", "choose another name")
    if any(each.title == shown for each in repository.products):
        raise known_error("--title", f"title '{shown}' is taken", "give each product a title of its own")
    words = {
        "new-product": name,
        "new_product": name.replace("-", "_"),
        "New product": shown,
    }
    unfinished = folder.with_name(f".{name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    for source in sorted((repository.root / _SCAFFOLD).rglob("*")):
        relative = source.relative_to(repository.root / _SCAFFOLD)
        if source.is_dir() or "__pycache__" in relative.parts:
            continue
        target = unfinished / _replace(relative.as_posix(), words)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(_replace(source.read_text(encoding="utf-8"), words), encoding="utf-8")
    spec = unfinished / "product.yaml"
    lines = spec.read_text(encoding="utf-8").replace(f"title: {shown}\n", f"title: {_yaml(shown)}\n")
    spec.write_text(lines, encoding="utf-8")
    unfinished.rename(folder)  # the folder is there whole or not at all
    return tuple(sorted(path for path in folder.rglob("*") if path.is_file()))


def _yaml(text: str) -> str:
    """The text as a YAML value: in quotes where it would be read as something else without."""
    plain = re.fullmatch(r"[A-Za-z][\w ()-]*", text) and yaml.safe_load(text) == text
    return text if plain else json.dumps(text, ensure_ascii=False)


def _replace(text: str, words: dict[str, str]) -> str:
    for word, replacement in words.items():
        text = text.replace(word, replacement)
    return text
