"""A baseline as the drift check sees it: both files read, and the thresholds that they state. It judges nothing.

Files of SageMaker Model Monitor's own baseline jobs are as good as those of `baseline.py`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tabular.baseline import KS_THRESHOLD, PSI_THRESHOLD, TOLERATED_SHARE
from tabular.errors import DataError
from tabular.statistics import STRING

SIGNIFICANCE = 0.01
MINIMUM_ROWS = 30


@dataclass(frozen=True)
class Thresholds:
    """From when on a difference counts. `significance` holds for the whole check, not for each column."""

    psi: float = PSI_THRESHOLD
    ks: float = KS_THRESHOLD
    categorical: float = KS_THRESHOLD  # greatest difference of a category's share
    wrong_type: float = TOLERATED_SHARE
    unknown_category: float = TOLERATED_SHARE
    significance: float = SIGNIFICANCE
    minimum_rows: int = MINIMUM_ROWS  # fewer values of a column, and its distribution is not judged


@dataclass(frozen=True)
class Range:
    """The range that a column was declared to have; an open end is infinite."""

    low: float
    high: float


@dataclass(frozen=True)
class Reference:
    """`features` and `demands` are the entries of statistics.json and constraints.json by column."""

    features: Mapping[str, Any]
    demands: Mapping[str, Any]
    config: Mapping[str, Any]
    platform: Mapping[str, Any]

    @property
    def names(self) -> list[str]:
        return list(self.demands)

    @property
    def not_features(self) -> list[str]:
        """Columns that may come with the data and are not compared: the label, and those that the schema ignores."""
        return list(self.platform.get("not_features", []))

    @property
    def missing_values(self) -> list[str]:
        return list(self.platform.get("missing_values", [""]))

    @property
    def is_enforced(self) -> bool:
        return bool(self.config.get("evaluate_constraints", "Enabled") == "Enabled")

    @property
    def compares_distributions(self) -> bool:
        switch = self.config.get("distribution_constraints", {}).get("perform_comparison", "Enabled")
        return bool(switch == "Enabled")

    def kind(self, name: str) -> str:
        """The inferred type; a column that was empty in the baseline is read as text."""
        kind: str = self.demands[name]["inferred_type"]
        return STRING if kind == "Unknown" else kind

    def missing_allowed(self, name: str) -> float:
        """The share of rows that may be without a value."""
        return 1.0 - float(self.demands[name].get("completeness", 0.0))

    def domain(self, name: str) -> list[str]:
        """The known categories; empty where any text will do."""
        return list(self.demands[name].get("string_constraints", {}).get("domains", []))

    def range_of(self, name: str) -> Range | None:
        low, high = self.platform.get("ranges", {}).get(name, (None, None))
        if low is None and self.demands[name].get("num_constraints", {}).get("is_non_negative"):
            low = 0.0
        if low is None and high is None:
            return None
        return Range(-math.inf if low is None else low, math.inf if high is None else high)

    def present(self, name: str) -> float:
        """How many values the baseline's column has; 0 where there are no statistics of it."""
        feature = self.features.get(name, {})
        section = feature.get("string_statistics") or feature.get("numerical_statistics")
        return float(section["common"]["num_present"]) if section else 0.0

    def thresholds(self, given: Mapping[str, float | None]) -> Thresholds:
        """The files' thresholds, each replaced by one that was given."""
        compared = self.config.get("distribution_constraints", {})
        stated = {
            "psi": self.platform.get("psi_threshold"),
            "ks": compared.get("comparison_threshold"),
            "categorical": compared.get("categorical_comparison_threshold"),
            "wrong_type": self.config.get("datatype_check_threshold"),
            "unknown_category": self.config.get("domain_content_threshold"),
        }
        if given.get("ks") is not None:
            stated["categorical"] = given["ks"]
        chosen: dict[str, Any] = {name: value for name, value in stated.items() if value is not None}
        chosen.update((name, value) for name, value in given.items() if value is not None)
        return Thresholds(**chosen)


def read_reference(statistics: Any, constraints: Any) -> Reference:
    """The reference of both files' content. Raises DataError where they are not such files."""
    try:
        return Reference(
            {feature["name"]: feature for feature in statistics["features"]},
            {feature["name"]: feature for feature in constraints["features"]},
            constraints.get("monitoring_config", {}),
            constraints.get("platform", {}),
        )
    except (KeyError, TypeError, AttributeError):
        raise DataError("baseline", "statistics.json or constraints.json is not in the monitor's format") from None
