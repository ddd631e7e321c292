"""The model report's picture. Drawn with matplotlib's own canvas: no display, no global state."""

from __future__ import annotations

import io
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

Numbers = npt.NDArray[np.float64]

_MOST_BARS = 15
_BLUE, _ORANGE, _GREY = "#2c5aa0", "#d9822b", "#a9b4c2"


def model_picture(
    metrics: Mapping[str, Any], importance: Mapping[str, float], labels: Numbers, scores: Numbers
) -> bytes:
    """A PNG: how well the model ranks or fits, and which columns it relies on."""
    figure = Figure(figsize=(10, 8), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots(2, 2)
    if "binary_classification_metrics" in metrics:
        _ranking(axes[0, 0], metrics["binary_classification_metrics"])
        _precision(axes[0, 1], metrics["binary_classification_metrics"])
        _probabilities(axes[1, 0], labels, scores)
    else:
        _fit(axes[0, 0], labels, scores)
        _errors(axes[0, 1], labels, scores)
        _errors_over_size(axes[1, 0], labels, scores)
    _importance(axes[1, 1], importance)
    stream = io.BytesIO()
    figure.savefig(stream, format="png", dpi=90, metadata={"Software": None})
    return stream.getvalue()


def _ranking(axes: Axes, metrics: Mapping[str, Any]) -> None:
    curve = metrics["receiver_operating_characteristic_curve"]
    axes.plot(curve["false_positive_rates"], curve["true_positive_rates"], color=_BLUE)
    axes.plot([0, 1], [0, 1], color=_GREY, linestyle="--")
    axes.set(
        title=f"ROC, area {metrics['auc']['value']:.4f}", xlabel="false positive rate", ylabel="true positive rate"
    )


def _precision(axes: Axes, metrics: Mapping[str, Any]) -> None:
    curve = metrics["precision_recall_curve"]
    axes.plot(curve["recalls"], curve["precisions"], color=_BLUE)
    axes.set(title="Precision over recall", xlabel="recall", ylabel="precision", ylim=(0, 1.05))


def _probabilities(axes: Axes, labels: Numbers, scores: Numbers) -> None:
    bins = np.linspace(0, 1, 21).tolist()
    axes.hist(
        [scores[labels == 0], scores[labels == 1]], bins=bins, color=[_GREY, _ORANGE], label=["negative", "positive"]
    )
    axes.set(title="Predicted probability by true class", xlabel="probability", ylabel="rows")
    axes.legend()


def _fit(axes: Axes, labels: Numbers, scores: Numbers) -> None:
    axes.scatter(labels, scores, s=8, color=_BLUE, alpha=0.6)
    ends = [float(min(labels.min(), scores.min())), float(max(labels.max(), scores.max()))]
    axes.plot(ends, ends, color=_GREY, linestyle="--")
    axes.set(title="Predicted over true", xlabel="true", ylabel="predicted")


def _errors(axes: Axes, labels: Numbers, scores: Numbers) -> None:
    axes.hist(scores - labels, bins=30, color=_BLUE)
    axes.set(title="Errors", xlabel="predicted less true", ylabel="rows")


def _errors_over_size(axes: Axes, labels: Numbers, scores: Numbers) -> None:
    axes.scatter(scores, scores - labels, s=8, color=_BLUE, alpha=0.6)
    axes.axhline(0, color=_GREY, linestyle="--")
    axes.set(title="Errors over prediction", xlabel="predicted", ylabel="predicted less true")


def _importance(axes: Axes, importance: Mapping[str, float]) -> None:
    shown = list(importance.items())[:_MOST_BARS][::-1]
    # A column may be called "$x_1$": names are not mathematics.
    axes.barh([name.replace("$", r"\$") for name, _ in shown], [value for _, value in shown], color=_BLUE)
    axes.set(title="Mean effect of each column", xlabel="mean absolute Shapley value")
    axes.tick_params(axis="y", labelsize=8)
