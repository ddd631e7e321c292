"""Metrics that services of the landscape write themselves. Who evaluates them is told; nothing is decided here."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from moto.cloudwatch.models import cloudwatch_backends

from harness.emulator import background, clock

Metrics = frozenset[tuple[str, str]]  # namespaces and names
Listener = Callable[[str, str, Metrics], object]  # account, region, what has new data
_listeners: list[Listener] = []
_waiting: dict[str, set[tuple[str, str]]] = {}  # account and region → what will be told of
_lock = threading.Lock()


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
    arrived(account_id, region, namespace, {each.name for each in data})


def when_arrived(listener: Listener) -> None:
    """Someone who wants to know that an account has new data in a region."""
    background.when_ended(_forget)
    if listener not in _listeners:
        _listeners.append(listener)


def arrived(account_id: str, region: str, namespace: str, names: Collection[str]) -> None:
    """Says that metrics have new data. Much that comes at once is told once."""
    if not background.is_served():
        return
    key, new = f"metrics:{account_id}:{region}", {(namespace, name) for name in names}
    with _lock:
        if key in _waiting:
            _waiting[key] |= new
            return
        _waiting[key] = new
    background.submit(key, partial(_tell, key, account_id, region))


def _tell(key: str, account_id: str, region: str) -> None:
    with _lock:
        new = frozenset(_waiting.pop(key, set()))
    for each in _listeners:
        each(account_id, region, new)


def _forget() -> None:
    # Else nobody would be told in the next landscape, for somebody seems to be about to.
    with _lock:
        _waiting.clear()


def _told(datum: Datum) -> dict[str, Any]:
    return {
        "MetricName": datum.name,
        "Value": datum.value,
        "Unit": datum.unit,
        "Timestamp": datum.moment.replace(tzinfo=None),  # moto compares naive ones, in UTC
        "Dimensions": [{"Name": name, "Value": value} for name, value in datum.dimensions.items()],
    }
