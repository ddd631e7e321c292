"""Whether a rendered text has the shape of a template, so that its parts can be read. What they say is for `checks`."""

from __future__ import annotations

import yaml

from harness.catalog.render import Rendered
from harness.errors import KnownError, known_error

_SECTIONS = ("Parameters", "Resources", "Outputs")


def demand_template(rendered: Rendered) -> None:
    """Raises KnownError, with the line of the source, where sections are no mappings or a resource has no type."""
    node = yaml.compose(rendered.text, Loader=yaml.CSafeLoader)
    sections = _entries(node) or {}
    if "Resources" not in sections:
        raise _error(rendered, None, "not a template: it has no section Resources", "state the resources that it makes")
    for name in _SECTIONS:
        entries = _entries(sections[name]) if name in sections else {}
        if entries is None:
            raise _error(rendered, sections[name], f"section {name} is no mapping", "fill it, or leave it out")
        for key, value in entries.items():
            keys = _entries(value)
            if keys is None:
                raise _error(rendered, value, f"{key} in {name} is no mapping", "give it its keys, indented")
            if name == "Resources" and "Type" not in keys:
                raise _error(rendered, value, f"resource {key} has no Type", "state its Type")


def _entries(node: yaml.Node | None) -> dict[str, yaml.Node] | None:
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else None


def _error(rendered: Rendered, node: yaml.Node | None, problem: str, remedy: str) -> KnownError:
    place = rendered.source_line(node.start_mark.line + 1 if node else 1)
    return known_error(place, f"rendered: {problem}", remedy)
