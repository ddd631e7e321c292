"""How a deployed version's answers are judged."""

from __future__ import annotations

import json

import pytest
from sklearn.metrics import roc_auc_score

from model_delivery.refusal import RefusedError
from model_delivery.scoring import (
    Registered,
    area_under_curve,
    measure,
    percentile,
    ranks,
    read_answers,
    read_registered,
    read_sample,
)


def test_the_area_under_the_curve_is_scikit_learns() -> None:
    scores = [0.1, 0.4, 0.35, 0.8, 0.4, 0.9, 0.05, 0.4]
    labels = [0.0, 0.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0]
    assert area_under_curve(scores, labels) == pytest.approx(roc_auc_score(labels, scores))


def test_equal_values_share_their_rank() -> None:
    assert ranks([3.0, 1.0, 3.0, 2.0]) == [3.5, 1.0, 3.5, 2.0]


def test_a_sample_of_one_class_is_refused() -> None:
    with pytest.raises(RefusedError, match="The sample holds one class only"):
        area_under_curve([0.1, 0.2], [1.0, 1.0])


def test_the_error_of_a_regression_is_the_root_of_the_mean_square() -> None:
    assert measure("rmse", [{"prediction": 3.0}, {"prediction": 5.0}], [0.0, 1.0]) == pytest.approx(12.5**0.5)


@pytest.mark.parametrize(
    ("registered", "measured", "holds"),
    [
        (Registered("auc", 0.97), 0.951, True),
        (Registered("auc", 0.97), 0.949, False),
        (Registered("rmse", 10.0), 10.1, True),
        (Registered("rmse", 10.0), 10.3, False),
    ],
)
def test_a_metric_holds_within_the_tolerance(registered: Registered, measured: float, holds: bool) -> None:
    assert registered.holds(measured, 0.02) is holds


def test_metrics_are_read_from_the_registrys_file() -> None:
    content = {"binary_classification_metrics": {"auc": {"value": 0.98, "standard_deviation": "NaN"}}}
    assert read_registered(json.dumps(content), "s3://b/metrics.json") == Registered("auc", 0.98)
    with pytest.raises(RefusedError, match=r"The metrics s3://b/metrics\.json have neither an AUC nor an RMSE"):
        read_registered("{}", "s3://b/metrics.json")


def test_an_empty_sample_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"The sample s3://b/records\.jsonl holds no record"):
        read_sample("\n", "s3://b/records.jsonl")


def test_missing_answers_are_refused() -> None:
    with pytest.raises(RefusedError, match="2 records were asked for and 1 answers came"):
        read_answers('{"prediction": 1}\n', 2)
    with pytest.raises(RefusedError, match="Answer 2 of 2 has no prediction"):
        read_answers('{"prediction": 1}\n{"error": "no"}\n', 2)


def test_a_percentile_is_a_value_that_was_measured() -> None:
    assert percentile([0.5, 0.1, 0.9, 0.3], 0.95) == 0.9
    assert percentile([0.2], 0.95) == 0.2
