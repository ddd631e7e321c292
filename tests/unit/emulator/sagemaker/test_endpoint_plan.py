"""From a DeploymentConfig to the steps in which traffic moves."""

from __future__ import annotations

from typing import Any

import pytest

from harness.emulator.sagemaker.endpoint_plan import Step, UnusablePlanError, steps


def blue_green(kind: str, **more: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": 300, **more}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing, "TerminationWaitInSeconds": 600}}


def shares(found: list[Step]) -> list[tuple[float, int]]:
    return [(round(each.share, 3), each.seconds) for each in found]


def test_without_a_configuration_all_traffic_moves_at_once() -> None:
    assert shares(steps(None, 2)) == [(1.0, 0)]
    assert shares(steps({"AutoRollbackConfiguration": {"Alarms": []}}, 2)) == [(1.0, 0)]


def test_all_at_once_watches_the_alarms_before_the_old_fleet_ends() -> None:
    (step,) = steps(blue_green("ALL_AT_ONCE"), 3)
    assert (step.share, step.seconds, step.instances) == (1.0, 600, 3)
    assert step.message == (
        "Baking for 600 seconds (TerminationWaitInSeconds) with traffic enabled on full capacity of 3 instance(s)."
    )


def test_a_canary_takes_its_part_first() -> None:
    percent = {"Type": "CAPACITY_PERCENT", "Value": 30}
    assert shares(steps(blue_green("CANARY", CanarySize=percent), 4)) == [(0.3, 300), (1.0, 600)]
    count = {"Type": "INSTANCE_COUNT", "Value": 1}
    first, _ = steps(blue_green("CANARY", CanarySize=count), 4)
    assert (first.share, first.instances) == (0.25, 1)
    assert "canary capacity of 1 instance(s)" in first.message


def test_linear_steps_are_equal_and_the_last_one_is_watched_longest() -> None:
    size = {"Type": "CAPACITY_PERCENT", "Value": 33}
    assert shares(steps(blue_green("LINEAR", LinearStepSize=size), 3)) == [
        (0.33, 300),
        (0.66, 300),
        (0.99, 300),
        (1.0, 600),
    ]


def test_rolling_batches_wait_after_each() -> None:
    rolling = {"MaximumBatchSize": {"Type": "INSTANCE_COUNT", "Value": 2}, "WaitIntervalInSeconds": 60}
    assert shares(steps({"RollingUpdatePolicy": rolling}, 4)) == [(0.5, 60), (1.0, 60)]


@pytest.mark.parametrize(
    ("deployment", "problem"),
    [
        (blue_green("CANARY"), "CanarySize is required"),
        (blue_green("LINEAR"), "LinearStepSize is required"),
        (blue_green("CANARY", CanarySize={"Type": "CAPACITY_PERCENT", "Value": 60}), "at most 50%"),
        (blue_green("CANARY", CanarySize={"Type": "INSTANCE_COUNT", "Value": 1}), "at most 50%"),
        ({**blue_green("ALL_AT_ONCE"), "RollingUpdatePolicy": {"MaximumBatchSize": {}}}, "Only one"),
    ],
)
def test_a_plan_that_contradicts_itself_is_refused(deployment: dict[str, Any], problem: str) -> None:
    with pytest.raises(UnusablePlanError, match=problem):
        steps(deployment, 1)
