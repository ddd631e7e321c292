"""Every template of this repository, as the engine reads it: products, foundations, and stacks that products deploy."""

from __future__ import annotations

import functools

from harness.catalog.load import load_repository
from harness.catalog.render import foundations, render_foundation, render_product
from harness.cfn.template import Template, parse_template
from tests.support.repository import PROJECT


@functools.cache
def templates() -> dict[str, Template]:
    """Name → template."""
    repository = load_repository(PROJECT)
    found = {each.name: render_product(repository, each.name).text for each in repository.products}
    found |= {name: render_foundation(repository, name).text for name in foundations(repository.catalog)}
    found |= {path.stem: path.read_text() for path in PROJECT.glob("products/*/src/**/stacks/*.yaml")}
    return {name: parse_template(text) for name, text in found.items()}


@functools.cache
def types() -> dict[str, frozenset[str]]:
    """Resource type → the properties that the library sets."""
    found: dict[str, set[str]] = {}
    for template in templates().values():
        for each in template.resources.values():
            found.setdefault(each.type, set()).update(each.properties)
    return {kind: frozenset(names) for kind, names in sorted(found.items())}
