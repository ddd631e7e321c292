"""Sample events of a rule's pattern: those that it must hear, and those that it must not. Pure.

    event: {source: aws.sagemaker, detail: {ModelApprovalStatus: Approved}}
    matches: {approved: {}}
    ignores: {rejected: {detail: {ModelApprovalStatus: Rejected}}}

Each case is the event, changed as the case says. Cases prove a pattern only if none of its parts could be left out:
each field needs a counter-example that differs in it alone, each of several values an event that has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from typing import Any

from harness.documents.patterns import matches
from harness.errors import Finding, Place

# What every event has; see "Event structure" in the EventBridge user guide.
_ENVELOPE = {
    "version": "0",
    "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
    "account": "${AWS::AccountId}",
    "time": "2026-01-01T00:00:00Z",
    "region": "${AWS::Region}",
    "resources": [],
    "detail": {},
}
_MEMBERS = ("event", "example", "ignores", "matches")
_SUBSTITUTION = re.compile(r"\$\{([^}]+)\}")


class UnknownNameError(LookupError):
    """A `${…}` that names nothing of the launch."""


def shape_problems(data: Mapping[str, Any]) -> Iterator[Finding]:
    """What keeps a file from being samples at all, each with its path in it."""
    for name in data:
        if name not in _MEMBERS:
            yield Finding(Place(name), f"unknown key '{name}'", f"known here: {', '.join(_MEMBERS)}")
    for name in ("event", "matches", "ignores"):
        if not isinstance(data.get(name), Mapping) or not data[name]:
            yield Finding(Place(name), f"there is no {name}", "write it as a mapping; see docs/authoring.md")
    for name in ("matches", "ignores"):
        cases = data.get(name)
        for case, change in cases.items() if isinstance(cases, Mapping) else ():
            if not isinstance(change, Mapping):
                yield Finding(Place(f"{name}.{case}"), "a case is a mapping of what differs", "write {} for no change")


def problems(pattern: Mapping[str, Any], data: Mapping[str, Any], look_up: Callable[[str], str]) -> Iterator[Finding]:
    """Cases that the pattern takes otherwise than they say, and parts of the pattern that no case proves.

    `look_up`: the value of a `${…}`; raises UnknownNameError.
    """
    heard, unheard = (_events(data, name, look_up) for name in ("matches", "ignores"))
    for case, event in heard.items():
        if not matches(pattern, event):
            yield Finding(
                Place(f"matches.{case}"), f"the rule does not hear '{case}'", "correct the pattern or the case"
            )
    for case, event in unheard.items():
        if matches(pattern, event):
            problem = f"the rule hears '{case}', which it must not"
            yield Finding(Place(f"ignores.{case}"), problem, "narrow the pattern, or correct the case")
    for field in _fields(pattern):
        without = _without(pattern, field)
        if not any(matches(without, event) for event in unheard.values()):
            name = ".".join(field)
            problem = f"no counter-example shows why the pattern asks for {name}"
            yield Finding(Place("ignores"), problem, f"add a case that differs in {name} alone")
        yield from _alternatives(pattern, field, heard)


def _alternatives(pattern: Mapping[str, Any], field: tuple[str, ...], heard: Mapping[str, Any]) -> Iterator[Finding]:
    wanted = _at(pattern, field)
    for number, each in enumerate(wanted if isinstance(wanted, list) and len(wanted) > 1 else ()):
        less = deepcopy(dict(pattern))
        del _at(less, field)[number]
        if all(matches(less, event) for event in heard.values()):
            name = ".".join(field)
            problem = f"no event shows that the pattern takes {each!r} as {name}"
            yield Finding(Place("matches"), problem, f"add a case with {name}: {each}")


def _events(data: Mapping[str, Any], name: str, look_up: Callable[[str], str]) -> dict[str, Mapping[str, Any]]:
    base = _changed(_ENVELOPE, data["event"])
    return {case: _substituted(_changed(base, change), look_up) for case, change in data[name].items()}


def _changed(base: Any, change: Any) -> Any:
    """Mappings are merged; anything else replaces what was there, and null takes it away."""
    if not isinstance(base, Mapping) or not isinstance(change, Mapping):
        return change
    merged = {**base, **{key: _changed(base.get(key), each) for key, each in change.items()}}
    return {key: each for key, each in merged.items() if each is not None}


def _substituted(value: Any, look_up: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return _SUBSTITUTION.sub(lambda found: look_up(found[1]), value)
    if isinstance(value, Mapping):
        return {key: _substituted(each, look_up) for key, each in value.items()}
    return [_substituted(each, look_up) for each in value] if isinstance(value, list) else value


def _fields(pattern: Mapping[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    for key, wanted in pattern.items():
        if isinstance(wanted, Mapping):
            yield from _fields(wanted, (*above, key))
        else:
            yield (*above, key)


def _at(pattern: Any, field: tuple[str, ...]) -> Any:
    for part in field:
        pattern = pattern[part]
    return pattern


def _without(pattern: Mapping[str, Any], field: tuple[str, ...]) -> dict[str, Any]:
    """The pattern with one field less, and with nothing left empty by that."""
    rest = deepcopy(dict(pattern))
    for depth in range(len(field), 0, -1):
        holder = _at(rest, field[: depth - 1])
        del holder[field[depth - 1]]
        if holder:
            break
    return rest
