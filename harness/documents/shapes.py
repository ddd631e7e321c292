"""Whether a request or an answer has the shape that an API model gives it. The models are `apimodels.py`'s.

Checks what botocore's validator checks before a call (members, types, required members, lengths, ranges) and what it
leaves to the service: texts of an enumeration, and patterns.
"""

from __future__ import annotations

import difflib
import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import regex

from harness.documents.apimodels import model
from harness.errors import Finding, Place

# Whether a value stands for another that is known only later; such a value fits everywhere.
IsLater = Callable[[Any], bool]
_TYPES: Mapping[str, Any] = {
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (float, int),
    "double": (float, int),
    "list": (list,),
    "map": (Mapping,),
    "structure": (Mapping,),
}
_WORDS = {
    "map": "a mapping",
    "structure": "a mapping",
    "list": "a list",
    "string": "a text",
    "boolean": "true or false",
}


def request_problems(service: str, operation: str, request: Any, path: str, is_later: IsLater) -> Iterator[Finding]:
    """What is wrong with the request of an operation; `path`: where it stands in its document."""
    known = model(service)
    yield from _Check(known["shapes"], is_later).value(known["operations"][operation]["input"]["shape"], request, path)


def members_at(service: str, operation: str, way: tuple[str | int, ...]) -> frozenset[str] | None:
    """What an operation's answer may have at that way; None where the way leads nowhere. A leaf has no members.

    An index, or a name where a list stands, enters the list.
    """
    known = model(service)
    shapes = known["shapes"]
    here = shapes[known["operations"][operation]["output"]["shape"]]
    for part in way:
        if here["type"] == "structure" and part in here["members"]:
            here = shapes[here["members"][part]["shape"]]
        elif here["type"] == "list":
            here = shapes[here["member"]["shape"]]
        elif here["type"] == "map":
            here = shapes[here["value"]["shape"]]
        else:
            return None
    return frozenset(here.get("members", ()))


class _Check:
    def __init__(self, shapes: Mapping[str, Any], is_later: IsLater) -> None:
        self._shapes = shapes
        self._is_later = is_later

    def value(self, name: str, value: Any, path: str) -> Iterator[Finding]:
        if self._is_later(value):
            return
        shape = self._shapes[name]
        kind = shape["type"]
        allowed = _TYPES.get(kind)
        if allowed is None:  # a blob or a time: no document holds one
            return
        if not isinstance(value, allowed) or (isinstance(value, bool) and kind != "boolean"):
            wanted = _WORDS.get(kind, "a number")
            yield Finding(Place(path), f"{_shown(value)} is not {wanted}", f"write {wanted}")
        elif kind == "structure":
            yield from self._structure(shape, value, path)
        elif kind == "list":
            yield from self._range(shape, len(value), path, "items")
            for number, each in enumerate(value):
                yield from self.value(shape["member"]["shape"], each, f"{path}[{number}]")
        elif kind == "map":
            yield from self._range(shape, len(value), path, "entries")
            for key, each in value.items():
                yield from self.value(shape["key"]["shape"], key, f"{path}.{key}")
                yield from self.value(shape["value"]["shape"], each, f"{path}.{key}")
        elif kind == "string":
            yield from self._text(shape, value, path)
        elif kind != "boolean":
            yield from self._range(shape, value, path, "")

    def _structure(self, shape: Mapping[str, Any], value: Mapping[str, Any], path: str) -> Iterator[Finding]:
        members = shape["members"]
        for name in shape.get("required", ()):
            if name not in value:
                yield Finding(Place(path), f"{name} is missing", f"add {name}")
        for name, each in value.items():
            if name in members:
                yield from self.value(members[name]["shape"], each, f"{path}.{name}")
                continue
            near = difflib.get_close_matches(name, members, n=1)
            remedy = f"did you mean {near[0]}?" if near else f"there are: {', '.join(sorted(members))}"
            yield Finding(Place(f"{path}.{name}"), f"there is no member {name}", remedy)

    def _text(self, shape: Mapping[str, Any], value: str, path: str) -> Iterator[Finding]:
        if "enum" in shape and value not in shape["enum"]:
            near = difflib.get_close_matches(value, shape["enum"], n=1)
            remedy = f"did you mean {near[0]}?" if near else f"there are: {', '.join(shape['enum'][:12])}"
            yield Finding(Place(path), f"'{value}' is none of the values that the API knows", remedy)
            return
        yield from self._range(shape, len(value), path, "characters")
        if not _matches(shape.get("pattern", ""), value):
            yield Finding(Place(path), f"'{value[:80]}' does not match {shape['pattern']}", "correct the value")

    @staticmethod
    def _range(shape: Mapping[str, Any], size: float, path: str, unit: str) -> Iterator[Finding]:
        least, most = shape.get("min", size), shape.get("max", size)
        if least <= size <= most:
            return
        limit = f"at least {least}" if size < least else f"at most {most}"
        problem = f"{f'{size} {unit}'.strip()}: the API takes {limit}"
        yield Finding(Place(path), problem, f"have {limit} {unit}".strip())


@functools.cache
def _pattern(text: str) -> Any:
    try:
        return regex.compile(text)
    except regex.error:  # written for another engine
        return None


def _matches(pattern: str, value: str) -> bool:
    compiled = _pattern(pattern) if pattern else None
    return compiled is None or compiled.fullmatch(value) is not None


def _shown(value: Any) -> str:
    return f"'{value[:60]}'" if isinstance(value, str) else str(value)[:60]
