"""Holds new data against a baseline, without labels: has any column changed, and would it be wrong to say so by chance?

A finding needs two things: an effect above its threshold, and a probability of chance below the significance divided
by the number of comparisons (Bonferroni). So a small batch of unchanged data raises nothing, however many columns it
has, and a large batch is not accused for a difference that does not matter. Breaches that no chance explains (a column
missing, a number out of its declared range, an empty required column) need no second condition.

Check types are Model Monitor's; "range_check" is ours, as the monitor knows no ranges.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tabular import distance
from tabular.baseline import KS_THRESHOLD, PSI_THRESHOLD, TOLERATED_SHARE, Range
from tabular.errors import DataError, rows
from tabular.statistics import INTEGRAL, STRING, Values, count_categories, sketched
from tabular.table import is_missing, parse_numbers
from tabular.text import TextTable

SIGNIFICANCE = 0.01
MINIMUM_ROWS = 30


@dataclass(frozen=True)
class Thresholds:
    """From when on a difference counts. `significance` holds for the whole check, not for each column."""

    psi: float = PSI_THRESHOLD
    ks: float = KS_THRESHOLD
    categorical: float = KS_THRESHOLD
    wrong_type: float = TOLERATED_SHARE
    unknown_category: float = TOLERATED_SHARE
    significance: float = SIGNIFICANCE
    minimum_rows: int = MINIMUM_ROWS  # fewer values of a column, and its distribution is not judged


@dataclass(frozen=True)
class Violation:
    """One line of constraint_violations.json."""

    feature_name: str
    constraint_check_type: str
    description: str


@dataclass(frozen=True)
class ColumnDrift:
    """What was found in one column. Shares are of all its rows, or of its present values."""

    name: str
    present: int
    missing_rate: float
    wrong_type: int = 0
    out_of_range: int = 0
    unknown_categories: int = 0
    psi: distance.Distance | None = None
    ks: distance.Distance | None = None
    binned: distance.Binned | None = None
    violations: tuple[Violation, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "present": self.present,
            "missing_rate": self.missing_rate,
            "wrong_type": self.wrong_type,
            "out_of_range": self.out_of_range,
            "unknown_categories": self.unknown_categories,
            "psi": self.psi.value if self.psi else None,
            "psi_p_value": self.psi.p_value if self.psi else None,
            "ks": self.ks.value if self.ks else None,
            "ks_p_value": self.ks.p_value if self.ks else None,
            "violations": [violation.constraint_check_type for violation in self.violations],
        }


@dataclass(frozen=True)
class Drift:
    """The whole check. `values` are the new data's columns, for their statistics."""

    rows: int
    unreadable: int
    columns: tuple[ColumnDrift, ...]
    table_violations: tuple[Violation, ...]
    values: tuple[Values, ...] = field(repr=False)

    @property
    def violations(self) -> tuple[Violation, ...]:
        found = (violation for column in self.columns for violation in column.violations)
        return (*self.table_violations, *found)

    @property
    def summary(self) -> str:
        """One sentence for a notification."""
        count = rows(self.rows)
        if not self.violations:
            return f"No drift in {count} and {len(self.columns)} columns."
        names = list(dict.fromkeys(violation.feature_name for violation in self.violations))
        shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
        plural = "violation" if len(self.violations) == 1 else "violations"
        return f"Drift: {len(self.violations)} {plural} in {count}, columns {shown}."

    def to_json(self) -> dict[str, Any]:
        """The file that a pipeline's condition and a metric are read from."""
        return {
            "violations": len(self.violations),
            "rows": self.rows,
            "unreadable_requests": self.unreadable,
            "summary": self.summary,
            "columns": {column.name: column.to_json() for column in self.columns},
        }

    def violations_json(self) -> dict[str, Any]:
        return {"violations": [vars(violation) for violation in self.violations]}


@dataclass(frozen=True)
class Baseline:
    """Statistics and constraints files, as they were read."""

    features: Mapping[str, Any]  # of statistics.json, by name
    demands: Mapping[str, Any]  # of constraints.json, by name
    config: Mapping[str, Any]
    platform: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        return list(self.demands)

    def range_of(self, name: str) -> Range | None:
        low, high = self.platform.get("ranges", {}).get(name, (None, None))
        if low is None and self.demands[name].get("num_constraints", {}).get("is_non_negative"):
            low = 0.0
        if low is None and high is None:
            return None
        return Range(-np.inf if low is None else low, np.inf if high is None else high)


def read_baseline(statistics: Any, constraints: Any) -> Baseline:
    """The baseline of both files' content. Raises DataError where it is not such a file."""
    try:
        return Baseline(
            {feature["name"]: feature for feature in statistics["features"]},
            {feature["name"]: feature for feature in constraints["features"]},
            constraints.get("monitoring_config", {}),
            constraints.get("platform", {}),
        )
    except (KeyError, TypeError, AttributeError):
        raise DataError("baseline", "statistics.json or constraints.json is not in the monitor's format") from None


def thresholds(baseline: Baseline, given: Mapping[str, float | None]) -> Thresholds:
    """The constraints file's thresholds, each replaced by one that was given."""
    compared = baseline.config.get("distribution_constraints", {})
    stated = {
        "psi": baseline.platform.get("psi_threshold"),
        "ks": compared.get("comparison_threshold"),
        "categorical": compared.get("categorical_comparison_threshold"),
        "wrong_type": baseline.config.get("datatype_check_threshold"),
        "unknown_category": baseline.config.get("domain_content_threshold"),
    }
    if given.get("ks") is not None:
        stated["categorical"] = given["ks"]
    chosen: dict[str, Any] = {name: value for name, value in stated.items() if value is not None}
    chosen.update((name, value) for name, value in given.items() if value is not None)
    return Thresholds(**chosen)


def check(tables: list[TextTable], baseline: Baseline, limits: Thresholds) -> Drift:
    """Compare. Raises DataError where there is no row at all."""
    count = sum(len(table) for table in tables)
    unreadable = sum(table.unreadable for table in tables)
    if not count:
        raise DataError(tables[0].name, "there is no row to compare with the baseline (0 rows)")
    present = {name for table in tables for name in table.columns}
    absent = [name for name in baseline.names if name not in present]
    known = {*baseline.names, *baseline.platform.get("not_features", [])}
    outcome = [
        *(Violation(name, "missing_column_check", f"The column is missing in all {rows(count)}.") for name in absent),
        *(
            Violation(name, "extra_column_check", "The baseline does not know this column.")
            for name in sorted(present - known)
        ),
    ]
    names = [name for name in baseline.names if name in present]
    found = [_values(tables, name, baseline) for name in names]
    chance = limits.significance / max(1, 2 * len(names))
    columns = [_column(values, wrong, baseline, limits, chance) for values, wrong in found]
    return Drift(count, unreadable, tuple(columns), tuple(outcome), tuple(values for values, _ in found))


def _values(tables: list[TextTable], name: str, baseline: Baseline) -> tuple[Values, int]:
    """A column of all tables together, and how many of its values are of another type than the baseline's."""
    texts = np.concatenate(
        [table.values(name) if name in table.columns else np.full(len(table), "", dtype=object) for table in tables]
    )
    absent = is_missing(texts, baseline.platform.get("missing_values", [""]))
    kind = baseline.demands[name]["inferred_type"]
    if kind in (STRING, "Unknown"):
        return Values(name, STRING, np.empty(0), texts[~absent], int(absent.sum())), 0
    numbers = parse_numbers(texts, absent)[~absent]
    good = np.isfinite(numbers)
    if kind == INTEGRAL:
        good &= np.floor(numbers) == numbers
    return Values(name, kind, numbers[good], np.empty(0, dtype=object), int(absent.sum())), int((~good).sum())


def _column(values: Values, wrong: int, baseline: Baseline, limits: Thresholds, chance: float) -> ColumnDrift:
    name, total = values.name, values.rows + wrong
    demand = baseline.demands[name]
    found: list[Violation] = []
    allowed = 1 - demand.get("completeness", 0.0)
    if distance.share_exceeds(values.missing, total, allowed) < chance:
        share = f"{1 - values.missing / total:.1%} of {rows(total)}"
        found.append(
            Violation(
                name, "completeness_check", f"There are values in {share}; at least {1 - allowed:.1%} are expected."
            )
        )
    if distance.share_exceeds(wrong, total - values.missing, limits.wrong_type) < chance:
        kind = {INTEGRAL: "whole number", STRING: "text"}.get(values.kind, "number")
        found.append(Violation(name, "data_type_check", f"{wrong} of {total - values.missing} values are no {kind}."))
    outside = _out_of_range(values, baseline)
    if outside:
        bounds = baseline.range_of(name)
        assert bounds
        found.append(
            Violation(
                name,
                "range_check",
                f"{outside} of {values.present} values are not within {bounds.low:g} to {bounds.high:g}.",
            )
        )
    domain = demand.get("string_constraints", {}).get("domains")
    unknown = int((~np.isin(values.texts.astype(str), domain)).sum()) if domain else 0
    if distance.share_exceeds(unknown, values.present, limits.unknown_category) < chance:
        found.append(
            Violation(
                name, "categorical_values_check", f"{unknown} of {values.present} values are of no known category."
            )
        )
    compared = _compare(values, baseline, limits, chance)
    if compared.drift:
        found.append(Violation(name, "baseline_drift_check", compared.drift))
    if baseline.config.get("evaluate_constraints", "Enabled") != "Enabled":
        found = []
    return ColumnDrift(
        name=name,
        present=values.present,
        missing_rate=values.missing / total,
        wrong_type=wrong,
        out_of_range=outside,
        unknown_categories=unknown,
        psi=compared.psi,
        ks=compared.ks,
        binned=compared.binned,
        violations=tuple(found),
    )


def _out_of_range(values: Values, baseline: Baseline) -> int:
    bounds = baseline.range_of(values.name)
    if bounds is None or values.kind == STRING:
        return 0
    return int(((values.numbers < bounds.low) | (values.numbers > bounds.high)).sum())


@dataclass(frozen=True)
class _Compared:
    psi: distance.Distance | None = None
    ks: distance.Distance | None = None
    binned: distance.Binned | None = None
    drift: str = ""  # the description of the violation, if it is one


def _compare(values: Values, baseline: Baseline, limits: Thresholds, chance: float) -> _Compared:
    """The distributions, where both sides have rows enough to judge."""
    feature = baseline.features.get(values.name)
    switch = baseline.config.get("distribution_constraints", {}).get("perform_comparison", "Enabled")
    if feature is None or values.present < limits.minimum_rows or switch != "Enabled":
        return _Compared()
    reasons, ks = [], None
    if values.kind == STRING:
        described = feature["string_statistics"]
        total = float(described["common"]["num_present"])
        if total < limits.minimum_rows:
            return _Compared()
        buckets = described["distribution"]["categorical"]["buckets"]
        expected = {bucket["value"]: float(bucket["count"]) for bucket in buckets}
        binned = distance.bin_categories(expected, total, count_categories(values.texts))
        psi, gap = distance.stability(binned), distance.greatest_gap(binned)
        if gap > limits.categorical and psi.p_value < chance:
            reasons.append(f"the share of a category differs by {gap:.3f} (allowed {limits.categorical:g})")
    else:
        known, weights = sketched(feature)
        if weights.sum() < limits.minimum_rows:
            return _Compared()
        ks = distance.kolmogorov_smirnov(known, weights, values.numbers)
        binned = distance.bin_numbers(known, weights, values.numbers)
        psi = distance.stability(binned)
        if ks.value > limits.ks and ks.p_value < chance:
            reasons.append(f"the Kolmogorov-Smirnov distance is {ks.value:.3f} (allowed {limits.ks:g})")
    if psi.value > limits.psi and psi.p_value < chance:
        reasons.append(f"the population stability index is {psi.value:.3f} (allowed {limits.psi:g})")
    text = "; ".join(reasons)
    return _Compared(psi, ks, binned, f"{text[0].upper()}{text[1:]}." if text else "")
