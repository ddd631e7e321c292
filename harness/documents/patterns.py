"""Event patterns as EventBridge reads them: what is wrong with one, and whether it matches an event. Pure.

Source: EventBridge user guide, "Comparison operators for use in event patterns".
"""

from __future__ import annotations

import contextlib
import ipaddress
import itertools
import json
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

# Members of an event, and what a pattern may begin with. Source: EventBridge user guide, "Event structure".
ENVELOPE = (
    "account", "detail", "detail-type", "id", "region", "replay-name", "resources", "source", "time", "version", "$or",
)  # fmt: skip
_ABSENT = object()
_NUMERIC: Mapping[str, Callable[[float, float], bool]] = {
    "<": lambda one, other: one < other,
    "<=": lambda one, other: one <= other,
    "=": lambda one, other: one == other,
    ">=": lambda one, other: one >= other,
    ">": lambda one, other: one > other,
}
_LARGEST = 5e9
_IN_ANYTHING_BUT = ("prefix", "suffix", "equals-ignore-case", "wildcard")


class InvalidPatternError(Exception):
    """The pattern is none; the message is EventBridge's reason. `where`: keys and indexes down to what is wrong."""

    def __init__(self, reason: str, where: tuple[str | int, ...] = ()) -> None:
        super().__init__(reason)
        self.where = where


def parse(text: str) -> dict[str, Any]:
    """The pattern that a text says. Raises InvalidPatternError."""
    try:
        pattern = json.loads(text)
    except ValueError:
        raise InvalidPatternError("Filter is not an object") from None
    if not isinstance(pattern, dict):
        raise InvalidPatternError("Filter is not an object")
    _check_fields(pattern)
    return pattern


def matches(pattern: Mapping[str, Any], event: Mapping[str, Any]) -> bool:
    """Whether an event (as its targets would get it) matches a pattern that `parse` gave."""
    return all(_field_matches(key, wanted, event) for key, wanted in pattern.items())


def _check_fields(pattern: Mapping[str, Any]) -> None:
    if not pattern:
        raise InvalidPatternError("Empty objects are not allowed")
    for key, wanted in pattern.items():
        with _at(key):
            _check_field(key, wanted)


def _check_field(key: str, wanted: Any) -> None:
    if isinstance(wanted, dict):
        _check_fields(wanted)
    elif not isinstance(wanted, list):
        raise InvalidPatternError(f'"{key}" must be an object or an array')
    elif not wanted:
        raise InvalidPatternError("Empty arrays are not allowed")
    else:
        is_or = key == "$or" and len(wanted) > 1
        for number, each in enumerate(wanted):
            with _at(number):
                if is_or and not isinstance(each, dict):
                    raise InvalidPatternError("There must be objects in the array of $or")
                (_check_fields if is_or else _check_match)(each)


@contextlib.contextmanager
def _at(part: str | int) -> Iterator[None]:
    """What is wrong in here stands below that key or index."""
    try:
        yield
    except InvalidPatternError as error:
        raise InvalidPatternError(str(error), (part, *error.where)) from None


def _check_match(wanted: Any) -> None:
    if isinstance(wanted, list):
        raise InvalidPatternError("Match value must be String, number, true, false, or null")
    if not isinstance(wanted, dict):
        return
    if len(wanted) != 1:
        raise InvalidPatternError("Only one key allowed in match expression")
    ((name, value),) = wanted.items()
    check = _CHECKS.get(name)
    if check is None:
        raise InvalidPatternError(f"Unrecognized match type {name}")
    check(value)


def _check_text(name: str) -> Callable[[Any], None]:
    def check(value: Any) -> None:
        if isinstance(value, dict) and list(value) == ["equals-ignore-case"] and name in ("prefix", "suffix"):
            value = value["equals-ignore-case"]
        if not isinstance(value, str):
            raise InvalidPatternError(f"{name} match pattern must be a string")
        if name == "wildcard" and "**" in value:
            raise InvalidPatternError("Consecutive wildcard characters at pos " + str(value.index("**")))

    return check


def _check_exists(value: Any) -> None:
    if not isinstance(value, bool):
        raise InvalidPatternError("exists match pattern must be either true or false.")


def _check_numeric(value: Any) -> None:
    if not isinstance(value, list) or len(value) not in (2, 4):
        raise InvalidPatternError("Value of numeric must be an array of an operator and a number, once or twice")
    for sign, number in zip(value[::2], value[1::2], strict=True):
        if sign not in _NUMERIC:
            raise InvalidPatternError(f"Unrecognized numeric range operator: {sign}")
        if not _is_number(number) or abs(number) > _LARGEST:
            raise InvalidPatternError("Value of numeric must be a number between -5.0E9 and 5.0E9")
    if len(value) == 4:
        if value[0] not in (">", ">="):
            raise InvalidPatternError("Too many elements in numeric expression")
        if value[2] not in ("<", "<="):
            raise InvalidPatternError(f"Bad numeric range operator: {value[2]}")
        if value[1] >= value[3]:
            raise InvalidPatternError("Bottom must be less than top")


def _check_cidr(value: Any) -> None:
    try:
        if not isinstance(value, str) or "/" not in value:
            raise ValueError(value)
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        raise InvalidPatternError("Malformed CIDR, need Network/Mask") from None


def _check_anything_but(value: Any) -> None:
    if isinstance(value, dict):
        if len(value) != 1 or next(iter(value)) not in _IN_ANYTHING_BUT:
            raise InvalidPatternError("Unsupported anything-but pattern: " + ", ".join(value))
        ((name, inner),) = value.items()
        for each in inner if isinstance(inner, list) else [inner]:
            _check_text(name)(each)
    elif isinstance(value, list):
        if not value or not (all(isinstance(each, str) for each in value) or all(map(_is_number, value))):
            raise InvalidPatternError("Inside anything but list, start|null|boolean is not supported.")
    elif not isinstance(value, str) and not _is_number(value):
        raise InvalidPatternError("Value of anything-but must be an array or single string/number value.")


_CHECKS: Mapping[str, Callable[[Any], None]] = {
    "prefix": _check_text("prefix"),
    "suffix": _check_text("suffix"),
    "equals-ignore-case": _check_text("equals-ignore-case"),
    "wildcard": _check_text("wildcard"),
    "exists": _check_exists,
    "numeric": _check_numeric,
    "cidr": _check_cidr,
    "anything-but": _check_anything_but,
}


def _field_matches(key: str, wanted: Any, event: Any) -> bool:
    if key == "$or" and isinstance(wanted, list) and all(isinstance(each, dict) for each in wanted):
        return any(matches(each, event) for each in wanted)
    value = event.get(key, _ABSENT) if isinstance(event, Mapping) else _ABSENT
    if isinstance(wanted, dict):
        # An array of objects matches where one of them does; what is not there may still be wanted absent.
        candidates = [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else [value]
        return any(matches(wanted, each if isinstance(each, Mapping) else {}) for each in candidates or [{}])
    values = list(_leaves(value))
    return any(_is_match(each, values) for each in wanted)


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from itertools.chain.from_iterable(_leaves(each) for each in value)
    elif value is not _ABSENT and not isinstance(value, Mapping):  # "exists" works on leaf nodes only
        yield value


def _is_match(wanted: Any, values: list[Any]) -> bool:
    if not isinstance(wanted, dict):
        return any(_equal(wanted, each) for each in values)
    ((name, operand),) = wanted.items()
    if name == "exists":
        return bool(values) is operand
    return any(_MATCHES[name](operand, each) for each in values)


def _equal(wanted: Any, value: Any) -> bool:
    if isinstance(wanted, bool) or isinstance(value, bool) or wanted is None or value is None:
        return wanted is value
    return bool(wanted == value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _text_match(test: Callable[[str, str], bool]) -> Callable[[Any, Any], bool]:
    def match(operand: Any, value: Any) -> bool:
        if not isinstance(value, str):
            return False
        if isinstance(operand, dict):
            return test(value.lower(), str(operand["equals-ignore-case"]).lower())
        return test(value, operand)

    return match


def _numeric(operand: list[Any], value: Any) -> bool:
    return _is_number(value) and all(
        _NUMERIC[sign](value, number) for sign, number in zip(operand[::2], operand[1::2], strict=True)
    )


def _cidr(operand: str, value: Any) -> bool:
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(operand, strict=False)
    except ValueError:
        return False


def _anything_but(operand: Any, value: Any) -> bool:
    if isinstance(operand, dict):
        ((name, inner),) = operand.items()
        unwanted = inner if isinstance(inner, list) else [inner]
        return isinstance(value, str) and not any(_MATCHES[name](each, value) for each in unwanted)
    return not any(_equal(each, value) for each in (operand if isinstance(operand, list) else [operand]))


def _wildcard(value: str, pattern: str) -> bool:
    parts = re.split(r"(\\\*|\\\\|\*)", pattern)
    written = {"*": ".*", "\\*": re.escape("*"), "\\\\": re.escape("\\")}
    return re.fullmatch("".join(written.get(each, re.escape(each)) for each in parts), value, re.DOTALL) is not None


_MATCHES: Mapping[str, Callable[[Any, Any], bool]] = {
    "prefix": _text_match(str.startswith),
    "suffix": _text_match(str.endswith),
    "equals-ignore-case": _text_match(lambda value, wanted: value.lower() == wanted.lower()),
    "wildcard": _text_match(_wildcard),
    "numeric": _numeric,
    "cidr": _cidr,
    "anything-but": _anything_but,
}
