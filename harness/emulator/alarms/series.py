"""The points that an alarm looks at, from what moto keeps of its metrics. It judges nothing."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from moto.cloudwatch.models import Alarm, MetricAggregatedDatum, cloudwatch_backends

from harness.emulator import clock
from harness.emulator.alarms import expression
from harness.emulator.alarms.definition import EXTRA_PERIODS, Point
from harness.emulator.alarms.expression import Series
from harness.emulator.alarms.metrics import Metrics

_SIMPLE: Mapping[str, Callable[[list[float]], float]] = {
    "Sum": sum,
    "Average": lambda values: sum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
    "SampleCount": lambda values: float(len(values)),
}


class NotModelledError(ValueError):
    """A statistic or metric that the landscape does not compute; the message names it."""


def check(alarm: Alarm) -> None:
    """Raises NotModelledError, InvalidExpressionError where an alarm could not be evaluated."""
    if not alarm.metric_data_queries:
        _statistic(alarm.statistic or alarm.extended_statistic)
    for query in alarm.metric_data_queries:
        if query.expression:
            expression.parse(query.expression)
        elif query.metric_stat:
            _statistic(query.metric_stat.stat)


def metrics_of(alarm: Alarm) -> Metrics:
    """The metrics that an alarm looks at."""
    stats = [each.metric_stat.metric for each in alarm.metric_data_queries if each.metric_stat]
    found = {(each.namespace, each.metric_name) for each in stats}
    return frozenset(found or {(alarm.namespace, alarm.metric_name)})


def period_of(alarm: Alarm) -> int:
    """Seconds."""
    if not alarm.metric_data_queries:
        return int(alarm.period)
    own = [int(each.period) for each in alarm.metric_data_queries if each.period]
    metrics = [int(each.metric_stat.period) for each in alarm.metric_data_queries if each.metric_stat]
    return max([*own, *metrics])


def points(account: str, region: str, alarm: Alarm) -> list[Point]:
    """The points of the alarm's range, the oldest first; the newest period may still go on."""
    period = period_of(alarm)
    newest = int(clock.now().timestamp()) // period * period
    reach = int(alarm.evaluation_periods) + EXTRA_PERIODS
    starts = [newest - period * number for number in reversed(range(reach))]
    data = cloudwatch_backends[account][region].get_all_metrics()
    if not alarm.metric_data_queries:
        statistic = _statistic(alarm.statistic or alarm.extended_statistic)
        found = _series(data, alarm.namespace, alarm.metric_name, alarm.dimensions, alarm.unit, statistic, starts)
    else:
        found = _computed(data, alarm, starts)
    return [Point(start, found[start]) for start in starts if start in found]


def _computed(data: Iterable[Any], alarm: Alarm, starts: list[int]) -> Series:
    known: dict[str, Series] = {}
    problem = ""
    for query in alarm.metric_data_queries:
        if query.metric_stat:
            metric, stat = query.metric_stat.metric, query.metric_stat
            known[query.id] = _series(
                data, metric.namespace, metric.metric_name, metric.dimensions, stat.unit, _statistic(stat.stat), starts
            )
    waiting = {each.id: expression.parse(each.expression) for each in alarm.metric_data_queries if each.expression}
    metrics = tuple(known)
    while waiting:
        ready = {}
        for name, compute in waiting.items():
            try:
                ready[name] = compute(expression.Known(known, metrics, tuple(starts)))
            except expression.InvalidExpressionError as error:  # perhaps another one must be computed first
                problem = str(error)
        if not ready:
            raise expression.InvalidExpressionError(problem)
        for name, value in ready.items():
            known[name] = value if isinstance(value, dict) else _constant(value, starts)
            del waiting[name]
    wanted = next((each.id for each in alarm.metric_data_queries if each.return_data is not False), None)
    return known[str(wanted)]


def _constant(value: Any, starts: list[int]) -> Series:
    if isinstance(value, list):
        raise expression.InvalidExpressionError("an alarm needs one series, not several")
    return dict.fromkeys(starts, float(value))


def _series(
    data: Iterable[Any],
    namespace: str,
    name: str,
    dimensions: Iterable[Any],
    unit: str | None,
    statistic: Callable[[list[float]], float],
    starts: list[int],
) -> Series:
    wanted = {(each.name, each.value) for each in dimensions}
    period = starts[1] - starts[0]
    buckets: dict[int, list[float]] = defaultdict(list)
    for each in data:
        if each.namespace != namespace or each.name != name or (unit and each.unit != unit):
            continue
        if {(one.name, one.value) for one in each.dimensions} != wanted:
            continue
        start = int(_seconds(each.timestamp)) // period * period
        if start >= starts[0]:
            buckets[start] += _values(each)
    return {start: statistic(values) for start, values in buckets.items() if start <= starts[-1]}


def _seconds(moment: datetime) -> float:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _values(datum: Any) -> list[float]:
    if not isinstance(datum, MetricAggregatedDatum):
        return [float(datum.value)]
    # A set of statistics says no more than these: extremes, and an even rest.
    count = max(1, int(datum.sample_count))
    if count == 1:
        return [float(datum.sum)]
    rest = (datum.sum - datum.min - datum.max) / (count - 2) if count > 2 else 0.0
    return [float(datum.min), float(datum.max), *[rest] * (count - 2)]


def _statistic(name: str | None) -> Callable[[list[float]], float]:
    if name in _SIMPLE:
        return _SIMPLE[str(name)]
    text = str(name)
    if text.startswith("p") and text[1:].replace(".", "", 1).isdigit() and 0 <= float(text[1:]) <= 100:
        return lambda values: _percentile(values, float(text[1:]))
    raise NotModelledError(f"the statistic {name} is not modelled")


def _percentile(values: list[float], percent: float) -> float:
    ordered = sorted(values)
    place = (len(ordered) - 1) * percent / 100
    low, high = math.floor(place), math.ceil(place)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
