"""The subset of JSONPath that batch transform takes for its filters.

Source: the developer guide, "Associate Prediction Results with Input Records". Slices include their end, as it says.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_PART = re.compile(
    r"""\.?\[\s*(?P<names>'[^']*'(?:\s*,\s*'[^']*')*)\s*\]
      | \.?\[\s*(?P<numbers>-?\d+(?:\s*,\s*-?\d+)*)\s*\]
      | \.?\[\s*(?P<start>-?\d+)?\s*:\s*(?P<end>-?\d+)?\s*\]
      | \.?\[\s*(?P<every>\*)\s*\] | \.(?P<all>\*)
      | \.(?P<name>[^.\[\]*']+)""",
    re.VERBOSE,
)


class JsonPathError(ValueError):
    """A path that cannot be read, or that names nothing; the message says which."""


@dataclass(frozen=True)
class _Part:
    names: tuple[str, ...] = ()
    numbers: tuple[int, ...] = ()
    slice: tuple[int | None, int | None] | None = None  # the end included

    @property
    def is_one(self) -> bool:
        """Whether it names one element, and not a list of them."""
        return len(self.names) + len(self.numbers) == 1


def select(document: Any, path: str) -> Any:
    """What a path selects of a JSON value. Raises JsonPathError for what is not there.

    Several names of an object give an object of these, several numbers or a slice of a list give a list.
    """
    value = document
    for part in _parts(path):
        value = _member(value, part, path)
    return value


def _parts(path: str) -> Iterator[_Part]:
    if not path.startswith("$"):
        raise JsonPathError(f"'{path}' does not begin with $")
    position = 1
    while position < len(path):
        match = _PART.match(path, position)
        if match is None:
            raise JsonPathError(f"'{path}' cannot be read from '{path[position:]}' on")
        position = match.end()
        if match["names"]:
            yield _Part(names=tuple(re.findall(r"'([^']*)'", match["names"])))
        elif match["numbers"]:
            yield _Part(numbers=tuple(int(each) for each in match["numbers"].split(",")))
        elif match["name"]:
            yield _Part(names=(match["name"],))
        elif match["all"] or match["every"]:
            yield _Part()
        else:
            yield _Part(slice=tuple(int(each) if each else None for each in (match["start"], match["end"])))  # type: ignore[arg-type] # two


def _member(value: Any, part: _Part, path: str) -> Any:
    if part.slice is not None:
        return _list(value, path)[slice(*_bounds(part.slice, len(_list(value, path))))]
    if part.numbers:
        found = [_at(_list(value, path), number, path) for number in part.numbers]
        return found[0] if part.is_one else found
    if part.names:
        if not isinstance(value, dict):
            raise JsonPathError(f"'{path}': {part.names[0]} is looked for in what is no object")
        missing = [name for name in part.names if name not in value]
        if missing:
            raise JsonPathError(f"'{path}': there is no {missing[0]}")
        return value[part.names[0]] if part.is_one else {name: value[name] for name in part.names}
    return list(value.values()) if isinstance(value, dict) else _list(value, path)


def _bounds(given: tuple[int | None, int | None], length: int) -> tuple[int | None, int | None]:
    start, end = given
    if end is None:
        return start, None
    return start, (end if end >= 0 else length + end) + 1


def _at(values: list[Any], number: int, path: str) -> Any:
    try:
        return values[number]
    except IndexError:
        raise JsonPathError(f"'{path}': there is no element {number} among {len(values)}") from None


def _list(value: Any, path: str) -> list[Any]:
    if not isinstance(value, list):
        raise JsonPathError(f"'{path}': an index is looked for in what is no list")
    return value
