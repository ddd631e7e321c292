"""Holds new data against a baseline. Drift is a finding, not a failure: who runs this step decides what follows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tabular import drift, drift_page, files, statistics
from tabular.layout import DRIFT_FILE, REPORT_FILE, STATISTICS_FILE, VIOLATIONS_FILE
from tabular.reference import read_reference


def run(
    data: Path, statistics_file: Path, constraints_file: Path, output: Path, limits: Mapping[str, float | None]
) -> str:
    """Writes statistics.json (of the new data), constraint_violations.json, drift.json and report.html."""
    reference = read_reference(files.read_json(statistics_file), files.read_json(constraints_file))
    chosen = reference.thresholds(limits)
    found = drift.check(files.read_tables(data, reference.names), reference, chosen)
    with files.whole_output(output) as folder:
        files.write_json(folder / STATISTICS_FILE, statistics.statistics(list(found.values), found.rows))
        files.write_json(folder / VIOLATIONS_FILE, found.violations_json())
        files.write_json(folder / DRIFT_FILE, found.to_json())
        files.write_text(folder / REPORT_FILE, drift_page.drift_page(found, chosen))
    return found.summary
