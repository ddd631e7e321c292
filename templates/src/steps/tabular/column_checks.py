"""Judges one column of new data against the reference. Which columns there are to judge is decided in `drift.py`."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from tabular import distance
from tabular.errors import rows
from tabular.reference import Reference, Thresholds
from tabular.statistics import INTEGRAL, STRING, Values, count_categories, sketched


@dataclass(frozen=True)
class Violation:
    """One line of constraint_violations.json."""

    feature_name: str
    constraint_check_type: str
    description: str


@dataclass(frozen=True)
class Comparison:
    """How a column's distribution differs from the baseline's; `psi` alone for categories."""

    psi: distance.Distance
    ks: distance.Distance | None
    binned: distance.Binned


@dataclass(frozen=True)
class ColumnDrift:
    """What was found in one column. Without a comparison there were too few values to make one."""

    name: str
    present: int
    missing_rate: float
    wrong_type: int
    out_of_range: int
    unknown_categories: int
    comparison: Comparison | None
    violations: tuple[Violation, ...]

    def to_json(self) -> dict[str, Any]:
        compared = self.comparison
        ks = compared.ks if compared else None
        return {
            "present": self.present,
            "missing_rate": self.missing_rate,
            "wrong_type": self.wrong_type,
            "out_of_range": self.out_of_range,
            "unknown_categories": self.unknown_categories,
            "psi": compared.psi.value if compared else None,
            "psi_p_value": compared.psi.p_value if compared else None,
            "ks": ks.value if ks else None,
            "ks_p_value": ks.p_value if ks else None,
            "violations": [violation.constraint_check_type for violation in self.violations],
        }


@dataclass(frozen=True)
class ColumnCheck:
    """One column's values and what they are held against. `chance` is the probability below which it is no accident."""

    values: Values
    wrong_type: int
    reference: Reference
    limits: Thresholds
    chance: float

    def run(self) -> ColumnDrift:
        comparison = self.compare()
        violations = tuple(self.violations(comparison)) if self.reference.is_enforced else ()
        return ColumnDrift(
            name=self.values.name,
            present=self.values.present,
            missing_rate=self.values.missing / self.total,
            wrong_type=self.wrong_type,
            out_of_range=self.out_of_range,
            unknown_categories=self.unknown_categories,
            comparison=comparison,
            violations=violations,
        )

    @property
    def total(self) -> int:
        return self.values.rows + self.wrong_type

    @property
    def out_of_range(self) -> int:
        bounds = self.reference.range_of(self.values.name)
        if bounds is None:
            return 0
        return int(((self.values.numbers < bounds.low) | (self.values.numbers > bounds.high)).sum())

    @property
    def unknown_categories(self) -> int:
        domain = self.reference.domain(self.values.name)
        return int((~np.isin(self.values.texts.astype(str), domain)).sum()) if domain else 0

    def violations(self, comparison: Comparison | None) -> Iterator[Violation]:
        """Each check's finding, if it has one."""
        name, values = self.values.name, self.values
        allowed = self.reference.missing_allowed(name)
        if distance.share_exceeds(values.missing, self.total, allowed) < self.chance:
            share = f"{1 - values.missing / self.total:.1%} of {rows(self.total)}"
            expected = f"at least {1 - allowed:.1%} are expected"
            yield Violation(name, "completeness_check", f"There are values in {share}; {expected}.")
        given = values.present + self.wrong_type
        if distance.share_exceeds(self.wrong_type, given, self.limits.wrong_type) < self.chance:
            kind = "whole number" if values.kind == INTEGRAL else "number"
            yield Violation(name, "data_type_check", f"{self.wrong_type} of {given} values are no {kind}.")
        bounds = self.reference.range_of(name)
        if bounds and self.out_of_range:
            found = f"{self.out_of_range} of {values.present} values"
            yield Violation(name, "range_check", f"{found} are not within {bounds.low:g} to {bounds.high:g}.")
        unknown = self.unknown_categories
        if distance.share_exceeds(unknown, values.present, self.unknown_allowed()) < self.chance:
            found = f"{unknown} of {values.present} values"
            yield Violation(name, "categorical_values_check", f"{found} are of no known category.")
        if comparison and (reasons := list(self.reasons(comparison))):
            yield Violation(name, "baseline_drift_check", f"{'; '.join(reasons)}.")

    def unknown_allowed(self) -> float:
        """The share of unknown categories that proves nothing.

        A baseline of n values may well have missed categories with a share of -ln(chance) / n: that is how rare one
        must be to be absent from n values with that chance.
        """
        present = self.reference.present(self.values.name)
        unseen = -math.log(self.chance) / present if present else 0.0
        return min(1.0, max(self.limits.unknown_category, unseen))

    def compare(self) -> Comparison | None:
        """The distributions, where both sides have values enough to judge."""
        name, values = self.values.name, self.values
        least = self.limits.minimum_rows
        enough = values.present >= least and self.reference.present(name) >= least
        if not enough or not self.reference.compares_distributions:
            return None
        feature = self.reference.features[name]
        if values.kind == STRING:
            buckets = feature["string_statistics"]["distribution"]["categorical"]["buckets"]
            expected = {bucket["value"]: float(bucket["count"]) for bucket in buckets}
            counts = count_categories(values.texts)
            binned = distance.bin_categories(expected, self.reference.present(name), counts)
            return Comparison(distance.stability(binned), None, binned)
        known, weights = sketched(feature)
        binned = distance.bin_numbers(known, weights, values.numbers)
        ks = distance.kolmogorov_smirnov(known, weights, values.numbers)
        return Comparison(distance.stability(binned), ks, binned)

    def reasons(self, comparison: Comparison) -> Iterator[str]:
        """Why the distribution counts as changed: an effect above its threshold that chance does not explain."""
        psi, ks, limits = comparison.psi, comparison.ks, self.limits
        if ks and ks.value > limits.ks and ks.p_value < self.chance:
            yield f"Kolmogorov-Smirnov distance {ks.value:.3f} (allowed {limits.ks:g})"
        gap = distance.greatest_gap(comparison.binned)
        if not ks and gap > limits.categorical and psi.p_value < self.chance:
            yield f"Difference of a category's share {gap:.3f} (allowed {limits.categorical:g})"
        if psi.value > limits.psi and psi.p_value < self.chance:
            yield f"Population stability index {psi.value:.3f} (allowed {limits.psi:g})"
