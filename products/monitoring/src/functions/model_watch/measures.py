"""What no service measures: captures that are missing, endpoints that are away, runs that are late.

Pure: facts in, metric data out. Reading the facts is in facts.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from model_watch.inventory import Endpoint, Inventory

NAMESPACE = "Platform/Models"

_IN_SERVICE = ("InService", "Updating", "SystemUpdating", "Creating")
# Requests that should have been captured by the sampling rate, below which their absence may be chance.
_ENOUGH = 5


@dataclass(frozen=True)
class Traffic:
    """Requests to a variant in an hour, and whether an object with captures of that hour lies in the bucket."""

    invocations: float
    captured: bool


@dataclass(frozen=True)
class Facts:
    """By (endpoint, variant) the traffic; by pipeline the start of its newest successful run."""

    traffic: Mapping[tuple[str, str], Traffic]
    succeeded: Mapping[str, datetime]


def measure(inventory: Inventory, facts: Facts, now: datetime) -> list[dict[str, Any]]:
    """MetricData of PutMetricData: one value for each thing watched, also when all is well."""
    return [*_endpoints(inventory, facts), *_pipelines(inventory, facts, now)]


def _endpoints(inventory: Inventory, facts: Facts) -> Iterator[dict[str, Any]]:
    for endpoint in inventory.endpoints:
        own = {"Endpoint": endpoint.name}
        yield _datum("EndpointUnavailable", own, endpoint.status not in _IN_SERVICE, "Count")
        if endpoint.captures_on_purpose:
            yield _datum("CaptureMissing", own, capture_missing(endpoint, facts), "Count")


def capture_missing(endpoint: Endpoint, facts: Facts) -> bool:
    """Whether requests are not kept: it does not capture at all, or a variant was called and nothing lies there."""
    if endpoint.capture is None:
        return True
    for variant in endpoint.variants:
        traffic = facts.traffic.get((endpoint.name, variant.name), Traffic(0, False))
        if traffic.invocations * endpoint.capture.percent / 100 >= _ENOUGH and not traffic.captured:
            return True
    return False


def _pipelines(inventory: Inventory, facts: Facts, now: datetime) -> Iterator[dict[str, Any]]:
    for pipeline in inventory.pipelines:
        if pipeline.late_after is not None:
            # One that never succeeded is late from its creation on.
            since = facts.succeeded.get(pipeline.name, pipeline.created)
            hours = (now - since) / timedelta(hours=1)
            yield _datum("HoursSinceSuccess", {"Pipeline": pipeline.name}, hours, "None")


def _datum(name: str, dimensions: Mapping[str, str], value: float, unit: str) -> dict[str, Any]:
    named = [{"Name": key, "Value": text} for key, text in dimensions.items()]
    return {"MetricName": name, "Dimensions": named, "Value": float(value), "Unit": unit}
