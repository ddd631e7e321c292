"""Texts of which parts are unknown (*) or come from the function's environment, and what can be done to them.

A part from the environment is written as a mark until the environment is known: code is followed once, launches differ.
"""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from harness.documents.code.values import ANYTHING, Setting, Text, Value, Values

_BEGIN, _BETWEEN, _END = "\ue010", "\ue011", "\ue012"  # private use: no setting's name holds them
_MARK = re.compile(f"{_BEGIN}([^{_END}]*){_END}")
_MOST = 12  # texts that one expression may stand for
_LONGEST = 2048  # characters
_TO_TEXT = frozenset(
    ("capitalize", "lower", "lstrip", "removeprefix", "removesuffix", "replace", "rstrip", "strip", "title", "upper")
)
_TO_PARTS = frozenset(("partition", "rpartition", "rsplit", "split", "splitlines"))
_THE_SAME = frozenset(("decode", "encode"))


def texts(values: Iterable[Value]) -> frozenset[str]:
    """The texts that values may be; * among them for what is none, or not known."""
    found = {_text(each) for each in values}
    return frozenset(found or {"*"})


def _text(value: Value) -> str:
    if isinstance(value, Setting):
        return f"{_BEGIN}{_BETWEEN.join(value.path)}{_END}" if value.path else "*"
    return value.value if isinstance(value, Text) else "*"


def joined(parts: Sequence[Values]) -> Values:
    """The parts one after the other; nothing as long as one of them is not worked out."""
    if not all(parts):
        return frozenset()
    options = [sorted(texts(each)) for each in parts]
    number = 1
    for at, each in enumerate(options):
        number *= len(each)
        if number > _MOST:
            options[at:] = [["*"]] * (len(options) - at)
            break
    found = {re.sub(r"\*+", "*", "".join(each)) for each in itertools.product(*options)}
    return frozenset(Text(each) if len(each) <= _LONGEST else ANYTHING for each in found)


def is_whole(text: str) -> bool:
    """Whether it is known to the last character."""
    return "*" not in text and _BEGIN not in text


def method(text: str, name: str, arguments: Sequence[str]) -> str | list[str]:
    """What a method of a text gives, as text or as parts; * where that is not known."""
    if name in _THE_SAME:
        return text
    if not all(is_whole(each) for each in arguments):
        return "*"
    if name == "removeprefix" and len(arguments) == 1 and text.startswith(arguments[0]):
        return text[len(arguments[0]) :]  # what follows may be unknown
    if not is_whole(text) or name not in _TO_TEXT | _TO_PARTS:
        return "*"
    try:
        found: str | Iterable[str] = getattr(text, name)(*arguments)
    except (TypeError, ValueError):  # not what the method takes: Python would refuse it, too
        return "*"
    return found if isinstance(found, str) else list(found)


def filled(text: str, environment: Mapping[str, str]) -> frozenset[str]:
    """The texts that it is in this environment; * for each part that the environment does not tell."""
    names = list(dict.fromkeys(_MARK.findall(text)))
    options = [sorted(set(_looked_up(name.split(_BETWEEN), environment))) or ["*"] for name in names]
    if not names:
        return frozenset({text})
    every = itertools.islice(itertools.product(*options), _MOST + 1)
    found = frozenset(_replaced(text, dict(zip(names, chosen, strict=True))) for chosen in every)
    return found if len(found) <= _MOST else frozenset({_MARK.sub("*", text)})


def _replaced(text: str, values: Mapping[str, str]) -> str:
    return _MARK.sub(lambda match: values[match[1]], text)


def _looked_up(path: Sequence[str], environment: Mapping[str, str]) -> Iterator[str]:
    given = environment.get(path[0], "*")
    if len(path) == 1:
        yield given
        return
    try:
        here: list[Any] = [json.loads(given)]
    except ValueError:
        yield "*"
        return
    for key in path[1:]:
        here = [found for each in here for found in _below(each, key)]
    for each in here:
        yield str(each) if isinstance(each, str | int | float) and not isinstance(each, bool) else "*"


def _below(value: Any, key: str) -> Iterator[Any]:
    if isinstance(value, Mapping):
        yield from value.values() if key == "*" else (each for name, each in value.items() if name == key)
    elif isinstance(value, list):
        yield from value if key == "*" or not key.isdigit() else value[int(key) : int(key) + 1]
