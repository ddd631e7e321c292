"""Predicts a table's rows by hand: the table as it came, and the answers beside it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tabular import files, table
from tabular.errors import rows
from tabular.model import load_model


def run(model_folder: Path, data: Path, output: Path) -> str:
    """Writes one CSV file."""
    model = load_model(model_folder)
    [raw] = files.read_tables(data)
    answers = pd.DataFrame.from_records(model.predictions(table.typed(raw, model.schema, with_label=False)))
    with files.whole_output(output.parent) as folder:
        files.write_csv(folder / output.name, pd.concat([raw.frame, answers], axis="columns"))
    return f"{rows(len(raw))} predicted"
