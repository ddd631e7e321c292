"""What depends on what in a template, and the order that follows. Knows references, not values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.cfn.intrinsics import PSEUDO_PARAMETERS, function_of, split_attribute, substitutions, taken_branch
from harness.cfn.model import StackError
from harness.cfn.template import Resource


@dataclass(frozen=True)
class Reference:
    """A Ref (`attribute` empty) or GetAtt of a name: a parameter, pseudo parameter or resource."""

    name: str
    attribute: str = ""
    in_sub: bool = False  # written as a variable of Fn::Sub


def references(value: Any, conditions: Mapping[str, bool] | None = None) -> Iterator[Reference]:
    """Every reference in the value; with `conditions` only those in the branches that are taken."""
    if isinstance(value, list):
        for each in value:
            yield from references(each, conditions)
        return
    if not isinstance(value, dict):
        return
    function = function_of(value)
    if function is None:
        for each in value.values():
            yield from references(each, conditions)
        return
    name, argument = function
    if name == "Ref":
        if isinstance(argument, str):
            yield Reference(argument)
    elif name == "Fn::GetAtt":
        logical_id, attribute = split_attribute(argument)
        yield Reference(logical_id, attribute if isinstance(attribute, str) else "*")
        yield from references(attribute, conditions)
    elif name == "Fn::Sub":
        yield from _in_substitution(argument, conditions)
    elif name == "Fn::If" and conditions is not None:
        yield from references(taken_branch(argument, conditions), conditions)
    elif name != "Condition":
        yield from references(argument, conditions)


def _in_substitution(argument: Any, conditions: Mapping[str, bool] | None) -> Iterator[Reference]:
    template, variables = argument, {}
    if isinstance(argument, list) and len(argument) == 2 and isinstance(argument[1], dict):
        template, variables = argument
    if isinstance(template, str):
        for name in substitutions(template):
            if name in variables:
                continue
            logical_id, _, attribute = name.partition(".")
            yield Reference(logical_id, attribute, in_sub=True)
    for each in variables.values():
        yield from references(each, conditions)


def dependencies(
    resource: Resource, among: Mapping[str, Any], conditions: Mapping[str, bool] | None = None
) -> frozenset[str]:
    """The logical ids in `among` that the resource needs first: by reference or DependsOn. One absent there is
    not needed."""
    found = {each.name for each in references(resource.properties, conditions) if each.name not in PSEUDO_PARAMETERS}
    return frozenset(name for name in (*found, *resource.depends_on) if name in among)


def waves(needs: Mapping[str, frozenset[str]]) -> tuple[tuple[str, ...], ...]:
    """The names in groups: all that a group needs is in groups before it. Template order within a group.

    Raises `StackError` naming the members of a cycle.
    """
    remaining = dict(needs)
    done: set[str] = set()
    order: list[tuple[str, ...]] = []
    while remaining:
        ready = tuple(name for name, need in remaining.items() if need <= done)
        if not ready:
            cycle = sorted(_on_cycles(remaining))
            raise StackError(f"Circular dependency between resources: [{', '.join(cycle)}]")
        order.append(ready)
        done.update(ready)
        for name in ready:
            del remaining[name]
    return tuple(order)


def _on_cycles(needs: Mapping[str, frozenset[str]]) -> set[str]:
    """Those that are on a cycle, without those that merely need one."""
    found = dict(needs)
    while True:
        needed = {name for need in found.values() for name in need}
        kept = {name: need for name, need in found.items() if name in needed}
        if len(kept) == len(found):
            return set(kept)
        found = kept
