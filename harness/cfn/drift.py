"""Compares what a stack expects of its resources with what they are: drift. Reads nothing itself.

User guide, "Detect unmanaged configuration changes with drift detection": only properties that the template sets are
compared, and what a service never tells (write-only properties) is not.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from harness.cfn.masking import masked_value
from harness.cfn.model import ResourceState, StackState
from harness.cfn.prepare import hidden_values
from harness.cfn.registry import Path, ResourceType, known_type
from harness.cfn.schema import coerce_properties

DriftStatus = Literal["IN_SYNC", "MODIFIED", "DELETED", "NOT_CHECKED"]
_ABSENT = object()


class NotReadable(Exception):  # noqa: N818 - a state of affairs, no mistake
    """Nobody can tell what the resource is like."""


class Reader(Protocol):
    """Who knows what resources are like."""

    def read(self, resource: ResourceState) -> Mapping[str, Any] | None:
        """The properties as they are, in the template's shape; None where the resource is gone.

        A property that the answer does not name is not compared; None says that it is not set. Raises `NotReadable`.
        """


@dataclass(frozen=True)
class PropertyDifference:
    """One place where a resource is not what its stack expects. `path` is a JSON pointer."""

    path: str
    expected: Any  # None: nothing
    actual: Any
    type: Literal["ADD", "REMOVE", "NOT_EQUAL"]


@dataclass(frozen=True)
class ResourceDrift:
    """What became of one resource since its stack made it."""

    resource: ResourceState
    status: DriftStatus
    expected: Mapping[str, Any]
    actual: Mapping[str, Any]
    differences: tuple[PropertyDifference, ...] = ()


def detect(state: StackState, region: str, reader: Reader) -> tuple[ResourceDrift, ...]:
    """The drift of every resource of the stack, in its order."""
    return tuple(resource_drift(state, each, region, reader) for each in state.resources)


def stack_status(drifts: tuple[ResourceDrift, ...]) -> Literal["DRIFTED", "IN_SYNC"]:
    """What the stack as a whole is; resources that were not checked do not count."""
    return "DRIFTED" if any(each.status in ("MODIFIED", "DELETED") for each in drifts) else "IN_SYNC"


def resource_drift(state: StackState, resource: ResourceState, region: str, reader: Reader) -> ResourceDrift:
    """The drift of one resource."""
    hidden = hidden_values(state.no_echo, state.parameters, state.resolved)
    try:
        live = reader.read(resource)
    except NotReadable:
        return ResourceDrift(resource, "NOT_CHECKED", {}, {})
    kind = known_type(resource.type, region)
    if live is None:
        return ResourceDrift(resource, "DELETED", masked_value(resource.properties, hidden), {})
    told = _told(kind, resource.properties)
    asked = [name for name in told if name in live]
    found = _told(kind, {name: live[name] for name in asked if live[name] is not None})
    expected = _comparable(kind, {name: told[name] for name in asked}, {})
    actual = _comparable(kind, found, state.tags)
    differences = tuple(
        PropertyDifference(each.path, masked_value(each.expected, hidden), masked_value(each.actual, hidden), each.type)
        for each in _differences(expected, actual, "")
    )
    return ResourceDrift(
        resource,
        "MODIFIED" if differences else "IN_SYNC",
        masked_value(expected, hidden),
        masked_value(actual, hidden),
        differences,
    )


def _told(kind: ResourceType, properties: Mapping[str, Any]) -> dict[str, Any]:
    """The properties without what the service never tells."""
    found = dict(properties)
    for path in kind.write_only:
        found = _without(found, path)
    return found


def _without(value: Any, path: Path) -> Any:
    if path[0] == "*":
        return [_without(each, path[1:]) for each in value] if isinstance(value, list) else value
    if not isinstance(value, Mapping) or path[0] not in value:
        return value
    inner = _without(value[path[0]], path[1:]) if len(path) > 1 else None
    return {key: inner if key == path[0] else each for key, each in value.items() if key != path[0] or inner}


def _comparable(kind: ResourceType, properties: Mapping[str, Any], stack_tags: Mapping[str, str]) -> dict[str, Any]:
    """The properties in the schema's types, sets in one order, without the tags that the stack gives."""
    coerced = coerce_properties(kind, properties)
    return {name: _ordered(kind, (name,), _own_tags(kind, name, value, stack_tags)) for name, value in coerced.items()}


def _own_tags(kind: ResourceType, name: str, value: Any, stack_tags: Mapping[str, str]) -> Any:
    if name != (kind.tag_property or "Tags") or not isinstance(value, list):
        return value
    return [
        each
        for each in value
        if not isinstance(each, dict)
        or not (str(each.get("Key")).startswith("aws:") or stack_tags.get(str(each.get("Key"))) == each.get("Value"))
    ]


def _ordered(kind: ResourceType, path: Path, value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _ordered(kind, (*path, key), each) for key, each in value.items()}
    if not isinstance(value, list):
        return value
    items = [_ordered(kind, (*path, "*"), each) for each in value]
    if kind.node(path).get("insertionOrder", True) and path[-1] != (kind.tag_property or "Tags"):
        return items
    return sorted(items, key=lambda each: json.dumps(each, sort_keys=True, default=str))


def _differences(expected: Any, actual: Any, path: str) -> list[PropertyDifference]:
    if isinstance(expected, dict) and isinstance(actual, dict):
        names = [*expected, *(name for name in actual if name not in expected)]
        pairs = [(expected.get(name, _ABSENT), actual.get(name, _ABSENT), f"{path}/{name}") for name in names]
    elif isinstance(expected, list) and isinstance(actual, list):
        longest = max(len(expected), len(actual))
        pairs = [(_at(expected, index), _at(actual, index), f"{path}/{index}") for index in range(longest)]
    else:
        return [] if expected == actual else [PropertyDifference(path, expected, actual, "NOT_EQUAL")]
    found: list[PropertyDifference] = []
    for old, new, place in pairs:
        if new is _ABSENT:
            found.append(PropertyDifference(place, old, None, "REMOVE"))
        elif old is _ABSENT:
            found.append(PropertyDifference(place, None, new, "ADD"))
        else:
            found += _differences(old, new, place)
    return found


def _at(items: list[Any], index: int) -> Any:
    return items[index] if index < len(items) else _ABSENT
