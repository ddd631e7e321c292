"""How far two samples of one column lie apart, and whether chance alone could have put them there.

Numbers in, numbers out.

Two measures: Kolmogorov–Smirnov (greatest gap of the cumulative distributions) and the population stability index
(PSI). Each comes with a p-value, because both grow without any change when samples are small: PSI of two samples of
one population, divided by 1/n + 1/m, is about chi-squared with (bins - 1) degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import special

Numbers = npt.NDArray[np.float64]

MOST_BINS = 10
ROWS_A_BIN = 10  # fewer rows expected in a bin, and PSI is mostly noise: bins are merged
REST = "all others"


@dataclass(frozen=True)
class Distance:
    """A measure, and the chance of at least this much where nothing changed."""

    value: float
    p_value: float


@dataclass(frozen=True)
class Binned:
    """The same bins counted twice. `labels` are for people."""

    labels: tuple[str, ...]
    expected: Numbers
    actual: Numbers


def kolmogorov_smirnov(values: Numbers, weights: Numbers, actual: Numbers) -> Distance:
    """Between a weighted baseline (ascending values) and a sample. Neither is empty.

    The p-value is Kolmogorov's limit with Stephens' correction for small samples; ties only make it too large, never
    too small.
    """
    points = np.unique(np.concatenate([values, actual]))
    cumulated = np.concatenate([[0.0], np.cumsum(weights)]) / weights.sum()
    expected_share = cumulated[np.searchsorted(values, points, side="right")]
    actual_share = np.searchsorted(np.sort(actual), points, side="right") / len(actual)
    gap = float(np.abs(expected_share - actual_share).max())
    size = np.sqrt(weights.sum() * len(actual) / (weights.sum() + len(actual)))
    return Distance(gap, float(special.kolmogorov((size + 0.12 + 0.11 / size) * gap)))


def bin_numbers(values: Numbers, weights: Numbers, actual: Numbers) -> Binned:
    """Bins of about equal weight in the baseline; as many as the smaller sample bears, and open at both ends."""
    wanted = int(np.clip(min(weights.sum(), len(actual)) // ROWS_A_BIN, 2, MOST_BINS))
    cumulated = np.cumsum(weights) / weights.sum()
    cuts = np.arange(1, wanted) / wanted
    uppers = np.unique(values[np.searchsorted(cumulated, cuts - 1e-12)])
    uppers = uppers[uppers < values[-1]]  # above the greatest there would be nobody
    positions = np.searchsorted(uppers, values, side="left")
    expected = np.bincount(positions, weights, minlength=len(uppers) + 1).astype(np.float64)
    counted = np.bincount(np.searchsorted(uppers, actual, side="left"), minlength=len(uppers) + 1).astype(np.float64)
    edges = [f"{upper:.4g}" for upper in uppers]
    labels = [f"{low} to {high}" for low, high in zip(["", *edges], [*edges, ""])]
    return Binned(tuple(label.strip() for label in labels), expected, counted)


def bin_categories(expected: dict[str, float], total: float, actual: dict[str, int]) -> Binned:
    """A bin for each category that is frequent enough in the baseline; all others, and those never seen, share one.

    `total` is the number of baseline values; what the counts lack of it belongs to categories that were not listed.
    """
    rows = sum(actual.values())
    kept = [name for name, count in expected.items() if count * min(1.0, rows / total) >= ROWS_A_BIN]
    kept = kept[: MOST_BINS * 2]
    counts = [expected[name] for name in kept]
    found = [float(actual.get(name, 0)) for name in kept]
    return Binned(
        (*kept, REST), np.array([*counts, total - sum(counts)]), np.array([*found, rows - sum(found)], dtype=np.float64)
    )


def stability(binned: Binned) -> Distance:
    """The population stability index.

    Half a row is added to every bin, so that an empty one does not make it infinite.
    """
    used = (binned.expected > 0) | (binned.actual > 0)
    expected, actual = binned.expected[used], binned.actual[used]
    if len(expected) < 2:
        return Distance(0.0, 1.0)
    first, second = _shares(expected), _shares(actual)
    index = float(((second - first) * np.log(second / first)).sum())
    noise = 1 / expected.sum() + 1 / actual.sum()
    return Distance(index, float(special.chdtrc(len(expected) - 1, index / noise)))


def greatest_gap(binned: Binned) -> float:
    """The greatest difference of a bin's shares (L-infinity), the monitor's measure for categories."""
    gap = np.abs(binned.expected / binned.expected.sum() - binned.actual / binned.actual.sum())
    return float(gap.max())


def share_exceeds(count: int, total: int, allowed: float) -> float:
    """The chance of at least `count` of `total` where the share is `allowed`; 1 where it is not exceeded at all."""
    if not total or count / total <= allowed:
        return 1.0
    return float(special.bdtrc(count - 1, total, allowed))


def _shares(counts: Numbers) -> Numbers:
    shares: Numbers = (counts + 0.5) / (counts + 0.5).sum()
    return shares
