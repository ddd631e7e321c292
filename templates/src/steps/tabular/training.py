"""Trains the model: XGBoost on numbers, stopped by the validation split. The same input and seed give the same bytes.

It reads what `preprocess` wrote and knows nothing of raw data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost

from tabular.errors import DataError
from tabular.hyperparameters import Hyperparameters
from tabular.schema import Schema

MODEL_FILE = "model.json"
PREPROCESSING_FILE = "preprocessing.json"
SCHEMA_FILE = "schema.json"
TRAINING_FILE = "training.json"
NUMBERS_FILE = "data.csv"


@dataclass(frozen=True)
class Trained:
    """A booster cut back to its best round, and what a person asks about how it came to be."""

    booster: xgboost.Booster
    rounds: int
    metric: str
    training_score: float
    validation_score: float


def read_numbers(folder: Path, inputs: list[str]) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Rows and labels of a folder that `preprocess` wrote: label first, then the model's inputs. Raises DataError."""
    path = folder / NUMBERS_FILE
    if not path.exists():
        raise DataError(path.name, f"the folder '{folder.name}' lacks the file that preprocess writes (0 rows)")
    frame = pd.read_csv(path, float_precision="round_trip")
    if list(frame.columns[1:]) != inputs:
        raise DataError(path.name, f"the columns are not those of {PREPROCESSING_FILE} ({len(frame)} rows)")
    values = frame.to_numpy(dtype=np.float64)
    return values[:, 1:], values[:, 0]


def train(
    training: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    validation: tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]],
    schema: Schema,
    settings: Hyperparameters,
    say: Callable[[str], None],
) -> Trained:
    """Train until the validation loss gets no better. `say` gets the lines that a training job's metrics are read from.

    Loss, not AUC, decides when to stop: it goes on getting better while probabilities do, where AUC has long reached 1.
    """
    metric = "auc" if schema.is_binary else "rmse"
    sets = {
        name: xgboost.DMatrix(rows, label=label)
        for name, (rows, label) in (("train", training), ("validation", validation))
    }
    history: dict[str, dict[str, list[float]]] = {}
    booster = xgboost.train(
        _parameters(schema, settings, metric),
        sets["train"],
        num_boost_round=settings.num_round,
        evals=[(sets["train"], "train"), (sets["validation"], "validation")],
        early_stopping_rounds=settings.early_stopping_rounds,
        evals_result=history,
        verbose_eval=False,
    )
    best = int(booster.best_iteration)
    scores = {name: float(history[name][metric][best]) for name in sets}
    for name, score in scores.items():
        say(f"{name}-{metric}: {score:.6f}")
    return Trained(booster[: best + 1], best + 1, metric, scores["train"], scores["validation"])


def _parameters(schema: Schema, settings: Hyperparameters, metric: str) -> dict[str, Any]:
    given = settings.to_json()
    for name in ("num_round", "early_stopping_rounds"):
        del given[name]
    given["lambda"] = given.pop("reg_lambda")
    return {
        **given,
        "objective": "binary:logistic" if schema.is_binary else "reg:squarederror",
        "eval_metric": [metric, "logloss"] if schema.is_binary else [metric],  # the last decides when to stop
        "tree_method": "hist",
        "device": "cpu",
        "validate_parameters": True,
    }


def write_code(folder: Path) -> None:
    """Put the code that serves the model beside it: `inference.py`, which a container loads, and this package."""
    package = folder / "tabular"
    package.mkdir(parents=True)
    for file in resources.files("tabular").iterdir():
        if file.name.endswith(".py"):
            (package / file.name).write_bytes(file.read_bytes())
            if file.name == "inference.py":
                (folder / file.name).write_bytes(file.read_bytes())
