"""Checks new data, and writes it as records for batch inference and as one table for the drift check."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tabular import files, table
from tabular.errors import rows
from tabular.records import records
from tabular.schema import load_schema


def run(data: Path, schema_file: Path, output: Path) -> str:
    """Writes records/*.jsonl, one file for each that came, and raw/data.csv."""
    schema = load_schema(schema_file)
    frames = [table.typed(each, schema, with_label=False) for each in files.read_tables(data)]
    with files.whole_output(output) as folder:
        for number, frame in enumerate(frames):
            files.write_json_lines(folder / "records" / f"part-{number:05d}.jsonl", records(frame, schema))
        files.write_csv(folder / "raw" / "data.csv", table.as_written(pd.concat(frames, ignore_index=True), schema))
    return f"{rows(sum(len(frame) for frame in frames))} in {len(frames)} files of records"
