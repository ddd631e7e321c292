"""Measures of distance, against values worked out elsewhere, and their chances of a false alarm."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from tabular import distance
from tabular.distance import Binned


def sample(seed: int, rows: int, shift: float = 0.0) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.sort(np.random.default_rng(seed).normal(shift, 1, rows))


@pytest.mark.parametrize("rows", [40, 500])
def test_the_kolmogorov_smirnov_distance_is_scipys(rows: int) -> None:
    first, second = sample(1, 300), sample(2, rows, 0.3)
    found = distance.kolmogorov_smirnov(first, np.ones(300), second)
    reference = stats.ks_2samp(first, second, method="asymp")
    assert found.value == pytest.approx(reference.statistic)
    assert found.p_value == pytest.approx(reference.pvalue, rel=0.35)


def test_the_stability_index_of_a_case_worked_by_hand() -> None:
    """Shares 0.5, 0.5 against 0.8, 0.2, with half a row added to each bin."""
    found = distance.stability(Binned(("a", "b"), np.array([500.0, 500.0]), np.array([800.0, 200.0])))
    assert found.value == pytest.approx(0.3 * np.log(1.6) - 0.3 * np.log(0.4), rel=0.01)
    assert found.p_value < 1e-30


def test_an_empty_bin_gives_no_infinite_index() -> None:
    found = distance.stability(Binned(("a", "b"), np.array([100.0, 100.0]), np.array([0.0, 100.0])))
    assert 1 < found.value < 10


def test_p_values_of_unchanged_data_are_as_frequent_as_they_say() -> None:
    """Of 400 comparisons about 5 % lie below 0.05."""
    psi, ks = [], []
    for seed in range(400):
        first, second = sample(seed, 300), sample(seed + 1000, 60)
        ks.append(distance.kolmogorov_smirnov(first, np.ones(300), second).p_value)
        psi.append(distance.stability(distance.bin_numbers(first, np.ones(300), second)).p_value)
    assert 0.02 < np.mean(np.array(ks) < 0.05) < 0.08
    assert 0.02 < np.mean(np.array(psi) < 0.05) < 0.08


def test_bins_are_merged_for_small_samples() -> None:
    base = sample(1, 1000)
    assert len(distance.bin_numbers(base, np.ones(1000), sample(2, 5000)).labels) == 10
    assert len(distance.bin_numbers(base, np.ones(1000), sample(2, 40)).labels) == 4
    assert len(distance.bin_numbers(base, np.ones(1000), sample(2, 3)).labels) == 2


def test_bins_hold_everything_also_what_the_baseline_never_had() -> None:
    binned = distance.bin_numbers(sample(1, 1000), np.ones(1000), np.array([-99.0, 0.0, 99.0]))
    assert (binned.expected.sum(), binned.actual.sum()) == (1000, 3)


def test_a_column_of_few_values_gets_few_bins() -> None:
    values = np.repeat([0.0, 1.0], [900, 100])
    binned = distance.bin_numbers(values, np.ones(1000), np.repeat([0.0, 1.0], [50, 50]))
    assert binned.expected.tolist() == [900, 100]
    assert binned.actual.tolist() == [50, 50]


def test_rare_categories_and_unseen_ones_share_a_bin() -> None:
    binned = distance.bin_categories({"a": 700.0, "b": 290.0, "c": 5.0}, 1000.0, {"a": 50, "b": 30, "new": 20})
    assert binned.labels == ("a", "b", "all others")
    assert binned.expected.tolist() == [700, 290, 10]
    assert binned.actual.tolist() == [50, 30, 20]


def test_a_share_exceeds_when_chance_does_not_explain_it() -> None:
    assert distance.share_exceeds(1, 20, 0.01) == pytest.approx(stats.binom.sf(0, 20, 0.01))
    assert distance.share_exceeds(0, 20, 0.01) == 1.0
    assert distance.share_exceeds(1, 20, 0.0) == 0.0
    assert distance.share_exceeds(0, 0, 0.0) == 1.0
