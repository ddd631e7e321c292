"""Splits raw data, learns preprocessing from the training part alone, and applies it to all three parts."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tabular import files, preprocessing, splitting, table
from tabular.errors import rows
from tabular.layout import NUMBERS_FILE, PREPROCESSING_FILE, RAW_FILE, SCHEMA_FILE
from tabular.preprocessing import Preprocessing
from tabular.schema import Schema, load_schema


def run(data: Path, schema_file: Path, output: Path, seed: int, validation: float, test: float) -> str:
    """Writes train/, validation/, test/ (numbers), test/raw.csv, raw/ (the training part as it was), preprocessing/."""
    schema = load_schema(schema_file)
    frame = table.load(data, schema, with_label=True)
    preprocessing.check_label(frame, schema, data.name)
    parts = splitting.split(frame, schema, validation, test, seed, data.name)
    learned = preprocessing.fit(parts.training, schema)
    with files.whole_output(output) as folder:
        for name, part in (("train", parts.training), ("validation", parts.validation), ("test", parts.test)):
            files.write_csv(folder / name / NUMBERS_FILE, _numbers(part, learned, schema))
        files.write_csv(folder / "test" / RAW_FILE, table.as_written(parts.test, schema))
        files.write_csv(folder / "raw" / "data.csv", table.as_written(parts.training, schema))
        files.write_json(folder / "preprocessing" / PREPROCESSING_FILE, learned.to_json())
        files.write_json(folder / "preprocessing" / SCHEMA_FILE, schema.to_json())
    return (
        f"{rows(len(frame))}: {len(parts.training)} to train, {len(parts.validation)} to validate, "
        f"{len(parts.test)} to test; {len(schema.features)} columns became {len(learned.outputs)} inputs"
    )


def _numbers(frame: pd.DataFrame, learned: Preprocessing, schema: Schema) -> pd.DataFrame:
    """Label and inputs of the model as a table, label first."""
    inputs = pd.DataFrame(learned.apply(frame), columns=learned.outputs)
    inputs.insert(0, schema.label, preprocessing.label_values(frame, schema))
    return inputs
