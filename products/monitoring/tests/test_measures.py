"""What no service measures: missing captures, endpoints that are away, late runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from model_watch.inventory import Capture, Endpoint, Inventory, Pipeline, Variant
from model_watch.measures import Facts, Traffic, capture_missing, measure

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def endpoint(capture: Capture | None = Capture("s3://c/capture", 100), status: str = "InService") -> Endpoint:  # noqa: B008
    return Endpoint("scores", status, {"platform:model-group": "g"}, (Variant("main", "ml.m5.large", "m"),), capture)


def traffic(invocations: float, captured: bool) -> Facts:
    return Facts({("scores", "main"): Traffic(invocations, captured)}, {})


def values(inventory: Inventory, facts: Facts) -> dict[str, float]:
    return {each["MetricName"]: each["Value"] for each in measure(inventory, facts, NOW)}


@pytest.mark.parametrize(
    ("given", "facts", "missing"),
    [
        (endpoint(None), traffic(0, False), True),
        (endpoint(), traffic(100, False), True),
        (endpoint(), traffic(100, True), False),
        (endpoint(), traffic(0, False), False),
        (endpoint(), Facts({}, {}), False),
        (endpoint(Capture("s3://c", 10)), traffic(20, False), False),  # two of twenty might have been kept: chance
        (endpoint(Capture("s3://c", 10)), traffic(200, False), True),
    ],
    ids=["captures nothing", "called, none", "called, kept", "not called", "new", "too few", "sampled"],
)
def test_a_capture_is_missing_where_requests_should_have_left_one(given: Endpoint, facts: Facts, missing: bool) -> None:
    assert capture_missing(given, facts) is missing
    assert values(Inventory((given,)), facts)["CaptureMissing"] == float(missing)


@pytest.mark.parametrize(
    ("status", "away"), [("InService", 0.0), ("Updating", 0.0), ("Failed", 1.0), ("OutOfService", 1.0)]
)
def test_an_endpoint_that_cannot_answer_is_away(status: str, away: float) -> None:
    assert values(Inventory((endpoint(status=status),)), traffic(0, False))["EndpointUnavailable"] == away


def test_all_is_measured_when_all_is_well_so_that_silence_means_nobody_looked() -> None:
    data = measure(Inventory((endpoint(),)), traffic(0, False), NOW)
    assert {each["MetricName"] for each in data} == {"EndpointUnavailable", "CaptureMissing"}
    assert all(each["Dimensions"] == [{"Name": "Endpoint", "Value": "scores"}] for each in data)


@pytest.mark.parametrize(
    ("succeeded", "hours"),
    [({"p": NOW - timedelta(hours=5)}, 5.0), ({}, 240.0)],
    ids=["since the last", "never: since it was made"],
)
def test_lateness_counts_from_the_last_success(succeeded: dict[str, Any], hours: float) -> None:
    pipeline = Pipeline("p", "inference-pipeline", 26, NOW - timedelta(days=10))
    assert values(Inventory(pipelines=(pipeline,)), Facts({}, succeeded)) == {"HoursSinceSuccess": hours}
