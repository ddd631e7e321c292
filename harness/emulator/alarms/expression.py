"""Metric math as alarms use it: read, and computed over series of points. Pure.

Source: CloudWatch user guide, "Using math expressions with CloudWatch metrics". The rest of it is refused by name.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Series = dict[int, float]  # start of the period (seconds) → value
Value = Series | float | list[Series]


@dataclass(frozen=True)
class Known:
    """What an expression is computed from: series by id, which of them are metrics, and the periods of the range."""

    series: Mapping[str, Series]
    metrics: tuple[str, ...]
    periods: tuple[int, ...]


Compute = Callable[[Known], Value]

_TOKEN = re.compile(
    r"\s*(?:(\d+\.?\d*(?:[eE][+-]?\d+)?)|([A-Za-z_]\w*)|(==|!=|<=|>=|&&|\|\||[-+*/^()<>,!\[\]])|\"([^\"]*)\")"
)
_LEVELS: tuple[Mapping[str, Callable[[float, float], float]], ...] = (
    {
        "||": lambda one, other: float(bool(one) or bool(other)),
        "OR": lambda one, other: float(bool(one) or bool(other)),
    },
    {
        "&&": lambda one, other: float(bool(one) and bool(other)),
        "AND": lambda one, other: float(bool(one) and bool(other)),
    },
    {
        "==": lambda one, other: float(one == other),
        "!=": lambda one, other: float(one != other),
        "<": lambda one, other: float(one < other),
        "<=": lambda one, other: float(one <= other),
        ">": lambda one, other: float(one > other),
        ">=": lambda one, other: float(one >= other),
    },
    {"+": operator.add, "-": operator.sub},
    {"*": operator.mul, "/": operator.truediv},
    {"^": operator.pow},
)


class InvalidExpressionError(ValueError):
    """Not an expression that is modelled; the message says why."""


def parse(text: str) -> Compute:
    """What computes an expression from the series of its ids. Raises InvalidExpressionError."""
    reader = _Reader(text)
    compute = reader.level(0)
    if reader.token is not None:
        raise InvalidExpressionError(f"{reader.token} was not expected in {text}")
    return compute


class _Reader:
    def __init__(self, text: str) -> None:
        self._tokens, position, text = [], 0, text.strip()
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise InvalidExpressionError(f"cannot read {text[position:]}")
            self._tokens.append(match.group().strip())
            position = match.end()
        self._at = 0

    @property
    def token(self) -> str | None:
        """What comes next."""
        return self._tokens[self._at] if self._at < len(self._tokens) else None

    def _next(self) -> str:
        token = self.token
        if token is None:
            raise InvalidExpressionError("the expression ends too early")
        self._at += 1
        return token

    def _take(self, wanted: str) -> None:
        if self._next() != wanted:
            raise InvalidExpressionError(f"{wanted} was expected")

    def level(self, number: int) -> Compute:
        """Operators that bind as tightly as those of a level, or more."""
        if number == len(_LEVELS):
            return self._unary()
        compute = self.level(number + 1)
        while self.token in _LEVELS[number]:
            compute = _combined(_LEVELS[number][self._next()], compute, self.level(number + 1))
        return compute

    def _unary(self) -> Compute:
        if self.token == "-":
            self._next()
            return _applied(operator.neg, self._unary())
        if self.token in ("!", "NOT"):
            self._next()
            return _applied(lambda value: float(not value), self._unary())
        return self._atom()

    def _atom(self) -> Compute:
        token = self._next()
        if token == "(":
            inner = self.level(0)
            self._take(")")
            return inner
        if token == "[":
            return _listed(self._arguments("]"))
        if token[0].isdigit():
            number = float(token)
            return lambda _: number
        if self.token == "(":
            self._next()
            return _function(token, self._arguments(")"))
        if token[0].isalpha():
            return _reference(token)
        raise InvalidExpressionError(f"{token} was not expected")

    def _arguments(self, end: str) -> list[Compute]:
        found: list[Compute] = []
        while self.token != end:
            if self.token == "REPEAT":
                self._next()
                found.append(lambda _: math.nan)
            else:
                found.append(self.level(0))
            if self.token == ",":
                self._next()
            elif self.token != end:
                raise InvalidExpressionError(f"{end} was expected")
        self._take(end)
        return found


def _reference(name: str) -> Compute:
    def compute(known: Known) -> Value:
        if name not in known.series:
            raise InvalidExpressionError(f"{name} is no id of a metric or expression")
        return known.series[name]

    return compute


def _listed(items: list[Compute]) -> Compute:
    def compute(known: Known) -> Value:
        return [each for item in items for each in _as_list(item(known))]

    return compute


def _combined(operation: Callable[[float, float], float], one: Compute, other: Compute) -> Compute:
    return lambda known: _zipped(operation, one(known), other(known))


def _applied(operation: Callable[[float], float], inner: Compute) -> Compute:
    def compute(known: Known) -> Value:
        return _mapped(operation, inner(known))

    return compute


def _mapped(operation: Callable[[float], float], value: Value) -> Value:
    if isinstance(value, list):
        return [_each(operation, each) for each in value]
    return _each(operation, value) if isinstance(value, dict) else operation(value)


def _each(operation: Callable[[float], float], series: Series) -> Series:
    results = {key: _safe(lambda one, _: operation(one), item, item) for key, item in series.items()}
    return {key: value for key, value in results.items() if value is not None}


def _zipped(operation: Callable[[float, float], float], one: Value, other: Value) -> Value:
    if isinstance(one, list) or isinstance(other, list):
        raise InvalidExpressionError("arithmetic with a list of series is not modelled")
    if not isinstance(one, dict) and not isinstance(other, dict):
        found = _safe(operation, one, other)
        return math.nan if found is None else found
    keys = set(one if isinstance(one, dict) else other) & set(other if isinstance(other, dict) else one)  # type: ignore[arg-type] # one of them is
    results = {key: _safe(operation, _at(one, key), _at(other, key)) for key in sorted(keys)}
    return {key: value for key, value in results.items() if value is not None}


def _at(value: Series | float, key: int) -> float:
    return value[key] if isinstance(value, dict) else value


def _safe(operation: Callable[[float, float], float], one: float, other: float) -> float | None:
    try:
        result = operation(one, other)
    except (ZeroDivisionError, OverflowError, ValueError):  # no data point
        return None
    return None if isinstance(result, complex) else result


def _as_list(value: Value) -> list[Series]:
    if isinstance(value, list):
        return value
    if isinstance(value, dict):
        return [value]
    raise InvalidExpressionError("a series was expected, not a number")


def _function(name: str, arguments: list[Compute]) -> Compute:
    makes = _FUNCTIONS.get(name)
    if makes is None:
        known = ", ".join(sorted(_FUNCTIONS))
        raise InvalidExpressionError(f"the function {name} is not modelled (of metric math, {known} are)")
    return makes(arguments)


def _expect(arguments: list[Any], count: int, name: str) -> None:
    if len(arguments) != count:
        raise InvalidExpressionError(f"{name} takes {count} arguments, not {len(arguments)}")


def _aggregate(reduce: Callable[[list[float]], float]) -> Callable[[list[Compute]], Compute]:
    """SUM and its like: of several series, one series; of one series, the number."""

    def makes(arguments: list[Compute]) -> Compute:
        _expect(arguments, 1, "an aggregate")

        def compute(known: Known) -> Value:
            value = arguments[0](known)
            if isinstance(value, dict):
                return reduce(list(value.values())) if value else {}
            series = _as_list(value)
            keys = sorted({key for each in series for key in each})
            return {key: reduce([each[key] for each in series if key in each]) for key in keys}

        return compute

    return makes


def _elementwise(operation: Callable[[float], float]) -> Callable[[list[Compute]], Compute]:
    """ABS and its like: of each value, another."""

    def makes(arguments: list[Compute]) -> Compute:
        _expect(arguments, 1, "a function of each value")
        return _applied(operation, arguments[0])

    return makes


def _metrics(arguments: list[Compute]) -> Compute:
    _expect(arguments, 0, "METRICS")
    return lambda known: [known.series[name] for name in known.metrics]


def _if(arguments: list[Compute]) -> Compute:
    if len(arguments) not in (2, 3):
        raise InvalidExpressionError(f"IF takes two or three arguments, not {len(arguments)}")

    def compute(known: Known) -> Value:
        condition, *values = [each(known) for each in arguments]
        if not isinstance(condition, dict):
            chosen = 0 if condition else 1
            return values[chosen] if chosen < len(values) else {}
        chosen_at = {}
        for key, holds in condition.items():
            value = values[0] if holds else values[1] if len(values) > 1 else {}
            if isinstance(value, list):
                raise InvalidExpressionError("IF over a list of series is not modelled")
            if not isinstance(value, dict) or key in value:
                chosen_at[key] = _at(value, key)
        return chosen_at

    return compute


def _fill(arguments: list[Compute]) -> Compute:
    _expect(arguments, 2, "FILL")

    def compute(known: Known) -> Value:
        series, filler = arguments[0](known), arguments[1](known)
        if not isinstance(series, dict) or isinstance(filler, list):
            raise InvalidExpressionError("FILL is modelled of one series, with a number, REPEAT or a series")
        filled: Series = {}
        last: float | None = None
        for key in known.periods:
            if key in series:
                last = series[key]
            elif isinstance(filler, dict):
                last = filler.get(key)
            elif not math.isnan(filler):  # REPEAT is written as no number
                last = filler
            if last is not None:
                filled[key] = last
        return filled

    return compute


_FUNCTIONS: Mapping[str, Callable[[list[Compute]], Compute]] = {
    "ABS": _elementwise(abs),
    "AVG": _aggregate(lambda values: sum(values) / len(values)),
    "CEIL": _elementwise(lambda value: float(math.ceil(value))),
    "FILL": _fill,
    "FLOOR": _elementwise(lambda value: float(math.floor(value))),
    "IF": _if,
    "MAX": _aggregate(max),
    "METRICS": _metrics,
    "MIN": _aggregate(min),
    "SUM": _aggregate(sum),
}
