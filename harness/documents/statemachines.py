"""What is wrong with a state machine (Amazon States Language): what statelint says, and states that lead nowhere.

statelint knows the fields of each state and references to states that are not there. Which states can be reached, and
from which an end can be, is worked out here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from harness.errors import Finding, Place

_PLACE = re.compile(r"State Machine((?:\.[^\s.\[\"]+|\[\d+\])+)")
# Said better by `_flow`.
_SAID_HERE = ("No transition found to state", "No terminal state found")


def problems(machine: Any) -> Iterator[Finding]:
    """Everything that is wrong with a definition that has been read, each with its path in it."""
    if not isinstance(machine, Mapping):
        yield Finding(Place(""), "the definition is no object", "begin with StartAt and States")
        return
    # Loaded where it is needed: most checks meet no state machine.
    from statelint.linter import Linter

    for text in Linter.validate(_as_statelint_knows_it(machine)):
        if not text.startswith(_SAID_HERE):
            place = _PLACE.search(text)
            said = text.replace("State Machine.", "").replace("State Machine", "the definition")
            yield Finding(Place(place[1].lstrip(".") if place else ""), said, "see the Amazon States Language")
    yield from _flow(machine, "")


def _as_statelint_knows_it(value: Any) -> Any:
    """Without what it takes for wrong and Step Functions does not: a whole BackoffRate, what is read of a Map's items.

    Source: Step Functions developer guide, "Handling errors" and "ItemReader".
    """
    if isinstance(value, Mapping):
        known = {key: _as_statelint_knows_it(each) for key, each in value.items()}
        if isinstance(known.get("BackoffRate"), int):
            known["BackoffRate"] = float(known["BackoffRate"])
        return {key: {} if key in ("ReaderConfig", "WriterConfig") else each for key, each in known.items()}
    return [_as_statelint_knows_it(each) for each in value] if isinstance(value, list) else value


def _flow(machine: Mapping[str, Any], path: str) -> Iterator[Finding]:
    """States that nothing leads to, and states from which no end is reached; of branches and iterators too."""
    states = machine.get("States")
    if not isinstance(states, Mapping):
        return
    following = {name: _following(state) for name, state in states.items() if isinstance(state, Mapping)}
    reached = _closure(following, {str(machine.get("StartAt"))})
    before: dict[str, set[str]] = {name: set() for name in following}
    for name, nexts in following.items():
        for each in nexts & following.keys():
            before[each].add(name)
    ends = {name for name, state in states.items() if isinstance(state, Mapping) and _ends(state)}
    ending = _closure(before, ends)
    for name, state in states.items():
        place = f"{path}States.{name}"
        if name not in reached:
            yield Finding(Place(place), f"no state leads to {name}", "lead to it, or take it out")
        elif name not in ending:
            yield Finding(Place(place), f"from {name} the machine never ends", "lead to a state that ends it")
        for below, inner in _inner(state):
            yield from _flow(inner, f"{place}.{below}.")


def _following(state: Mapping[str, Any]) -> set[str]:
    """Names of the states that may come next."""
    choices = [each for each in _listed(state.get("Choices")) if isinstance(each, Mapping)]
    catchers = [each for each in _listed(state.get("Catch")) if isinstance(each, Mapping)]
    named = [state.get("Next"), state.get("Default"), *(each.get("Next") for each in (*choices, *catchers))]
    return {each for each in named if isinstance(each, str)}


def _ends(state: Mapping[str, Any]) -> bool:
    return state.get("Type") in ("Succeed", "Fail") or state.get("End") is True


def _inner(state: Any) -> Iterator[tuple[str, Mapping[str, Any]]]:
    if not isinstance(state, Mapping):
        return
    for number, each in enumerate(_listed(state.get("Branches"))):
        if isinstance(each, Mapping):
            yield f"Branches[{number}]", each
    for name in ("ItemProcessor", "Iterator"):
        if isinstance(state.get(name), Mapping):
            yield name, state[name]


def _closure(edges: Mapping[str, set[str]], start: set[str]) -> set[str]:
    found = start & edges.keys()
    waiting = list(found)
    while waiting:
        for each in edges[waiting.pop()] & edges.keys() - found:
            found.add(each)
            waiting.append(each)
    return found


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
