"""The provider schemas of resource types, from cfn-lint's bundle, in the form that the engine asks for.
Nothing is validated here.

Importing this module imports cfn-lint (about half a second).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER, ResourceNotFoundError

from harness.cfn.model import StackError

Path = tuple[str, ...]  # property names from the top, "*" for the items of a list

# Types whose creation runs somebody's code or another engine, so that a schema says nothing about the outcome.
NOT_MODELLED = frozenset(
    {
        "AWS::CloudFormation::CustomResource",
        "AWS::CloudFormation::Macro",
        "AWS::CloudFormation::Stack",
        "AWS::CloudFormation::WaitCondition",
    }
)


@dataclass(frozen=True)
class ResourceType:
    """One resource type: its schema and what follows from it."""

    name: str
    schema: Mapping[str, Any]
    attributes: Mapping[str, str]  # Fn::GetAtt name (may end in ".*") → JSON pointer in the schema
    create_only: tuple[Path, ...]
    conditional_create_only: tuple[Path, ...]
    read_only: tuple[Path, ...]
    write_only: tuple[Path, ...]
    primary_identifier: tuple[Path, ...]
    tag_property: str = ""
    nodes: dict[Path, Mapping[str, Any]] = field(default_factory=dict, compare=False, repr=False)  # cache of `node`

    def node(self, path: Path) -> Mapping[str, Any]:
        """The schema of a property, references followed; empty if there is none."""
        if path not in self.nodes:
            self.nodes[path] = self._find(path)
        return self.nodes[path]

    def _find(self, path: Path) -> Mapping[str, Any]:
        node: Mapping[str, Any] = self.schema
        for step in path:
            node = self.follow(node)
            inner = node.get("items") if step == "*" else node.get("properties", {}).get(step)
            if not isinstance(inner, dict):
                return {}
            node = inner
        return self.follow(node)

    def follow(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """The node that a `$ref` leads to, or the node itself."""
        for _ in range(8):  # a schema that refers to itself in a circle is broken
            pointer = node.get("$ref")
            if not isinstance(pointer, str):
                return node
            target: Any = self.schema
            for step in pointer.removeprefix("#/").split("/"):
                target = target.get(step.replace("~1", "/"), {}) if isinstance(target, dict) else {}
            node = target if isinstance(target, dict) else {}
        return node


def _paths(pointers: Any) -> tuple[Path, ...]:
    return tuple(tuple(pointer.removeprefix("/properties/").split("/")) for pointer in pointers or ())


@lru_cache(maxsize=4096)
def resource_type(name: str, region: str) -> ResourceType | None:
    """The type, or None if the region does not have it."""
    try:
        # The bundle's region is what cfn-lint falls back to for a region that it does not list.
        schema = PROVIDER_SCHEMA_MANAGER.get_resource_schema(region, name).schema
        attributes = PROVIDER_SCHEMA_MANAGER.get_type_getatts(name, region)
    except (ResourceNotFoundError, KeyError, ModuleNotFoundError):
        return None
    return ResourceType(
        name=name,
        schema=schema,
        attributes={key.replace("\\", ""): pointer for key, pointer in attributes.data.items()},
        create_only=_paths(schema.get("createOnlyProperties")),
        conditional_create_only=_paths(schema.get("conditionalCreateOnlyProperties")),
        read_only=_paths(schema.get("readOnlyProperties")),
        write_only=_paths(schema.get("writeOnlyProperties")),
        primary_identifier=_paths(schema.get("primaryIdentifier")),
        tag_property=str(schema.get("tagging", {}).get("tagProperty", "")).removeprefix("/properties/"),
    )


def known_type(name: str, region: str) -> ResourceType:
    """The type. Raises `StackError` if it is unknown, or known but not modelled here."""
    check_types([name], region)
    found = resource_type(name, region)
    assert found is not None
    return found


def check_types(names: list[str], region: str) -> None:
    """Raises `StackError` listing the types that CloudFormation does not have, then naming one that is not modelled."""
    names = sorted(set(names))
    custom = [name for name in names if name.startswith("Custom::") or name in NOT_MODELLED]
    unknown = [name for name in names if name not in custom and resource_type(name, region) is None]
    if unknown:
        raise StackError(f"Template format error: Unrecognized resource types: [{', '.join(unknown)}]")
    if custom:
        raise StackError(
            f"Resource types not modelled by this emulation: [{', '.join(custom)}]. "
            "What they do depends on code that does not run here."
        )
