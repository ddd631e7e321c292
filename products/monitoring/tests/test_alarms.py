"""Which alarms there should be, what each takes missing data for, and what is changed about those that are."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from model_watch.alarms import PREFIX, QUIET, WRONG, Alarm, Limits, desired, vcpus
from model_watch.inventory import Capture, Endpoint, Inventory, Pipeline, Queue, Variant
from model_watch.reconcile import Plan, apply, plan, read

TOPIC = "arn:aws:sns:eu-west-1:222222222223:alarms"
LIMITS = Limits(server_errors=1, client_errors=10, latency=1000, saturation=85, quiet_hours=0, violations=0)
CREATED = datetime(2026, 11, 1, tzinfo=UTC)


def endpoint(name: str = "scores", **changes: Any) -> Endpoint:
    given: dict[str, Any] = {
        "status": "InService",
        "tags": {"platform:model-group": "credit-risk-default"},
        "variants": (Variant("main", "ml.m5.xlarge", "model"),),
        "capture": Capture("s3://captures/capture", 100),
        **changes,
    }
    return Endpoint(name=name, **given)


def alarms(*endpoints: Endpoint, limits: Limits = LIMITS) -> dict[str, Alarm]:
    """By what follows the endpoint's name."""
    found = desired(Inventory(endpoints), limits)
    return {name.removeprefix(f"{PREFIX}scores/"): each for name, each in found.items()}


def everything() -> dict[str, Alarm]:
    """One of each kind."""
    pipeline = Pipeline("g-inference", "inference-pipeline", 26, CREATED)
    limits = Limits(**{**vars(LIMITS), "quiet_hours": 3})
    return desired(Inventory((endpoint(),), (pipeline,), (Queue("SC-DeadLetters-x"),)), limits)


def test_an_endpoint_has_one_alarm_for_each_thing_that_can_go_wrong() -> None:
    assert set(alarms(endpoint())) == {
        "availability",
        "data-capture",
        "drift",
        "main/errors-5xx",
        "main/errors-4xx",
        "main/latency",
        "main/cpu",
        "main/memory",
        "main/disk",
    }


def test_no_alarm_is_silent() -> None:
    for each in everything().values():
        request = each.request(TOPIC)
        assert request["AlarmActions"] == [TOPIC]
        assert request["OKActions"] == [TOPIC]
        assert request["ActionsEnabled"] is True
        assert request["TreatMissingData"] in (QUIET, WRONG)
        assert request["AlarmDescription"].endswith((".", "says what."))


def test_missing_data_is_wrong_where_somebody_should_have_measured_and_fine_where_nothing_happened() -> None:
    missing = {name.rpartition("/")[2]: each.missing for name, each in everything().items()}
    assert {kind for kind, what in missing.items() if what == WRONG} == {
        "availability",
        "data-capture",
        "invocations",
        "late",
    }
    assert {kind for kind, what in missing.items() if what == QUIET} == {
        *("errors-5xx", "errors-4xx", "latency", "cpu", "memory", "disk", "drift", "failed", "depth"),
    }


def test_shares_times_and_loads_are_in_the_units_of_their_metrics() -> None:
    found = alarms(endpoint())
    assert found["main/errors-5xx"].above == 0.01
    assert found["main/errors-5xx"].statistic == "Average"
    assert found["main/latency"].above == 1_000_000  # microseconds
    assert found["main/latency"].request(TOPIC)["ExtendedStatistic"] == "p99"
    assert found["main/cpu"].above == 85 * 4  # percent of each of four vCPUs
    assert found["main/memory"].above == 85


def test_silence_is_told_only_where_a_lead_says_after_how_long() -> None:
    found = alarms(endpoint(), limits=Limits(**{**vars(LIMITS), "quiet_hours": 3}))["main/invocations"]
    assert (found.period, found.periods, found.comparison, found.above) == (3600, 3, "LessThanThreshold", 1)
    assert "main/invocations" not in alarms(endpoint())


def test_a_serverless_variant_has_no_load() -> None:
    found = alarms(endpoint(variants=(Variant("main", "", "model"),)))
    assert not {"main/cpu", "main/memory", "main/disk"} & set(found)


def test_an_endpoint_that_is_meant_to_capture_nothing_says_so() -> None:
    assert "data-capture" in alarms(endpoint(capture=None))
    tags = {"platform:model-group": "g", "platform:data-capture": "off"}
    assert "data-capture" not in alarms(endpoint(capture=None, tags=tags))


def test_an_endpoint_known_by_its_name_alone_has_no_training_data_to_drift_from() -> None:
    assert "drift" not in alarms(endpoint(tags={}))


def test_only_a_pipeline_that_says_when_it_is_late_can_be_late() -> None:
    found = desired(Inventory(pipelines=(Pipeline("g-training", "training-pipeline", None, CREATED),)), LIMITS)
    assert list(found) == ["watch/pipeline/g-training/failed"]


@pytest.mark.parametrize(
    ("kind", "number"),
    [
        ("ml.t2.medium", 2),
        ("ml.m5.large", 2),
        ("ml.m5.xlarge", 4),
        ("ml.c5.2xlarge", 8),
        ("ml.m5.24xlarge", 96),
        ("ml.x", 1),
    ],
)
def test_the_size_of_an_instance_tells_its_processors(kind: str, number: int) -> None:
    assert vcpus(kind) == number


class FakeCloudWatch:
    """Alarms by name, as CloudWatch keeps them; two a page."""

    def __init__(self) -> None:
        self.alarms: dict[str, dict[str, Any]] = {}
        self.written: list[str] = []

    def put_metric_alarm(self, **given: Any) -> None:
        self.written.append(given["AlarmName"])
        self.alarms[given["AlarmName"]] = {**given, "StateValue": "OK"}

    def describe_alarms(self, **given: Any) -> dict[str, Any]:
        names = sorted(name for name in self.alarms if name.startswith(given["AlarmNamePrefix"]))
        start = int(given.get("NextToken", "0"))
        page: dict[str, Any] = {"MetricAlarms": [self.alarms[name] for name in names[start : start + 2]]}
        return {**page, "NextToken": str(start + 2)} if start + 2 < len(names) else page

    def delete_alarms(self, AlarmNames: list[str]) -> None:  # noqa: N803 - CloudWatch's name
        for name in AlarmNames:
            del self.alarms[name]


def reconcile(cloudwatch: FakeCloudWatch, *endpoints: Endpoint) -> Plan:
    steps = plan(read(cloudwatch), desired(Inventory(endpoints), LIMITS), TOPIC)
    apply(cloudwatch, steps, TOPIC)
    return steps


def test_alarms_follow_an_endpoint_whose_name_changes_and_none_is_left_behind() -> None:
    cloudwatch = FakeCloudWatch()
    reconcile(cloudwatch, endpoint("scores-v1"))
    before = set(cloudwatch.alarms)
    reconcile(cloudwatch, endpoint("scores-v2"))
    assert set(cloudwatch.alarms) == {name.replace("scores-v1", "scores-v2") for name in before}


def test_where_nothing_changed_nothing_is_written() -> None:
    cloudwatch = FakeCloudWatch()
    reconcile(cloudwatch, endpoint())
    assert reconcile(cloudwatch, endpoint()) == Plan((), ())


def test_an_alarm_that_somebody_changed_by_hand_is_set_back() -> None:
    cloudwatch = FakeCloudWatch()
    reconcile(cloudwatch, endpoint())
    cloudwatch.alarms["watch/scores/drift"].update(AlarmActions=[], Threshold=99.0)
    steps = reconcile(cloudwatch, endpoint())
    assert [each.name for each in steps.write] == ["watch/scores/drift"]
    assert cloudwatch.alarms["watch/scores/drift"]["AlarmActions"] == [TOPIC]


def test_alarms_of_others_are_left_alone() -> None:
    cloudwatch = FakeCloudWatch()
    cloudwatch.alarms["SC-222222222223-pp-x-DeadLettersAlarm"] = {"AlarmName": "SC-222222222223-pp-x-DeadLettersAlarm"}
    reconcile(cloudwatch)
    assert set(cloudwatch.alarms) == {"SC-222222222223-pp-x-DeadLettersAlarm"}


def test_alarms_carry_tags_that_say_whose_they_are() -> None:
    assert all(
        each.tags == {"platform:product": "monitoring", "platform:watches": each.subject}
        for each in everything().values()
    )
