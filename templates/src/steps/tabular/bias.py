"""Does the model treat groups alike: chosen columns' groups compared, in the shape of SageMaker Clarify's bias report.

Metrics by Clarify's names and definitions; group d is the one named, group a all others. For regression "positive"
means above the median of the label. A metric that cannot be computed (nobody in a group, nobody positive) is null with
the reason in "error".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from tabular.errors import DataError
from tabular.model import THRESHOLD
from tabular.schema import Schema

MOST_GROUPS = 20  # of one column, most frequent first
FEW_ROWS = 30  # a group below says little, and the report says so

Bools = npt.NDArray[np.bool_]
Numbers = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """What is counted in one group: rows, and rates of what happened and of what was predicted."""

    true: Bools
    predicted: Bools

    def __len__(self) -> int:
        return len(self.true)

    @property
    def positive(self) -> float:
        return _ratio(self.true.sum(), len(self))

    @property
    def predicted_positive(self) -> float:
        return _ratio(self.predicted.sum(), len(self))

    @property
    def accuracy(self) -> float:
        return _ratio((self.true == self.predicted).sum(), len(self))

    @property
    def recall(self) -> float:
        return _ratio((self.true & self.predicted).sum(), self.true.sum())

    @property
    def precision(self) -> float:
        return _ratio((self.true & self.predicted).sum(), self.predicted.sum())

    @property
    def specificity(self) -> float:
        return _ratio((~self.true & ~self.predicted).sum(), (~self.true).sum())


Metric = Callable[[Group, Group], float]

# name, what it is called, its value for the others (a) and the group (d)
PRE_TRAINING: Sequence[tuple[str, str, Metric]] = (
    ("CI", "Class Imbalance (CI)", lambda a, d: _ratio(len(a) - len(d), len(a) + len(d))),
    ("DPL", "Difference in Positive Proportions in Labels (DPL)", lambda a, d: a.positive - d.positive),
)
POST_TRAINING: Sequence[tuple[str, str, Metric]] = (
    (
        "DPPL",
        "Difference in Positive Proportions in Predicted Labels (DPPL)",
        lambda a, d: a.predicted_positive - d.predicted_positive,
    ),
    ("DI", "Disparate Impact (DI)", lambda a, d: _ratio(d.predicted_positive, a.predicted_positive)),
    ("AD", "Accuracy Difference (AD)", lambda a, d: a.accuracy - d.accuracy),
    ("RD", "Recall Difference (RD)", lambda a, d: a.recall - d.recall),
    ("DAR", "Difference in Acceptance Rates (DAR)", lambda a, d: a.precision - d.precision),
    ("SD", "Specificity Difference (SD)", lambda a, d: d.specificity - a.specificity),
)


def report(
    frame: pd.DataFrame, schema: Schema, columns: Sequence[str], labels: Numbers, scores: Numbers
) -> dict[str, Any]:
    """The bias file over the columns' groups. Raises DataError for a column that the data lacks."""
    if schema.is_binary:
        true, predicted, positive = labels == 1, scores >= THRESHOLD, schema.positive
    else:
        middle = float(np.median(labels))
        true, predicted, positive = labels > middle, scores > middle, f"({middle:g}, inf)"
    sections: dict[str, dict[str, Any]] = {}
    for section, metrics in (
        ("pre_training_bias_metrics", PRE_TRAINING),
        ("post_training_bias_metrics", POST_TRAINING),
    ):
        facets = {
            name: [
                {
                    "value_or_threshold": value,
                    "rows": int(member.sum()),
                    "metrics": _metrics(
                        metrics, Group(true[~member], predicted[~member]), Group(true[member], predicted[member])
                    ),
                }
                for value, member in _groups(frame, name)
            ]
            for name in columns
        }
        sections[section] = {"label": schema.label, "label_value_or_threshold": positive, "facets": facets}
    return {"version": "1.0", **sections}


def _groups(frame: pd.DataFrame, name: str) -> list[tuple[str, Bools]]:
    """A column's groups with their members: its values, or for a number with many of them those above the median."""
    if name not in frame.columns:
        raise DataError("groups", f"column '{name}' is not in the test data ({len(frame)} rows)")
    values = frame[name]
    if pd.api.types.is_numeric_dtype(values) and values.nunique() > 5:
        middle = float(values.median())
        return [(f"({middle:g}, inf)", (values > middle).to_numpy(dtype=bool))]
    counts = values.value_counts()
    ranked = sorted(counts.items(), key=lambda each: (-int(each[1]), str(each[0])))[:MOST_GROUPS]
    return [
        (f"{value:g}" if isinstance(value, float) else str(value), (values == value).to_numpy(dtype=bool))
        for value, _ in ranked
    ]


def _metrics(metrics: Sequence[tuple[str, str, Metric]], others: Group, group: Group) -> list[dict[str, Any]]:
    found = []
    for name, description, compute in metrics:
        value = compute(others, group)
        entry: dict[str, Any] = {"name": name, "description": description, "value": float(value)}
        if not np.isfinite(value):
            entry.update(value=None, error="too few rows of one kind to divide by")
        found.append(entry)
    return found


def _ratio(part: float, whole: float) -> float:
    return float(part) / float(whole) if whole else float("nan")
