"""The start function between its table and SageMaker: what is kept, and what happens when something breaks."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.unit.emulator.conftest import Tenant, emulator, new_tenant, tenant
from training_start.guard import Limits, State
from training_start.handler import Settings, begin
from training_start.requests import Reason, Request
from training_start.store import LEASE, BusyError, Store

__all__ = ["emulator", "new_tenant", "tenant"]  # fixtures

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SETTINGS = Settings("churn-training", "training-bucket", "guard", Limits(timedelta(hours=24), 3))
DRIFT = Request(Reason.DRIFT, "drift: x")


class Pipelines:
    """SageMaker's pipelines: what was started, and what goes on."""

    def __init__(self, *statuses: str) -> None:
        self.executions = [
            {"PipelineExecutionArn": f"arn:{number}", "PipelineExecutionStatus": status}
            for number, status in enumerate(statuses)
        ]
        self.started: list[dict[str, Any]] = []
        self.broken = False

    def list_pipeline_executions(self, **_given: Any) -> dict[str, Any]:
        return {"PipelineExecutionSummaries": self.executions}

    def start_pipeline_execution(self, **given: Any) -> dict[str, Any]:
        if self.broken:
            raise ConnectionError("SageMaker does not answer")
        self.started.append(given)
        return {"PipelineExecutionArn": "arn:new"}


@pytest.fixture
def store(tenant: Tenant) -> Callable[[str], Store]:
    """A table, and views of it that claim by different names."""
    dynamodb = tenant.client("dynamodb")
    dynamodb.create_table(
        TableName="guard",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "group", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "group", "KeyType": "HASH"}],
    )
    return lambda claim: Store(dynamodb, "guard", "churn-training", claim)


def _begin(request: Request, pipelines: Pipelines, store: Any, now: datetime = NOW) -> dict[str, Any]:
    return begin(request, pipelines, store, SETTINGS, "start-1234", lambda: now, lambda _seconds: None)


def test_a_run_is_started_once_for_a_call_however_often_it_is_tried(store: Callable[[str], Store]) -> None:
    pipelines = Pipelines("Succeeded", "Failed")
    answer = _begin(DRIFT, pipelines, store("one"))
    assert answer == {"started": True, "reason": "Started (drift: x).", "execution": "arn:new"}
    (given,) = pipelines.started
    assert given["ClientRequestToken"] == "start-1234"
    assert given["PipelineParameters"] == [{"Name": "Cause", "Value": "drift: x"}]


@pytest.mark.parametrize("status", ["Executing", "Stopping"])
def test_runs_that_somebody_started_by_hand_count_too(store: Callable[[str], Store], status: str) -> None:
    pipelines = Pipelines("Succeeded", status)
    answer = _begin(Request(Reason.SCHEDULE, "schedule"), pipelines, store("one"))
    assert (answer["started"], answer["execution"], pipelines.started) == (False, None, [])
    assert "arn:1" in answer["reason"]


def test_what_drift_has_started_is_remembered_over_calls(store: Callable[[str], Store]) -> None:
    assert _begin(DRIFT, Pipelines(), store("one"))["started"]
    again = _begin(DRIFT, Pipelines("Succeeded"), store("two"), NOW + timedelta(hours=1))
    assert not again["started"]
    assert again["reason"].startswith("Drift started a run at 2026-11-21T12:00+00:00")


def test_a_start_that_breaks_counts_and_leaves_the_door_open(store: Callable[[str], Store]) -> None:
    pipelines = Pipelines()
    pipelines.broken = True
    with pytest.raises(ConnectionError):
        _begin(DRIFT, pipelines, store("one"))
    assert not _begin(DRIFT, Pipelines(), store("two"))["started"]  # one too many is counted, never one too few
    assert _begin(Request(Reason.PERSON, "person"), Pipelines(), store("three"))["started"]


def test_of_two_calls_at_once_one_decides(store: Callable[[str], Store]) -> None:
    first = store("one")
    first.claim(NOW)
    with pytest.raises(BusyError):
        _begin(DRIFT, Pipelines(), store("two"))
    first.release()
    assert _begin(DRIFT, Pipelines(), store("two"))["started"]


def test_a_call_that_died_holds_the_door_for_a_while_only(store: Callable[[str], Store]) -> None:
    store("dead").claim(NOW)
    late = NOW + LEASE + timedelta(seconds=1)
    assert _begin(DRIFT, Pipelines(), store("two"), late)["started"]


def test_the_table_gives_back_what_it_was_given(store: Callable[[str], Store]) -> None:
    state = State(drift=(NOW, NOW - timedelta(days=2)), waiting="data: data/x.csv")
    first = store("one")
    assert first.claim(NOW) == State()
    first.keep(state)
    first.release()
    assert store("two").claim(NOW) == state
