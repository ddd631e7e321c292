"""Describes the training data, for new data to be held against."""

from __future__ import annotations

from pathlib import Path

from tabular import baseline, files, statistics, table
from tabular.errors import rows
from tabular.layout import CONSTRAINTS_FILE, STATISTICS_FILE
from tabular.schema import load_schema


def run(data: Path, schema_file: Path, output: Path) -> str:
    """Writes statistics.json and constraints.json."""
    schema = load_schema(schema_file)
    frame = table.load(data, schema, with_label=False)
    columns = baseline.feature_values(frame, schema)
    with files.whole_output(output) as folder:
        files.write_json(folder / STATISTICS_FILE, statistics.statistics(columns, len(frame)))
        files.write_json(folder / CONSTRAINTS_FILE, baseline.constraints(columns, schema))
    return f"baseline of {rows(len(frame))} and {len(columns)} columns"
