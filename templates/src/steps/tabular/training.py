"""Trains the model: XGBoost on numbers, stopped by the validation split. The same input and seed give the same bytes.

It reads what `preprocess` wrote and knows nothing of raw data.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import xgboost

from tabular.errors import DataError
from tabular.hyperparameters import Hyperparameters
from tabular.layout import NUMBERS_FILE, PREPROCESSING_FILE
from tabular.schema import Schema

if TYPE_CHECKING:
    from importlib.abc import Traversable  # elsewhere in later versions of Python


@dataclass(frozen=True)
class Numbers:
    """What the model learns from: rows of shape (rows, inputs), labels of shape (rows,)."""

    rows: npt.NDArray[np.float64]
    labels: npt.NDArray[np.float64]


@dataclass(frozen=True)
class Trained:
    """A booster cut back to its best round, and what a person asks about how it came to be."""

    booster: xgboost.Booster
    rounds: int
    metric: str
    training_score: float
    validation_score: float


def read_numbers(folder: Path, inputs: list[str]) -> Numbers:
    """Rows and labels of a folder that `preprocess` wrote: label first, then the model's inputs. Raises DataError."""
    path = folder / NUMBERS_FILE
    if not path.exists():
        raise DataError(path.name, f"the folder '{folder.name}' lacks the file that preprocess writes (0 rows)")
    frame = pd.read_csv(path, float_precision="round_trip")
    if list(frame.columns[1:]) != inputs:
        raise DataError(path.name, f"the columns are not those of {PREPROCESSING_FILE} ({len(frame)} rows)")
    values = frame.to_numpy(dtype=np.float64)
    return Numbers(values[:, 1:], values[:, 0])


def train(
    training: Numbers, validation: Numbers, schema: Schema, settings: Hyperparameters, say: Callable[[str], None]
) -> Trained:
    """Train until the validation loss gets no better. `say` gets the lines that a job's metrics are read from.

    Loss, not AUC, decides when to stop: it goes on getting better while probabilities do, where AUC has long reached 1.
    """
    metric = "auc" if schema.is_binary else "rmse"
    given = {"train": training, "validation": validation}
    sets = {name: xgboost.DMatrix(each.rows, label=each.labels) for name, each in given.items()}
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
    folder.mkdir(parents=True)
    package = resources.files("tabular")
    (folder / "inference.py").write_bytes((package / "inference.py").read_bytes())
    _copy_code(package, folder / "tabular")


def _copy_code(source: Traversable, target: Path) -> None:
    """From a folder or from the zip that this program runs from: both look alike here."""
    target.mkdir()
    for each in sorted(source.iterdir(), key=lambda entry: entry.name):
        if each.is_dir() and each.name != "__pycache__":
            _copy_code(each, target / each.name)
        elif each.name.endswith(".py"):
            (target / each.name).write_bytes(each.read_bytes())
