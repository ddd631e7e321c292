"""Which versions are approved without a person (S2), and what is said of the others."""

from __future__ import annotations

import json
from typing import Any

import pytest

from model_approval.decision import METRICS, RefusedError, Rule, judge, metrics_key

BUCKET = "models-111111111111-eu-west-1-churn"
ASSETS = "s3://platform-artifacts-111111111111-eu-west-1/assets/"
RULE = Rule("churn", BUCKET, "auc", 0.97, ASSETS)
ASKS = {
    "platform:approval": "automatic",
    "platform:code": f"{ASSETS}0a1b.zip",
    "platform:data": "s3://training-222222222221-eu-west-1-churn/data/",
}


def _version(**changes: Any) -> dict[str, Any]:
    version = {
        "ModelPackageGroupName": "churn",
        "ModelApprovalStatus": "PendingManualApproval",
        "CustomerMetadataProperties": ASKS,
        "InferenceSpecification": {"Containers": [{"ModelDataUrl": f"s3://{BUCKET}/run1/model.tar.gz"}]},
        "ModelMetrics": {"ModelQuality": {"Statistics": {"S3Uri": f"s3://{BUCKET}/run1/evaluation/metrics.json"}}},
    }
    return version | changes


def _metrics(value: Any, metric: str = "auc") -> bytes:
    return json.dumps({METRICS[metric][0]: {metric: {"value": value}}}).encode()


def _statistics(uri: str) -> dict[str, Any]:
    return {"ModelQuality": {"Statistics": {"S3Uri": uri}}}


def test_a_version_that_asks_is_judged_by_the_metrics_of_its_own_run() -> None:
    assert metrics_key(_version(), RULE) == "run1/evaluation/metrics.json"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"CustomerMetadataProperties": {}}, "does not ask"),
        ({"CustomerMetadataProperties": {"platform:approval": "manual"}}, "does not ask"),
        ({"CustomerMetadataProperties": {"platform:approval": "automatic"}}, "not the platform's .*not said"),
        (
            {
                "CustomerMetadataProperties": ASKS
                | {"platform:code": "s3://training-222222222221-eu-west-1-churn/code/a.zip"}
            },
            "steps are not the platform's",
        ),
        ({"CustomerMetadataProperties": ASKS | {"platform:data": f"{ASSETS}easy/"}}, "not trained on all data"),
        (
            {"CustomerMetadataProperties": ASKS | {"platform:data": f"{ASKS['platform:data']}easy/"}},
            "not trained on all data",
        ),
        ({"ModelApprovalStatus": "Rejected"}, "its status is Rejected"),
        ({"ModelApprovalStatus": "Approved"}, "its status is Approved"),
        ({"ModelPackageGroupName": "fraud"}, "version of fraud"),
        ({"ModelMetrics": {}}, "none registered"),
        ({"ModelMetrics": _statistics("s3://elsewhere/run1/evaluation/metrics.json")}, "not in the registry"),
        ({"ModelMetrics": _statistics(f"s3://{BUCKET}-2/run1/evaluation/metrics.json")}, "not in the registry"),
        ({"ModelMetrics": _statistics(f"s3://{BUCKET}/run1/baseline/metrics.json")}, "not in the registry"),
        ({"ModelMetrics": _statistics(f"s3://{BUCKET}/run2/evaluation/metrics.json")}, "not those of the run"),
        ({"InferenceSpecification": {"Containers": []}}, "not those of the run"),
    ],
)
def test_every_other_version_is_left_to_people(changes: dict[str, Any], why: str) -> None:
    with pytest.raises(RefusedError, match=why):
        metrics_key(_version(**changes), RULE)


@pytest.mark.parametrize("value", [0.97, 0.99, 1])
def test_what_reaches_the_threshold_passes(value: float) -> None:
    assert judge(_metrics(value), RULE) == f"auc {value:g} is at least 0.97"


def test_what_misses_the_threshold_does_not() -> None:
    with pytest.raises(RefusedError, match=r"its auc is 0.9699, and must be at least 0.97"):
        judge(_metrics(0.9699), RULE)


def test_an_error_is_good_when_it_is_low() -> None:
    rule = Rule("homes", BUCKET, "rmse", 25_000, ASSETS)
    assert judge(_metrics(24_000, "rmse"), rule) == "rmse 24000 is at most 25000"
    with pytest.raises(RefusedError, match="at most 25000"):
        judge(_metrics(26_000, "rmse"), rule)


@pytest.mark.parametrize(
    "content",
    [b"", b"no JSON", b"[]", b"{}", _metrics(0.99, "rmse"), b'{"binary_classification_metrics": {"auc": 1}}'],
)
def test_a_file_without_the_metric_approves_nothing(content: bytes) -> None:
    with pytest.raises(RefusedError, match=r"has no binary_classification_metrics.auc.value"):
        judge(content, RULE)


@pytest.mark.parametrize("value", [True, "0.99", None, float("nan"), float("inf")])
def test_what_is_no_number_approves_nothing(value: Any) -> None:
    with pytest.raises(RefusedError, match="is no number"):
        judge(_metrics(value), RULE)
