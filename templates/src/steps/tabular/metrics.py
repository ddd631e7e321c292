"""How good the model is on data it never saw, in the model-quality format that the registry shows. It draws nothing.

Format: SageMaker Model Monitor, model quality metrics: {"value", "standard_deviation"} a metric, "NaN" as text where
undefined.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from sklearn import metrics as score

from tabular.model import THRESHOLD

Numbers = npt.NDArray[np.float64]

CURVE_POINTS = 101
DEVIATION_ROWS = 200  # with fewer rows the monitor gives no standard deviation
_RESAMPLES = 5
_RESAMPLED_SHARE = 0.8


def evaluate(labels: Numbers, scores: Numbers, is_binary: bool) -> dict[str, Any]:
    """The whole metrics file. `labels` and `scores` have shape (rows,); for two classes 0 or 1, and probabilities."""
    content: dict[str, Any] = {"version": 0.0, "dataset": {"item_count": len(labels)}}
    if is_binary:
        content["binary_classification_metrics"] = {
            "confusion_matrix": _confusion(labels, scores),
            **_with_deviation(binary_values, labels, scores),
            **_curves(labels, scores),
        }
    else:
        content["regression_metrics"] = _with_deviation(regression_values, labels, scores)
    return content


def headline(content: dict[str, Any]) -> tuple[str, float]:
    """The one number that stands for the whole: AUC, or the root mean squared error."""
    if "regression_metrics" in content:
        return "rmse", content["regression_metrics"]["rmse"]["value"]
    return "auc", content["binary_classification_metrics"]["auc"]["value"]


def binary_values(labels: Numbers, scores: Numbers) -> dict[str, float]:
    """Every single number of a binary classifier, also of the best one that always answers the same."""
    predicted = (scores >= THRESHOLD).astype(np.float64)
    positives, negatives = labels == 1, labels == 0
    values = {
        **_classified(labels, predicted),
        "true_positive_rate": float(predicted[positives].mean()),
        "true_negative_rate": float((1 - predicted)[negatives].mean()),
        "false_positive_rate": float(predicted[negatives].mean()),
        "false_negative_rate": float((1 - predicted)[positives].mean()),
        "auc": float(score.roc_auc_score(labels, scores)),
    }
    constants = [_classified(labels, np.full(len(labels), answer)) for answer in (0.0, 1.0)]
    for name in constants[0]:
        values[f"{name}_best_constant_classifier"] = max(constant[name] for constant in constants)
    return values


def regression_values(labels: Numbers, scores: Numbers) -> dict[str, float]:
    """Every single number of a regression."""
    mse = float(score.mean_squared_error(labels, scores))
    return {
        "mae": float(score.mean_absolute_error(labels, scores)),
        "mse": mse,
        "rmse": mse**0.5,
        "r2": float(score.r2_score(labels, scores)),
    }


def _classified(labels: Numbers, predicted: Numbers) -> dict[str, float]:
    values = {
        "recall": score.recall_score(labels, predicted, zero_division=0),
        "precision": score.precision_score(labels, predicted, zero_division=0),
        "accuracy": score.accuracy_score(labels, predicted),
    }
    for name, beta in (("f0_5", 0.5), ("f1", 1.0), ("f2", 2.0)):
        values[name] = score.fbeta_score(labels, predicted, beta=beta, zero_division=0)
    return {name: float(value) for name, value in values.items()}


def _confusion(labels: Numbers, scores: Numbers) -> dict[str, dict[str, int]]:
    """Counts by true class, then by predicted class."""
    predicted = (scores >= THRESHOLD).astype(int)
    return {
        str(true): {str(answer): int(((labels == true) & (predicted == answer)).sum()) for answer in (0, 1)}
        for true in (0, 1)
    }


def _curves(labels: Numbers, scores: Numbers) -> dict[str, Any]:
    false_positives, true_positives, _ = score.roc_curve(labels, scores)
    precisions, recalls, _ = score.precision_recall_curve(labels, scores)
    return {
        "receiver_operating_characteristic_curve": {
            "false_positive_rates": _thin(false_positives),
            "true_positive_rates": _thin(true_positives),
        },
        "precision_recall_curve": {"precisions": _thin(precisions[::-1]), "recalls": _thin(recalls[::-1])},
    }


def _thin(values: Numbers) -> list[float]:
    """At most CURVE_POINTS of a curve's points, both ends among them: the file is not a copy of the data."""
    chosen = np.unique(np.linspace(0, len(values) - 1, CURVE_POINTS).round().astype(int))
    return [round(float(value), 6) for value in values[chosen]]


def _with_deviation(values_of: Any, labels: Numbers, scores: Numbers) -> dict[str, Any]:
    """Each value with its standard deviation over random parts of the data, as the monitor computes it."""
    samples = []
    if len(labels) >= DEVIATION_ROWS:
        random = np.random.default_rng(0)
        size = int(_RESAMPLED_SHARE * len(labels))
        for _ in range(_RESAMPLES):
            chosen = random.choice(len(labels), size=size, replace=False)
            if values_of is regression_values or len(np.unique(labels[chosen])) == 2:
                samples.append(values_of(labels[chosen], scores[chosen]))
    return {
        name: {"value": value, "standard_deviation": _deviation([sample[name] for sample in samples])}
        for name, value in values_of(labels, scores).items()
    }


def _deviation(values: list[float]) -> float | str:
    return float(np.std(values)) if len(values) == _RESAMPLES else "NaN"
