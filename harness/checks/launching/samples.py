"""A text that a parameter's pattern allows, so that what is made of the parameter looks as it will. Decides nothing."""

from __future__ import annotations

import re

# Python's own parser of patterns: private by name, the same since 3.11, and typed by nobody.
import re._constants as sre  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Sequence
from typing import Any


def sample(pattern: str, letters: str) -> str:
    """The longest alternative of the pattern, each repetition as short as it may be; "" where that cannot be told.

    `letters`: what to write where the pattern leaves a choice, the first that fits.
    """
    try:
        return _text(parser.parse(pattern), letters)
    except (re.error, OverflowError, RecursionError, _UnknownError):
        return ""


class _UnknownError(Exception):
    """A part of a pattern that is not about characters: look-around, back references."""


def _text(items: Sequence[Any], letters: str) -> str:
    return "".join(_part(kind, argument, letters) for kind, argument in items)


def _part(kind: Any, argument: Any, letters: str) -> str:
    if kind is sre.AT:
        return ""
    if kind is sre.LITERAL:
        return chr(argument)
    if kind is sre.BRANCH:
        return max((_text(each, letters) for each in argument[1]), key=len)
    if kind is sre.SUBPATTERN:
        return _text(argument[3], letters)
    if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT):
        least, _, inner = argument
        return _text(inner, letters) * int(least)
    if kind in (sre.IN, sre.ANY, sre.NOT_LITERAL):
        return _letter(kind, argument, letters)
    raise _UnknownError


def _letter(kind: Any, argument: Any, letters: str) -> str:
    if kind is sre.ANY:
        return letters[0]
    if kind is sre.NOT_LITERAL:
        return next(each for each in letters if ord(each) != argument)
    fitting = (each for each in letters if _is_in(argument, ord(each)))
    found = next(fitting, "")
    if not found:
        raise _UnknownError
    return found


def _is_in(members: Sequence[Any], code: int) -> bool:
    negated = members[0][0] is sre.NEGATE
    return negated != any(_is_one(kind, argument, code) for kind, argument in members[negated:])


def _is_one(kind: Any, argument: Any, code: int) -> bool:
    if kind is sre.LITERAL:
        return bool(code == argument)
    if kind is sre.RANGE:
        return bool(argument[0] <= code <= argument[1])
    if kind is sre.CATEGORY:
        if argument is sre.CATEGORY_DIGIT:
            return chr(code).isdigit()
        if argument is sre.CATEGORY_WORD:
            return chr(code).isalnum() or code == ord("_")
    raise _UnknownError
