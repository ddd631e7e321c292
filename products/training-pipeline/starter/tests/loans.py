"""A small table of loans and its schema, and steps run as the command line runs them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from tabular.cli import main

SCHEMA = {
    "version": 1,
    "problem": "binary_classification",
    "label": "default",
    "positive": "yes",
    "missing_values": [""],
    "columns": [
        {"name": "customer", "type": "ignored"},
        {"name": "age", "type": "integer", "minimum": 18, "maximum": 110, "required": True},
        {"name": "income", "type": "numeric", "minimum": 0},
        {"name": "home", "type": "categorical", "categories": ["own", "rent"], "unknown": "refuse"},
        {"name": "default", "type": "categorical"},
    ],
}


def loans(rows: int, seed: int = 0, older: int = 0) -> pd.DataFrame:
    """Loans whose default depends on age and income; some incomes are missing. `older`: years added to each age."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 70, rows) + older
    income = random.gamma(2.0, 20000.0, rows).round(2)
    risk = 2.5 - 0.05 * age - income / 20000 + random.normal(0, 0.4, rows)
    return pd.DataFrame(
        {
            "customer": [f"c-{number}" for number in range(rows)],
            "age": age,
            "income": np.where(random.random(rows) < 0.1, "", income.astype(str)),
            "home": random.choice(["own", "rent"], rows),
            "default": np.where(risk > 0, "yes", "no"),
        }
    )


def run(command: str, **options: object) -> int:
    """`run("train", model=…)` is `python steps train --model …`; the exit code."""
    arguments = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
    return main([command, *arguments])


def train(root: Path, model: Path) -> None:
    """Trains on what was split below the folder."""
    split, settings = root / "split", root / "hyperparameters.json"
    settings.write_text(json.dumps({"num_round": "40", "max_depth": "3"}), encoding="utf-8")
    parts = {name: split / name for name in ("train", "validation", "preprocessing")}
    assert run("train", hyperparameters=settings, model=model, **parts) == 0
