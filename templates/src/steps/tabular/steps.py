"""The steps, one function a command: each reads its inputs, asks the modules that decide, writes its output whole."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pandas as pd

from tabular import files, hyperparameters, preprocessing, splitting, table, training
from tabular.schema import Schema, load_schema

Say = Callable[[str], None]


def preprocess(
    data: Path, schema_file: Path, output: Path, *, seed: int, validation: float, test: float, say: Say
) -> None:
    """Split raw data, learn preprocessing from the training part alone, and apply it to all three."""
    schema = load_schema(schema_file)
    frame = table.load(data, schema, with_label=True)
    preprocessing.check_label(frame, schema, data.name)
    parts = splitting.split(frame, schema, validation, test, seed, data.name)
    learned = preprocessing.fit(parts.training, schema)
    with files.whole_output(output) as folder:
        for name, part in (("train", parts.training), ("validation", parts.validation), ("test", parts.test)):
            files.write_csv(folder / name / training.NUMBERS_FILE, numbers(part, learned, schema))
        files.write_csv(folder / "test" / "raw.csv", parts.test)
        files.write_csv(folder / "raw" / "data.csv", parts.training)
        _write_preprocessing(folder / "preprocessing", learned, schema)
    say(
        f"{len(frame)} rows: {len(parts.training)} to train, {len(parts.validation)} to validate, "
        f"{len(parts.test)} to test; {len(schema.features)} columns became {len(learned.outputs)} inputs"
    )


def numbers(frame: pd.DataFrame, learned: preprocessing.Preprocessing, schema: Schema) -> pd.DataFrame:
    """Label and inputs of the model as a table, label first."""
    inputs = pd.DataFrame(learned.apply(frame), columns=learned.outputs)
    inputs.insert(0, schema.label, preprocessing.label_values(frame, schema), allow_duplicates=True)
    return inputs


def train(
    train_folder: Path, validation: Path, preprocessing_folder: Path, settings_file: Path, model: Path, *, say: Say
) -> None:
    """Train, and write the model with everything that serves it: preprocessing, schema and code."""
    schema = load_schema(preprocessing_folder / training.SCHEMA_FILE)
    place = preprocessing_folder / training.PREPROCESSING_FILE
    learned = preprocessing.from_json(files.read_json(place), place.name)
    settings = hyperparameters.parse(files.read_json(settings_file), settings_file.name)
    rows = training.read_numbers(train_folder, learned.outputs)
    trained = training.train(rows, training.read_numbers(validation, learned.outputs), schema, settings, say)
    with files.whole_output(model) as folder:
        trained.booster.save_model(str(folder / training.MODEL_FILE))
        _write_preprocessing(folder, learned, schema)
        files.write_json(
            folder / training.TRAINING_FILE,
            {
                "hyperparameters": settings.to_json(),
                "rows": len(rows[1]),
                "rounds": trained.rounds,
                "metric": trained.metric,
                "training_score": trained.training_score,
                "validation_score": trained.validation_score,
            },
        )
        training.write_code(folder / "code")
    say(f"{trained.rounds} trees on {len(rows[1])} rows; validation {trained.metric} {trained.validation_score:.4f}")


def _write_preprocessing(folder: Path, learned: preprocessing.Preprocessing, schema: Schema) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    files.write_json(folder / training.PREPROCESSING_FILE, learned.to_json())
    files.write_json(folder / training.SCHEMA_FILE, schema.to_json())
