"""Holds new data against a baseline, without labels: has any column changed, and would it be wrong to say so by chance?

A finding needs two things: an effect above its threshold, and a probability of chance below the significance divided by
the number of comparisons (Bonferroni). So a small batch of unchanged data raises nothing, however many columns it has,
and a large one is not accused for a difference that does not matter. Breaches that no chance explains (a column
missing, a number out of its declared range, a gap in a required column) need no second condition.

Check types are Model Monitor's; "range_check" is ours, as the monitor knows no ranges.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from tabular.column_checks import ColumnCheck, ColumnDrift, Violation
from tabular.errors import DataError, rows
from tabular.reference import Reference, Thresholds
from tabular.statistics import INTEGRAL, STRING, Values
from tabular.table import is_missing, parse_numbers
from tabular.text import TextTable


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


def check(tables: list[TextTable], reference: Reference, limits: Thresholds) -> Drift:
    """Compare. Raises DataError where there is no row at all."""
    count = sum(len(table) for table in tables)
    if not count:
        raise DataError(tables[0].name, "there is no row to compare with the baseline (0 rows)")
    found = {name for table in tables for name in table.columns}
    names = [name for name in reference.names if name in found]
    chance = limits.significance / max(1, 2 * len(names))  # two comparisons a column
    columns, values = [], []
    for name in names:
        column, wrong_type = _values(tables, name, reference)
        values.append(column)
        columns.append(ColumnCheck(column, wrong_type, reference, limits, chance).run())
    return Drift(
        rows=count,
        unreadable=sum(table.unreadable for table in tables),
        columns=tuple(columns),
        table_violations=tuple(_table_violations(found, count, reference)),
        values=tuple(values),
    )


def _table_violations(found: set[str], count: int, reference: Reference) -> list[Violation]:
    if not reference.is_enforced:
        return []
    known = {*reference.names, *reference.not_features}
    absent = [name for name in reference.names if name not in found]
    return [
        *(Violation(name, "missing_column_check", f"The column is missing in all {rows(count)}.") for name in absent),
        *(Violation(name, "extra_column_check", "The baseline lacks this column.") for name in sorted(found - known)),
    ]


def _values(tables: list[TextTable], name: str, reference: Reference) -> tuple[Values, int]:
    """A column of all tables together, and how many of its values are of another type than the baseline's."""
    texts = np.concatenate(
        [table.values(name) if name in table.columns else np.full(len(table), "", dtype=object) for table in tables]
    )
    missing = is_missing(texts, reference.missing_values)
    kind = reference.kind(name)
    if kind == STRING:
        return Values(name, kind, np.empty(0), texts[~missing], int(missing.sum())), 0
    numbers = parse_numbers(texts, missing)[~missing]
    good = np.isfinite(numbers)
    if kind == INTEGRAL:
        good &= np.floor(numbers) == numbers
    return Values(name, kind, numbers[good], np.empty(0, dtype=object), int(missing.sum())), int((~good).sum())
