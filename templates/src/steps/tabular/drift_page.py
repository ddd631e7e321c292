"""The drift check as a page: what changed, how much, and what the columns look like now. It decides nothing."""

from __future__ import annotations

from html import escape

from tabular import pages
from tabular.column_checks import ColumnDrift
from tabular.drift import Drift
from tabular.errors import rows
from tabular.reference import Thresholds

_TITLES = {
    "missing_column_check": "column missing",
    "extra_column_check": "column unknown",
    "completeness_check": "values missing",
    "data_type_check": "wrong type",
    "range_check": "out of range",
    "categorical_values_check": "unknown category",
    "baseline_drift_check": "distribution changed",
}


def drift_page(drift: Drift, limits: Thresholds) -> str:
    """The whole page: the verdict, the violations, every column with the worst first."""
    parts = [f'<p class="{"bad" if drift.violations else "good"}">{escape(drift.summary)}</p>']
    if drift.unreadable:
        parts.append(pages.paragraph(f"{drift.unreadable} captured requests could not be read and were passed over."))
    if drift.violations:
        parts.append(pages.heading("Violations"))
        listed = [
            [each.feature_name, _TITLES[each.constraint_check_type], each.description] for each in drift.violations
        ]
        parts.append(pages.table(["Column", "Violation", "What was found"], listed))
    columns = sorted(drift.columns, key=lambda each: (-len(each.violations), -_size(each)))
    parts += [
        pages.heading("Columns"),
        pages.table(
            ["Column", "Values", "Missing", "Out of range", "Unknown", "PSI", "KS", "Baseline (grey) and now"],
            [_row(column) for column in columns],
            bad=[at for at, column in enumerate(columns) if column.violations],
        ),
        pages.paragraph(_explained(limits), "note"),
    ]
    return pages.page("Drift check", *parts)


def _size(column: ColumnDrift) -> float:
    return column.comparison.psi.value if column.comparison else 0.0


def _row(column: ColumnDrift) -> list[object]:
    drawing: object = "not judged"
    compared = column.comparison
    if compared:
        shares = (counts / counts.sum() for counts in (compared.binned.expected, compared.binned.actual))
        drawing = pages.paired_bars(compared.binned.labels, *(each.tolist() for each in shares))
    return [
        column.name,
        column.present,
        column.missing_rate,
        column.out_of_range,
        column.unknown_categories,
        compared.psi.value if compared else None,
        compared.ks.value if compared and compared.ks else None,
        drawing,
    ]


def _explained(limits: Thresholds) -> str:
    return (
        f"A distribution counts as changed when its population stability index (PSI) exceeds {limits.psi:g} or its "
        f"Kolmogorov-Smirnov distance (KS) exceeds {limits.ks:g}, and chance alone would do that in less than "
        f"{limits.significance:g} of all checks. Columns with fewer than {rows(limits.minimum_rows)} are not judged."
    )
