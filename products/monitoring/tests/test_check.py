"""Which drift checks are started: for what was called, against the version that answered, once for each time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from model_watch.check import Window, start_checks

REGISTRY = "arn:aws:sagemaker:eu-west-1:111111111111"
PACKAGE = f"{REGISTRY}:model-package/credit-risk-default/3"
BASELINE = {
    "ModelDataQuality": {
        "Statistics": {"S3Uri": "s3://models/a1/baseline/statistics.json"},
        "Constraints": {"S3Uri": "s3://models/a1/baseline/constraints.json"},
    }
}
DAY = Window("2026/11/20")


class FakeSageMaker:
    """One endpoint `scores` with one variant `main`, and what it is made of."""

    def __init__(
        self,
        tags: Mapping[str, str],
        model: Mapping[str, Any],
        baseline: Mapping[str, Any] = BASELINE,
        capture: bool = True,
    ) -> None:
        self.tags, self.model, self.baseline, self.capture = tags, model, baseline, capture
        self.started: list[dict[str, Any]] = []

    def list_endpoints(self, **given: Any) -> dict[str, Any]:
        return {"Endpoints": [{"EndpointName": "scores", "EndpointArn": "arn:e", "EndpointStatus": "InService"}]}

    def list_tags(self, **given: Any) -> dict[str, Any]:
        tags = self.tags if given["ResourceArn"] == "arn:e" else self.model.get("Tags", {})
        return {"Tags": [{"Key": key, "Value": value} for key, value in tags.items()]}

    def describe_endpoint(self, **given: Any) -> dict[str, Any]:
        return {"EndpointName": "scores", "EndpointStatus": "InService", "EndpointConfigName": "config"}

    def describe_endpoint_config(self, **given: Any) -> dict[str, Any]:
        variant = {"VariantName": "main", "InstanceType": "ml.m5.large", "ModelName": "model"}
        config: dict[str, Any] = {"ProductionVariants": [variant]}
        if self.capture:
            destination = "s3://captures/capture/"
            config["DataCaptureConfig"] = {"DestinationS3Uri": destination, "InitialSamplingPercentage": 100}
        return config

    def describe_model(self, **given: Any) -> dict[str, Any]:
        return {**self.model, "ModelArn": "arn:m"}

    def describe_model_package(self, **given: Any) -> dict[str, Any]:
        assert given["ModelPackageName"] == PACKAGE
        return {"DriftCheckBaselines": self.baseline}

    def start_pipeline_execution(self, **given: Any) -> None:
        self.started.append(given)


class FakeBucket:
    """Objects under these prefixes."""

    def __init__(self, *prefixes: str) -> None:
        self.prefixes = prefixes

    def list_objects_v2(self, **given: Any) -> dict[str, Any]:
        return {"KeyCount": int(given["Prefix"] in self.prefixes)}


CALLED = FakeBucket("capture/scores/main/2026/11/20/")
GROUP = {"platform:model-group": "credit-risk-default"}
OF_A_PACKAGE = {"PrimaryContainer": {"ModelPackageName": PACKAGE}}


def test_captures_of_the_time_are_held_against_the_baseline_of_the_version_that_answers() -> None:
    sagemaker = FakeSageMaker(GROUP, OF_A_PACKAGE)
    assert start_checks(sagemaker, CALLED, "platform-drift-check", REGISTRY, DAY)["started"] == ["scores/main"]
    (started,) = sagemaker.started
    assert started["PipelineName"] == "platform-drift-check"
    assert {each["Name"]: each["Value"] for each in started["PipelineParameters"]} == {
        "Endpoint": "scores",
        "ModelGroup": "credit-risk-default",
        "Captures": "s3://captures/capture/scores/main/2026/11/20/",
        "Statistics": "s3://models/a1/baseline/statistics.json",
        "Constraints": "s3://models/a1/baseline/constraints.json",
    }


@pytest.mark.parametrize(
    ("tags", "model"),
    [
        (GROUP, {"Containers": [{"Image": "i"}, {"ModelPackageName": PACKAGE}]}),
        (
            {**GROUP, "platform:model-version": "2"},
            {"PrimaryContainer": {"Image": "copy"}, "Tags": {"platform:model-version": "3"}},
        ),
        ({**GROUP, "platform:model-version": "3"}, {"PrimaryContainer": {"Image": "copy"}}),
    ],
    ids=["one of several containers", "a copy's own tag before its endpoint's", "the endpoint's tag"],
)
def test_the_version_is_named_by_the_model_or_by_the_tag(tags: dict[str, str], model: dict[str, Any]) -> None:
    sagemaker = FakeSageMaker(tags, model)
    assert start_checks(sagemaker, CALLED, "p", REGISTRY, DAY)["started"] == ["scores/main"]


def test_the_same_time_is_checked_once_however_often_it_is_asked_for() -> None:
    sagemaker = FakeSageMaker(GROUP, OF_A_PACKAGE)
    for _ in range(2):
        start_checks(sagemaker, CALLED, "p", REGISTRY, DAY)
    assert len({each["ClientRequestToken"] for each in sagemaker.started}) == 1
    other = FakeBucket("capture/scores/main/2026/11/21/")
    start_checks(sagemaker, other, "p", REGISTRY, Window("2026/11/21"))
    assert len({each["ClientRequestToken"] for each in sagemaker.started}) == 2


def test_nobody_who_called_nothing_to_check() -> None:
    sagemaker = FakeSageMaker(GROUP, OF_A_PACKAGE)
    done = start_checks(sagemaker, FakeBucket(), "p", REGISTRY, DAY)
    assert (done["started"], done["quiet"], done["unknown"]) == ([], ["scores/main"], [])
    assert sagemaker.started == []


@pytest.mark.parametrize(
    "sagemaker",
    [FakeSageMaker(GROUP, {"PrimaryContainer": {"Image": "i"}}), FakeSageMaker(GROUP, OF_A_PACKAGE, baseline={})],
    ids=["no version", "no baseline"],
)
def test_an_endpoint_that_cannot_be_checked_is_told_and_not_passed_over(sagemaker: FakeSageMaker) -> None:
    (said,) = start_checks(sagemaker, CALLED, "p", REGISTRY, DAY)["unknown"]
    assert said.startswith("scores/main: no version of the registry with a baseline")


@pytest.mark.parametrize(
    "sagemaker", [FakeSageMaker({}, OF_A_PACKAGE), FakeSageMaker(GROUP, OF_A_PACKAGE, capture=False)]
)
def test_endpoints_of_others_and_those_without_captures_are_not_checked(sagemaker: FakeSageMaker) -> None:
    done = start_checks(sagemaker, CALLED, "p", REGISTRY, DAY)
    assert (done["started"], done["quiet"], done["unknown"]) == ([], [], [])


@pytest.mark.parametrize(
    ("unit", "folder"), [("Daily", "2026/11/20"), ("Hourly", "2026/11/20/23"), ("Off", "2026/11/20")]
)
def test_the_time_is_one_whose_captures_have_all_been_written(unit: str, folder: str) -> None:
    assert Window.before(datetime(2026, 11, 21, 1, 20, tzinfo=UTC), unit).folder == folder
