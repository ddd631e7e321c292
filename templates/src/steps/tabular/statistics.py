"""What a column looks like, in the statistics file format of SageMaker Model Monitor. It compares nothing.

A number's distribution is kept as ten buckets for people and as a KLL sketch for comparing: items of level i stand for
2^i values each. Up to SKETCH_SIZE values the sketch is the data itself; beyond it halves, so its size never depends on
the number of rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]

FRACTIONAL, INTEGRAL, STRING = "Fractional", "Integral", "String"
BUCKETS = 10
SKETCH_SIZE = 2048
_POINTS_A_BUCKET = 50
MOST_CATEGORIES = 100  # of one column; the others are counted in num_present alone


@dataclass(frozen=True)
class Values:
    """One column's values that are there, as numbers or as texts, and how many are not."""

    name: str
    kind: str  # an inferred_type of the format
    numbers: Numbers
    texts: npt.NDArray[np.object_]
    missing: int

    @property
    def present(self) -> int:
        return len(self.texts) if self.kind == STRING else len(self.numbers)

    @property
    def rows(self) -> int:
        return self.present + self.missing


def statistics(columns: list[Values], rows: int) -> dict[str, Any]:
    """The whole statistics file."""
    return {"version": 0.0, "dataset": {"item_count": rows}, "features": [_feature(column) for column in columns]}


def _feature(column: Values) -> dict[str, Any]:
    common = {"num_present": column.present, "num_missing": column.missing}
    feature: dict[str, Any] = {"name": column.name, "inferred_type": column.kind}
    if column.kind == STRING:
        counts = count_categories(column.texts)
        buckets = [{"value": value, "count": count} for value, count in list(counts.items())[:MOST_CATEGORIES]]
        feature["string_statistics"] = {
            "common": common,
            "distinct_count": len(counts),
            "distribution": {"categorical": {"buckets": buckets}},
        }
        return feature
    feature["numerical_statistics"] = {"common": common, **_numerical(column.numbers)}
    return feature


def _numerical(numbers: Numbers) -> dict[str, Any]:
    if not len(numbers):
        return {
            "mean": None,
            "sum": 0.0,
            "std_dev": None,
            "min": None,
            "max": None,
            "distribution": {"kll": _kll(numbers)},
        }
    return {
        "mean": float(numbers.mean()),
        "sum": float(numbers.sum()),
        "std_dev": float(numbers.std()),
        "min": float(numbers.min()),
        "max": float(numbers.max()),
        "distribution": {"kll": _kll(numbers)},
    }


def _kll(numbers: Numbers) -> dict[str, Any]:
    buckets = []
    if len(numbers):
        counts, edges = np.histogram(numbers, bins=BUCKETS)
        buckets = [
            {"lower_bound": float(low), "upper_bound": float(high), "count": float(count)}
            for low, high, count in zip(edges[:-1], edges[1:], counts)
        ]
    sketch = {"parameters": {"c": 0.64, "k": float(SKETCH_SIZE)}, "data": sketch_levels(numbers)}
    return {"buckets": buckets, "sketch": sketch}


def sketch_levels(numbers: Numbers) -> list[list[float]]:
    """The levels of a KLL sketch. The weights add up to the number of values; nothing is random."""
    rest = np.sort(numbers)
    levels: list[list[float]] = []
    while len(rest) > SKETCH_SIZE:
        middle = len(rest) // 2
        odd = len(rest) % 2
        levels.append([float(rest[middle])] if odd else [])  # the one without a partner: the middle moves no rank far
        rest = np.delete(rest, middle) if odd else rest
        rest = rest[len(levels) % 2 :: 2]  # lower and upper of each pair in turn, so that errors cancel
    levels.append([float(value) for value in rest])
    return levels


def sketched(feature: dict[str, Any]) -> tuple[Numbers, Numbers]:
    """Values in ascending order and their weights, of a numeric feature of a statistics file.

    Where another tool wrote no sketch, values spread evenly over each bucket stand for them.
    """
    kll = feature["numerical_statistics"]["distribution"]["kll"]
    levels = kll.get("sketch", {}).get("data")
    if levels:
        values = np.array([value for level in levels for value in level], dtype=np.float64)
        weights = np.array([2.0**at for at, level in enumerate(levels) for _ in level])
    else:
        inside = (np.arange(_POINTS_A_BUCKET) + 0.5) / _POINTS_A_BUCKET
        lows, highs, counts = (
            np.array([bucket[key] for bucket in kll["buckets"]], dtype=np.float64)
            for key in ("lower_bound", "upper_bound", "count")
        )
        values = (lows[:, None] + (highs - lows)[:, None] * inside).ravel()
        weights = np.repeat(counts / _POINTS_A_BUCKET, _POINTS_A_BUCKET)
    order = np.argsort(values, kind="stable")
    return values[order], weights[order]


def count_categories(texts: npt.NDArray[np.object_]) -> dict[str, int]:
    """Categories and their counts, most frequent first, equal ones by name."""
    names, counts = np.unique(texts.astype(str), return_counts=True)
    ranked = sorted(zip(names.tolist(), counts.tolist()), key=lambda each: (-each[1], each[0]))
    return dict(ranked)
