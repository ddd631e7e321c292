"""Decides whether a pattern of a parameter allows everything that another one did, by comparing them as automata.

Whole values are matched, as AllowedPattern does. What no finite automaton can express, and what would take too long, is
left undecided.
"""

from __future__ import annotations

import itertools
import re

# Python's own parser of patterns: private by name, the same since 3.11, and typed by nobody.
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Interval = tuple[int, int]  # code points, both included
_LAST = 0x10FFFF
_MOST_STATES = 5_000
_MOST_STEPS = 50_000
# Java's classes, which CloudFormation matches with, know ASCII only.
_CLASSES: dict[Any, tuple[Interval, ...]] = {
    sre.CATEGORY_DIGIT: ((48, 57),),
    sre.CATEGORY_WORD: ((48, 57), (65, 90), (95, 95), (97, 122)),
    sre.CATEGORY_SPACE: ((9, 13), (32, 32)),
}
_NEGATED = {
    sre.CATEGORY_NOT_DIGIT: sre.CATEGORY_DIGIT,
    sre.CATEGORY_NOT_WORD: sre.CATEGORY_WORD,
    sre.CATEGORY_NOT_SPACE: sre.CATEGORY_SPACE,
}
_LINE_BREAK = ((10, 10),)


class UndecidedError(Exception):
    """The patterns cannot be compared: look-around, back references, or too many states."""


def refused(newer: str, older: str) -> str | None:
    """The shortest value that `older` allows and `newer` refuses; None if there is none.

    Raises `UndecidedError` where that cannot be told, also for a pattern that is none.
    """
    before, after = _automaton(older), _automaton(newer)
    letters = _letters((before, after))
    start = (before.closure({0}), after.closure({0}))
    waiting: deque[tuple[frozenset[int], frozenset[int], str]] = deque([(*start, "")])
    seen = {start}
    while waiting:
        ours, theirs, value = waiting.popleft()
        if before.end in ours and after.end not in theirs:
            return value
        for letter in letters:
            step = (before.after(ours, letter), after.after(theirs, letter))
            if step[0] and step not in seen:
                seen.add(step)
                waiting.append((*step, value + chr(letter)))
        if len(seen) > _MOST_STEPS:
            raise UndecidedError("too many steps")
    return None


@dataclass
class _Automaton:
    """States by number; 0 is the start, `end` the only one that accepts."""

    free: list[list[int]] = field(default_factory=lambda: [[]])  # state → states reached without a character
    steps: list[list[tuple[tuple[Interval, ...], int]]] = field(default_factory=lambda: [[]])
    end: int = 0

    def new(self) -> int:
        if len(self.free) >= _MOST_STATES:
            raise UndecidedError("too many states")
        self.free.append([])
        self.steps.append([])
        return len(self.free) - 1

    def closure(self, states: Iterable[int]) -> frozenset[int]:
        found = set(states)
        waiting = list(found)
        while waiting:
            for state in self.free[waiting.pop()]:
                if state not in found:
                    found.add(state)
                    waiting.append(state)
        return frozenset(found)

    def after(self, states: frozenset[int], letter: int) -> frozenset[int]:
        reached = {
            state
            for each in states
            for intervals, state in self.steps[each]
            if any(low <= letter <= high for low, high in intervals)
        }
        return self.closure(reached)


def _automaton(pattern: str) -> _Automaton:
    try:
        parsed = parser.parse(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        raise UndecidedError(str(error)) from error
    if parsed.state.flags & ~re.UNICODE:
        raise UndecidedError("flags")
    automaton = _Automaton()
    automaton.end = _sequence(automaton, parsed, 0, at_start=True, at_end=True)
    return automaton


def _sequence(automaton: _Automaton, items: Sequence[Any], state: int, *, at_start: bool, at_end: bool) -> int:
    """Adds the items one after the other; gives the state behind them.

    `at_start`, `at_end`: whether nothing can stand before or behind, so that an anchor says nothing new.
    """
    for index, (kind, argument) in enumerate(items):
        first = at_start and all(each[0] is sre.AT for each in items[:index])
        last = at_end and all(each[0] is sre.AT for each in items[index + 1 :])
        state = _item(automaton, kind, argument, state, at_start=first, at_end=last)
    return state


def _item(automaton: _Automaton, kind: Any, argument: Any, state: int, *, at_start: bool, at_end: bool) -> int:
    if kind is sre.AT:
        start = argument in (sre.AT_BEGINNING, sre.AT_BEGINNING_STRING) and at_start
        end = argument in (sre.AT_END, sre.AT_END_STRING) and at_end
        if not (start or end):
            raise UndecidedError("an anchor in the middle")
        return state
    if kind is sre.BRANCH:
        behind = automaton.new()
        for branch in argument[1]:
            inside = automaton.new()
            automaton.free[state].append(inside)
            automaton.free[_sequence(automaton, branch, inside, at_start=at_start, at_end=at_end)].append(behind)
        return behind
    if kind is sre.SUBPATTERN:
        _, added, removed, items = argument
        if added or removed:
            raise UndecidedError("flags")
        return _sequence(automaton, items, state, at_start=at_start, at_end=at_end)
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        return _repeated(automaton, argument, state)
    behind = automaton.new()
    automaton.steps[state].append((_characters(kind, argument), behind))
    return behind


def _repeated(automaton: _Automaton, argument: Any, state: int) -> int:
    least, most, items = argument
    for _ in range(least):
        state = _sequence(automaton, items, state, at_start=False, at_end=False)
    behind = automaton.new()
    automaton.free[state].append(behind)
    if most is sre.MAXREPEAT:
        automaton.free[_sequence(automaton, items, behind, at_start=False, at_end=False)].append(behind)
        return behind
    for _ in range(most - least):
        state = _sequence(automaton, items, state, at_start=False, at_end=False)
        automaton.free[state].append(behind)
    return behind


def _characters(kind: Any, argument: Any) -> tuple[Interval, ...]:
    """The characters that one item stands for. Raises `UndecidedError` for items that are not about one character."""
    if kind is sre.LITERAL:
        return ((argument, argument),)
    if kind is sre.NOT_LITERAL:
        return _all_but(((argument, argument),))
    if kind is sre.ANY:
        return _all_but(_LINE_BREAK)
    if kind is sre.RANGE:
        return (argument,)
    if kind is sre.CATEGORY:
        return _all_but(_CLASSES[_NEGATED[argument]]) if argument in _NEGATED else _CLASSES[argument]
    if kind is sre.IN:
        negated = argument[0][0] is sre.NEGATE
        found = tuple(each for item in argument[negated:] for each in _characters(*item))
        return _all_but(found) if negated else found
    raise UndecidedError(str(kind).lower())


def _all_but(intervals: Iterable[Interval]) -> tuple[Interval, ...]:
    found = []
    following = 0
    for low, high in sorted(intervals):
        if low > following:
            found.append((following, low - 1))
        following = max(following, high + 1)
    if following <= _LAST:
        found.append((following, _LAST))
    return tuple(found)


def _letters(automata: Iterable[_Automaton]) -> list[int]:
    """One character for each class of those that no step tells apart; one that can be read, if the class has it."""
    bounds = {0, _LAST + 1}
    for automaton in automata:
        for steps in automaton.steps:
            for intervals, _ in steps:
                for low, high in intervals:
                    bounds |= {low, high + 1}
    edges = sorted(bounds)
    return [_readable(low, following - 1) for low, following in itertools.pairwise(edges)]


def _readable(low: int, high: int) -> int:
    for wanted in map(ord, "a0A-"):
        if low <= wanted <= high:
            return wanted
    return min(max(low, 33), high)
