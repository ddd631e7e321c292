"""Judges what a launch made with every rule of `controls/` and `documents/`, and says where what is wrong stands."""

from __future__ import annotations

import functools
import pkgutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from types import ModuleType

from cfnlint.rules import Rules

import harness.checks.controls
import harness.checks.documents
from harness.cfn.model import StackState
from harness.cfn.prepare import prepare
from harness.checks.jobs import Launch, Subject
from harness.checks.lines import Lines
from harness.checks.rehearse import request_of, surroundings_of
from harness.checks.stackrules import Broken, Stack, StackRule


@dataclass(frozen=True, order=True)
class StackFinding:
    """What a rule found: on a 1-based line of the rendered template, or of the file `path` where one is given."""

    path: str
    line: int
    rule: str
    problem: str
    remedy: str


@dataclass(frozen=True)
class Excused:
    """What a rule found and an exception at the resource excuses."""

    rule: StackRule
    broken: Broken
    reason: str


def stack_rules() -> tuple[StackRule, ...]:
    """Every rule that judges launches, by id."""
    found = {
        rule.id: rule
        for package in (harness.checks.controls, harness.checks.documents)
        for rule in _rules(package)
        if isinstance(rule, StackRule)
    }
    return tuple(found[rule] for rule in sorted(found))


def _rules(package: ModuleType) -> Iterator[object]:
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        yield from Rules.create_from_module(module.name).values()


def judge(stack: Stack, rules: Iterable[StackRule]) -> Iterator[tuple[StackRule, Broken, str]]:
    """What breaks which rule, with the reason that excuses it, or an empty text."""
    resources = {each.logical_id: each for each in stack.state.resources}
    for rule in rules:
        for broken in rule.judge(stack):
            yield rule, broken, rule.excuse(broken, resources.get(broken.logical_id))


def examine(
    state: StackState, launch: Launch, subject: Subject, rules: Iterable[StackRule]
) -> tuple[StackFinding, ...]:
    """Everything that is wrong with a stack and not excused, sorted."""
    stack = Stack(state, launch.account_id, launch.region, subject, launch.given)
    places = _Places(launch)
    found = set()
    for rule, broken, reason in judge(stack, rules):
        if reason:
            continue
        path, line = places.of(broken)
        found.add(StackFinding(path, line, rule.id, broken.problem, broken.remedy or rule.remedy))
    return tuple(sorted(found))


class _Places:
    """Where what was found stands. The template is read again only if something was."""

    def __init__(self, launch: Launch) -> None:
        self._launch = launch

    def of(self, broken: Broken) -> tuple[str, int]:
        if broken.place is not None:
            return broken.place.path, broken.place.line
        path = ("Resources", broken.logical_id, *(("Properties", *broken.path) if broken.path else ()))
        return "", self._lines.line(path, broken.inside)

    @functools.cached_property
    def _lines(self) -> Lines:
        prepared = prepare(request_of(self._launch), surroundings_of(self._launch))
        return Lines(self._launch.template, prepared.scope.conditions)
