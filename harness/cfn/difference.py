"""Compares a resource's properties before and after: which changed, and whether the type can take that in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from harness.cfn.registry import Path, ResourceType

Recreation = Literal["Never", "Conditionally", "Always"]
_MISSING = object()


@dataclass(frozen=True)
class PropertyChange:
    """A top-level property that differs, and whether that means a new physical resource."""

    name: str
    recreation: Recreation


def compare(kind: ResourceType, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[PropertyChange, ...]:
    """The properties that differ, in the order of the new template, then those that are gone."""
    names = [*new, *(name for name in old if name not in new)]
    return tuple(
        PropertyChange(name, _recreation(kind, name, old, new))
        for name in names
        if old.get(name, _MISSING) != new.get(name, _MISSING)
    )


def replaces(changes: tuple[PropertyChange, ...]) -> bool:
    """Whether an update makes a new resource. "Conditionally" counts: the engine assumes the worse of two outcomes."""
    return any(each.recreation != "Never" for each in changes)


def _recreation(kind: ResourceType, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Recreation:
    if _differs(kind.create_only, name, old, new):
        return "Always"
    return "Conditionally" if _differs(kind.conditional_create_only, name, old, new) else "Never"


def _differs(paths: tuple[Path, ...], name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return any(path[0] == name and _at(old, path) != _at(new, path) for path in paths)


def _at(value: Any, path: Path) -> Any:
    """What stands at a path; for items of a list the list of what stands there."""
    if not path:
        return value
    if path[0] == "*":
        return [_at(each, path[1:]) for each in value] if isinstance(value, list) else _MISSING
    if not isinstance(value, Mapping) or path[0] not in value:
        return _MISSING
    return _at(value[path[0]], path[1:])
