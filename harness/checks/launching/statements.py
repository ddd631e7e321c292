"""Rights put together to statements that a person reads: what has the same conditions and is about the same things.

Rights become one statement where they have the same conditions and the same kind of resource: an action may be given on
another thing of that kind that the product makes, and on nothing else. Statements of several kinds become one where
they have conditions in common and nothing is gained by it.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from harness.checks.launching.narrow import Narrowing
from harness.iam import reference
from harness.iam.wildcards import meets


@dataclass(frozen=True, order=True)
class Condition:
    """One line of a Condition element, its values as Fn::Sub writes them. `joins`: see Narrowing."""

    operator: str
    key: str
    values: tuple[str, ...]
    joins: bool = field(default=False, compare=False)


@dataclass(frozen=True, order=True)
class Statement:
    """What the role may do, and why. Texts are as Fn::Sub writes them: ${AWS::AccountId}."""

    sid: str
    reason: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True)
class Right:
    """One action on one resource, under conditions.

    `kind`: of the resource, in the words of IAM's reference, empty for *; `own`: the product makes it itself.
    """

    action: str
    resource: str
    conditions: tuple[Condition, ...]
    kind: str
    own: bool

    @property
    def service(self) -> str:
        """The prefix of the action."""
        return self.action.partition(":")[0]


@dataclass
class Why:
    """Where a right comes from: whose handlers take it, whose own thing it is about, and what narrows it.

    `things`: logical ids of what it is about, where the product makes that, else of what it is needed for.
    """

    types: dict[str, None] = field(default_factory=dict)
    owners: dict[str, None] = field(default_factory=dict)
    narrowings: dict[Narrowing, None] = field(default_factory=dict)
    things: dict[str, None] = field(default_factory=dict)

    def add(self, other: Why) -> None:
        """Take over what another right comes from."""
        self.types |= other.types
        self.owners |= other.owners
        self.narrowings |= other.narrowings
        self.things |= other.things


@dataclass
class _Group:
    """A statement that is being put together. `kind`: of the resources, in the words of IAM's reference."""

    service: str
    kind: str
    own: bool
    conditions: tuple[Condition, ...]
    actions: set[str] = field(default_factory=set)
    resources: set[str] = field(default_factory=set)
    why: Why = field(default_factory=Why)

    def takes(self, other: _Group) -> bool:
        """Whether the two, under the same conditions, say no more together than apart."""
        if (self.service, self.conditions) != (other.service, other.conditions):
            return False
        if not self.conditions and (self.own or other.own):
            return False  # a type's own things are told by themselves
        return not any(
            _acts_on(action, resource)
            for these, those in ((self, other), (other, self))
            for action in these.actions - those.actions
            for resource in those.resources
        )

    def add(self, other: _Group) -> None:
        """Take over what another group says."""
        self.kind = min(self.kind, other.kind)
        self.actions |= other.actions
        self.resources |= other.resources
        self.why.add(other.why)


def statements(rights: Mapping[Right, Why]) -> tuple[Statement, ...]:
    """The statements, sorted by Sid, each with its own."""
    named: dict[str, list[_Group]] = defaultdict(list)
    for group in _groups(_joined(rights)):
        named[_sid(group)].append(group)
    return tuple(
        Statement(
            sid if len(same) == 1 else f"{sid}{number}",
            _reason(group),
            tuple(sorted(group.actions)),
            tuple(sorted(group.resources)),
            group.conditions,
        )
        for sid, same in sorted(named.items())
        for number, group in enumerate(same, 1)
    )


def _joined(rights: Mapping[Right, Why]) -> dict[Right, Why]:
    """With the values of what joins put together, for each resource."""
    values: dict[tuple[object, ...], set[str]] = defaultdict(set)
    for right in rights:
        for each in right.conditions:
            values[(*_frame(right), each.key)] |= set(each.values)
    found: dict[Right, Why] = {}
    for right, why in rights.items():
        conditions = tuple(
            replace(each, values=tuple(sorted(values[(*_frame(right), each.key)]))) if each.joins else each
            for each in right.conditions
        )
        found.setdefault(replace(right, conditions=conditions), Why()).add(why)
    return found


def _frame(right: Right) -> tuple[object, ...]:
    """What it is about, and its conditions but for the values of what joins."""
    conditions = ((each.operator, each.key, () if each.joins else each.values) for each in right.conditions)
    return (right.service, right.resource, *conditions)


def _groups(rights: Mapping[Right, Why]) -> Iterator[_Group]:
    """Rights with the same conditions on resources of the same kind."""
    groups: dict[tuple[object, ...], _Group] = {}
    for right, why in sorted(rights.items(), key=lambda item: (item[0].action, item[0].resource, item[0].conditions)):
        if right.conditions and replace(right, conditions=()) in rights:
            continue  # it is given without
        nothing = right.resource == "*" and not right.conditions
        key = ("", "", False, ()) if nothing else (right.service, right.kind, right.own, right.conditions)
        group = groups.setdefault(key, _Group(*key))
        group.actions.add(right.action)
        group.resources.add(right.resource)
        group.why.add(why)
    merged: list[_Group] = []
    for group in groups.values():
        for other in merged:
            if other.takes(group):
                other.add(group)
                break
        else:
            merged.append(group)
    yield from merged


@cache
def _acts_on(action: str, resource: str) -> bool:
    """Whether the action takes a resource that this pattern stands for."""
    known = reference.known(action)
    if known is None or not known.types or resource == "*":
        return True
    plain = resource.replace("${AWS::Partition}", "aws").replace("${AWS::AccountId}", "*")
    *_, service, _, _, name = plain.split(":", 5)
    taken = (each.pattern.split(":", 5) for each in known.types)
    return any(len(each) < 6 or (each[2] == service and meets(each[5], name)) for each in taken)


def _sid(group: _Group) -> str:
    """The service, the kind of thing, and what narrows it."""
    if not group.service:
        return "Unnamed"
    base = "PassRole"
    if group.actions != {"iam:PassRole"}:
        owners = sorted(each.rpartition("::")[2] for each in group.why.owners) or [_pascal(group.kind)]
        thing = next((each for each in owners if each.lower() == group.kind.replace("-", "")), owners[0])
        base = _pascal(group.service) + thing
    words = []
    for each in group.why.narrowings:
        values = [line.values for line in group.conditions if line.key == each.key]
        value = "".join(_pascal(part) for part in values[0][:1]) if values else ""
        words.append(each.word.format(value=value.removesuffix("AmazonawsCom")))
    return base + "".join(dict.fromkeys(words))


def _pascal(text: str) -> str:
    return "".join(part[:1].upper() + part[1:] for part in re.split(r"[^A-Za-z0-9]+", text))


def _reason(group: _Group) -> str:
    """Who takes it, and what narrows it; where nothing does, what it is about."""
    reasons = [each.reason for each in group.why.narrowings]
    if not group.service:
        reasons.append("IAM knows no resource for these actions")
    elif not reasons:
        things = _listed(sorted(group.why.things))
        reasons.append(f"the product makes {things}" if group.own else f"needed for {things}")
        if all(re.search(r"[:/]\*$", each) for each in group.resources):
            reasons.append("what it is called is chosen at launch, hence any of its kind")
        if any(each.endswith("-pp-*") for each in group.resources):
            reasons.append("names so long may be cut, hence any that begins so, of other products too")
    return f"{_listed(sorted(group.why.types))}: {'; '.join(dict.fromkeys(reasons))}"


def _listed(names: Iterable[str]) -> str:
    *most, last = names
    return f"{', '.join(most)} and {last}" if most else last
