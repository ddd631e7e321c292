"""Metrics that services of the landscape write themselves. Who evaluates them is told; nothing is decided here."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from harness.emulator import background, clock

Listener = Callable[[str, str], None]  # account, region
_listeners: list[Listener] = []


@dataclass(frozen=True)
class Datum:
    """One value of a metric."""

    name: str
    value: float
    unit: str = "Count"
    dimensions: Mapping[str, str] = field(default_factory=dict)
    moment: datetime = field(default_factory=clock.now)


def record(account_id: str, region: str, namespace: str, data: Sequence[Datum]) -> None:
    """Writes values as a service does (`namespace`: AWS/Lambda); alarms are evaluated then."""
    cloudwatch_backends[account_id][region].put_metric_data(namespace, [_told(each) for each in data])
    arrived(account_id, region)


def when_arrived(listener: Listener) -> None:
    """Someone who wants to know that an account has new data in a region."""
    _listeners.append(listener)


def arrived(account_id: str, region: str) -> None:
    """Says that there are new data."""
    for each in _listeners:
        background.submit(f"metrics:{account_id}:{region}", lambda listener=each: listener(account_id, region))  # type: ignore[misc] # a default


def _told(datum: Datum) -> dict[str, Any]:
    return {
        "MetricName": datum.name,
        "Value": datum.value,
        "Unit": datum.unit,
        "Timestamp": datum.moment.replace(tzinfo=None),  # moto compares naive ones, in UTC
        "Dimensions": [{"Name": name, "Value": value} for name, value in datum.dimensions.items()],
    }
