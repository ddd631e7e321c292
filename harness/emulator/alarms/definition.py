"""An alarm's definition, and what its data mean by it: pure.

Source: CloudWatch user guide, "Alarm evaluation", "Configuring how alarms treat missing data".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]
EXTRA_PERIODS = 2  # how far beyond its own periods an alarm looks for data that have not come late

_COMPARISONS: Mapping[str, tuple[Callable[[float, float], bool], str]] = {
    "GreaterThanThreshold": (lambda value, limit: value > limit, "greater than"),
    "GreaterThanOrEqualToThreshold": (lambda value, limit: value >= limit, "greater than or equal to"),
    "LessThanThreshold": (lambda value, limit: value < limit, "less than"),
    "LessThanOrEqualToThreshold": (lambda value, limit: value <= limit, "less than or equal to"),
}
COMPARISONS = tuple(_COMPARISONS)


@dataclass(frozen=True)
class Definition:
    """When a metric alarm goes off. `period` in seconds."""

    comparison: str
    threshold: float
    period: int
    periods: int
    datapoints: int  # of the periods, how many must breach
    missing: str = "missing"  # breaching | notBreaching | ignore | missing


@dataclass(frozen=True)
class Point:
    """The statistic of one period, which begins at `start` (seconds since 1970)."""

    start: int
    value: float


@dataclass(frozen=True)
class Verdict:
    """What the data say. `state`: None where the alarm keeps the one it has."""

    state: State | None
    reason: str
    points: tuple[Point, ...] = ()


def judge(definition: Definition, points: Sequence[Point], told: Callable[[Point], str]) -> Verdict:
    """The state of an alarm by the points of its range, the newest last. `told`: a point as people read it."""
    existing = list(points)[-definition.periods :]
    breaching = [each for each in existing if breaches(definition, each)]
    state = _state(definition, len(existing), len(breaching))
    return Verdict(state, _reason(definition, state, existing, breaching, told), tuple(existing))


def breaches(definition: Definition, point: Point) -> bool:
    """Whether a point is on the wrong side of the threshold."""
    return _COMPARISONS[definition.comparison][0](point.value, definition.threshold)


def _state(definition: Definition, existing: int, breaching: int) -> State | None:
    lacking = definition.periods - existing
    if breaching >= definition.datapoints:
        return "ALARM"
    if lacking <= 0:
        return "OK"
    if definition.missing == "breaching":
        return "ALARM" if breaching + lacking >= definition.datapoints else "OK"
    if definition.missing == "notBreaching":
        return "OK"
    if definition.missing == "ignore":
        # Decided only where the points that lack could change nothing.
        return "OK" if breaching + lacking < definition.datapoints else None
    if existing == 0:
        return "INSUFFICIENT_DATA"
    return "ALARM" if breaching == existing else "OK"


def _reason(
    definition: Definition,
    state: State | None,
    existing: Sequence[Point],
    breaching: Sequence[Point],
    told: Callable[[Point], str],
) -> str:
    if not existing:
        treated = {"breaching": "Breaching", "notBreaching": "NonBreaching"}.get(definition.missing)
        if treated is None:
            return "Insufficient Data: no datapoints were received."
        periods = "period" if definition.periods == 1 else "periods"
        return (
            f"Threshold Crossed: no datapoints were received for {definition.periods} {periods} and "
            f"{definition.periods} missing datapoints were treated as [{treated}]."
        )
    words, alarming = _COMPARISONS[definition.comparison][1], state == "ALARM"
    shown = list(breaching) if alarming and breaching else [each for each in existing if each not in breaching]
    shown = shown or list(existing)
    listed = ", ".join(f"{each.value} ({told(each)})" for each in reversed(shown))
    verb = ("was" if len(shown) == 1 else "were") + ("" if alarming else " not")
    return (
        f"Threshold Crossed: {len(shown)} out of the last {definition.periods} datapoints [{listed}] {verb} {words} "
        f"the threshold ({definition.threshold})."
    )
