"""The conditions of a Condition step: whether they are well-formed, and whether they hold."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from harness.errors import Finding, Place

_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqualTo": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqualTo": operator.le,
}
_MEMBERS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(_COMPARISONS, ("LeftValue", "RightValue")),
    "In": ("QueryValue", "Values"),
    "Not": ("Expression",),
    "Or": ("Conditions",),
}


class IncomparableError(ValueError):
    """Two values that have no order; the message names them."""


def problems(condition: Any, path: str) -> Iterator[Finding]:
    """What is wrong with a condition as it is written."""
    kind = str(condition.get("Type")) if isinstance(condition, Mapping) else ""
    if kind not in _MEMBERS:
        yield Finding(Place(f"{path}.Type"), f"'{kind}' is no condition", f"there are: {', '.join(_MEMBERS)}")
        return
    assert isinstance(condition, Mapping)
    for name in _MEMBERS[kind]:
        if name not in condition:
            yield Finding(Place(path), f"{kind} needs {name}", f"it has: {', '.join(_MEMBERS[kind])}")
    if kind == "Not" and "Expression" in condition:
        yield from problems(condition["Expression"], f"{path}.Expression")
    if kind in ("Or", "In"):
        name = "Conditions" if kind == "Or" else "Values"
        listed = condition.get(name)
        if not isinstance(listed, list) or not listed:
            yield Finding(Place(f"{path}.{name}"), "it is no list with something in it", "list at least one")
        elif kind == "Or":
            for number, each in enumerate(listed):
                yield from problems(each, f"{path}.Conditions[{number}]")


def all_hold(conditions: list[Any], resolve: Callable[[Any], Any]) -> bool:
    """Whether all conditions hold. `resolve` gives the value of an operand. Raises IncomparableError."""
    return all(holds(each, resolve) for each in conditions)


def holds(condition: Mapping[str, Any], resolve: Callable[[Any], Any]) -> bool:
    """Whether one condition holds. Raises IncomparableError, and whatever `resolve` raises."""
    kind = condition["Type"]
    if kind == "Not":
        return not holds(condition["Expression"], resolve)
    if kind == "Or":
        return any(holds(each, resolve) for each in condition["Conditions"])
    if kind == "In":
        return any(_same(resolve(condition["QueryValue"]), resolve(each)) for each in condition["Values"])
    left, right = resolve(condition["LeftValue"]), resolve(condition["RightValue"])
    if kind == "Equals":
        return _same(left, right)
    if not (_is_number(left) and _is_number(right)) and not (isinstance(left, str) and isinstance(right, str)):
        raise IncomparableError(f"{kind} cannot compare {left!r} with {right!r}")
    return _COMPARISONS[kind](left, right)


def _same(left: Any, right: Any) -> bool:
    # True is 1 in Python only.
    return isinstance(left, bool) == isinstance(right, bool) and bool(left == right)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
