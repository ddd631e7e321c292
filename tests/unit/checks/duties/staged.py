"""The landscape of this repository as the proof sees it, and ways to spoil it. It judges nothing."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.catalog.load import load_repository
from harness.catalog.render import foundations, render_foundation, render_product
from harness.checks.duties.proof import stage_of
from harness.checks.duties.stage import Stage, Thing
from tests.support.repository import PROJECT

DEV, REGISTRY = "222222222221", "111111111111"
Change = Callable[[dict[str, Any]], dict[str, Any] | None]  # a statement → what becomes of it; None: nothing


@functools.cache
def whole() -> Stage:
    """Everything."""
    repository = load_repository(PROJECT)
    texts = {f"foundation/{name}": render_foundation(repository, name).text for name in foundations(repository.catalog)}
    texts |= {each.name: render_product(repository, each.name).text for each in repository.products}
    return stage_of(repository, texts)


@functools.cache
def small() -> Stage:
    """The hub, one spoke, and of each product the stack with the most in it: enough for every statement once.

    Of Studio, the domain where somebody is a developer and somebody an approver.
    """
    counts: dict[tuple[str, str], dict[str, int]] = {}
    for each in whole().things:
        if each.account in (DEV, REGISTRY):
            stacks = counts.setdefault((each.unit, each.account), {})
            stacks[each.stack] = stacks.get(each.stack, 0) + 1
    kept = {max(stacks, key=lambda stack: (stacks[stack], stack)) for stacks in counts.values()}
    profiles = [each for each in whole().of("AWS::SageMaker::UserProfile") if each.account == DEV]
    shared = {each.properties["DomainId"] for each in profiles if each.tags["platform:persona"] == "approver"}
    kept |= {each.stack for each in profiles if each.properties["DomainId"] in shared}
    kept |= {each.stack for each in whole().of("AWS::SageMaker::Domain") if each.name in shared}
    return replace(whole(), things=tuple(each for each in whole().things if each.stack in kept), spokes=(DEV,))


def spoilt(stage: Stage, unit: str, logical_id: str, change: Change) -> Stage:
    """The stage with the statements of one resource changed. At least one must change."""
    return changed(stage, change, lambda each: (each.unit, each.logical_id) == (unit, logical_id))


def changed(stage: Stage, change: Change, wanted: Callable[[Thing], bool]) -> Stage:
    """The stage with the statements of those resources changed. At least one must change."""
    things = tuple(
        replace(each, properties=_changed(each.properties, change)) if wanted(each) else each for each in stage.things
    )
    assert things != stage.things, "nothing changes"
    return replace(stage, things=things)


@dataclass(frozen=True)
class Weakening:
    """Something less: a denial, one action or resource of a denial, or one condition key of a permission."""

    unit: str
    logical_id: str
    sid: str
    element: str = ""  # Action, Resource or Condition; empty: the whole statement
    value: str = ""

    def __call__(self, statement: dict[str, Any]) -> dict[str, Any] | None:
        if statement.get("Sid") != self.sid:
            return statement
        if self.element == "Condition":
            return without(self.sid, self.value)(statement)
        if not self.element:
            return None
        return {**statement, self.element: [each for each in statement[self.element] if each != self.value]}

    def of(self, thing: Thing) -> bool:
        return (thing.unit, thing.logical_id) == (self.unit, self.logical_id)


def weakenings(stage: Stage, wanted: Callable[[Thing], bool]) -> Iterator[Weakening]:
    """Every one of the policies of those resources, in the order in which they stand."""
    for thing in filter(wanted, stage.things):
        for statement in statements(thing.properties):
            where = (thing.unit, thing.logical_id, statement["Sid"])
            if statement["Effect"] == "Allow":
                keys = dict.fromkeys(key for keys in statement.get("Condition", {}).values() for key in keys)
                yield from (Weakening(*where, "Condition", key) for key in keys)
                continue
            yield Weakening(*where)
            for element in ("Action", "Resource"):
                if isinstance(statement[element], list) and len(statement[element]) > 1:
                    yield from (Weakening(*where, element, each) for each in statement[element])


def without(sid: str, condition: str = "") -> Change:
    """Drops a statement, or one condition key of it."""

    def change(statement: dict[str, Any]) -> dict[str, Any] | None:
        if statement.get("Sid") != sid:
            return statement
        if not condition:
            return None
        operators = statement["Condition"].items()
        left = {name: {key: value for key, value in keys.items() if key != condition} for name, keys in operators}
        return {**statement, "Condition": {name: keys for name, keys in left.items() if keys}}

    return change


def statements(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every statement of every policy in a resource's properties."""
    if isinstance(value, Mapping):
        if isinstance(value.get("Statement"), list):
            yield from value["Statement"]
        for each in value.values():
            yield from statements(each)
    elif isinstance(value, list):
        for each in value:
            yield from statements(each)


def _changed(value: Any, change: Change) -> Any:
    if isinstance(value, Mapping):
        found = {key: _changed(each, change) for key, each in value.items()}
        if isinstance(found.get("Statement"), list):
            found["Statement"] = [new for each in found["Statement"] if (new := change(each)) is not None]
        return found
    return [_changed(each, change) for each in value] if isinstance(value, list) else value
