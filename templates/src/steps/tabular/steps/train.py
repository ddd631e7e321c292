"""Trains, and writes the model with everything that serves it: preprocessing, schema and code."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tabular import files, hyperparameters, preprocessing, training
from tabular.errors import rows
from tabular.layout import MODEL_FILE, PREPROCESSING_FILE, SCHEMA_FILE, TRAINING_FILE
from tabular.schema import load_schema


def run(
    train: Path, validation: Path, learned_folder: Path, settings_file: Path, output: Path, say: Callable[[str], None]
) -> str:
    """Writes model.json, preprocessing.json, schema.json, training.json (how it came to be) and code/."""
    schema = load_schema(learned_folder / SCHEMA_FILE)
    learned = preprocessing.from_json(files.read_json(learned_folder / PREPROCESSING_FILE), PREPROCESSING_FILE)
    settings = hyperparameters.parse(files.read_json(settings_file), settings_file.name)
    training_numbers = training.read_numbers(train, learned.outputs)
    validation_numbers = training.read_numbers(validation, learned.outputs)
    trained = training.train(training_numbers, validation_numbers, schema, settings, say)
    facts = {
        "hyperparameters": settings.to_json(),
        "rows": len(training_numbers.labels),
        "rounds": trained.rounds,
        "metric": trained.metric,
        "training_score": trained.training_score,
        "validation_score": trained.validation_score,
    }
    with files.whole_output(output) as folder:
        trained.booster.save_model(str(folder / MODEL_FILE))
        files.write_json(folder / PREPROCESSING_FILE, learned.to_json())
        files.write_json(folder / SCHEMA_FILE, schema.to_json())
        files.write_json(folder / TRAINING_FILE, facts)
        training.write_code(folder / "code")
    count = rows(len(training_numbers.labels))
    return f"{trained.rounds} trees on {count}; validation {trained.metric} {trained.validation_score:.4f}"
