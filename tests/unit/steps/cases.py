"""Tables and schemas for the tests of the steps, and commands run on them as the command line runs them."""

from __future__ import annotations

import io
import json
import tarfile
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from tabular.cli import main
from tests.support.repository import PROJECT

DATA = PROJECT / "products" / "training-pipeline" / "examples" / "data"
CANCER = DATA / "breast-cancer.csv"
CANCER_SCHEMA = DATA / "breast-cancer.schema.json"

LOANS_SCHEMA: dict[str, Any] = {
    "version": 1,
    "problem": "binary_classification",
    "label": "default",
    "positive": "yes",
    "missing_values": ["", "?"],
    "columns": [
        {"name": "customer", "type": "ignored"},
        {"name": "age", "type": "integer", "minimum": 18, "maximum": 110, "required": True},
        {"name": "income", "type": "numeric", "minimum": 0},
        {"name": "job", "type": "categorical"},
        {"name": "home", "type": "categorical", "categories": ["own", "rent"], "unknown": "refuse"},
        {"name": "default", "type": "categorical"},
    ],
}


@dataclass(frozen=True)
class Result:
    """What a command left: exit code, the lines of stdout, the text of stderr."""

    code: int
    out: str
    error: str


@dataclass(frozen=True)
class Workspace:
    """Folders of a model that was carried from raw data to a baseline."""

    root: Path
    raw: Path
    schema: Path

    @property
    def split(self) -> Path:
        return self.root / "split"

    @property
    def model(self) -> Path:
        return self.root / "model"

    @property
    def archive(self) -> Path:
        """A folder with model.tar.gz, as a training job leaves it."""
        return self.root / "archive"

    @property
    def baseline(self) -> Path:
        return self.root / "baseline"

    def read(self, name: str) -> Any:
        return json.loads((self.root / name).read_text(encoding="utf-8"))


def steps(command: str, **options: object) -> Result:
    """Run one command in this process: `steps("train", train=…)` is `train --train …`."""
    arguments = [command]
    for name, value in options.items():
        arguments += [f"--{name.replace('_', '-')}", str(value)]
    out, error = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(error):
        code = main(arguments)
    return Result(code, out.getvalue(), error.getvalue())


def done(command: str, **options: object) -> str:
    """Run a command that must succeed; its stdout."""
    result = steps(command, **options)
    assert (result.code, result.error) == (0, "")
    return result.out


def write_json(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def hyperparameters(folder: Path, **values: object) -> Path:
    """SageMaker's file: every value a text."""
    return write_json(folder / "hyperparameters.json", {name: str(value) for name, value in values.items()})


def loans_table(rows: int, seed: int = 0) -> pd.DataFrame:
    """Loans whose default depends on age, income and job; some incomes and jobs are missing."""
    random = np.random.default_rng(seed)
    age = random.integers(18, 80, rows)
    income = random.gamma(2.0, 20000.0, rows).round(2)
    job = random.choice(["clerk", "nurse", "pilot", "baker"], rows, p=[0.4, 0.3, 0.2, 0.1])
    risk = 2.5 - 0.04 * age - income / 30000 + 1.5 * (job == "clerk") + random.normal(0, 0.5, rows)
    return pd.DataFrame(
        {
            "customer": [f"c-{number}" for number in range(rows)],
            "age": age,
            "income": np.where(random.random(rows) < 0.1, "?", income.astype(str)),
            "job": np.where(random.random(rows) < 0.05, "", job),
            "home": random.choice(["own", "rent"], rows),
            "default": np.where(risk > 0, "yes", "no"),
        }
    )


def breast_cancer_model(root: Path) -> Workspace:
    return _carry(Workspace(root, CANCER, CANCER_SCHEMA), max_depth=3)


def loans_model(root: Path) -> Workspace:
    raw = root / "loans.csv"
    loans_table(800).to_csv(raw, index=False)
    return _carry(Workspace(root, raw, write_json(root / "schema.json", LOANS_SCHEMA)), max_depth=3)


def _carry(space: Workspace, **settings: object) -> Workspace:
    done("preprocess", data=space.raw, schema=space.schema, output=space.split)
    train(space, space.model, **settings)
    space.archive.mkdir()
    with tarfile.open(space.archive / "model.tar.gz", "w:gz") as archive:
        archive.add(space.model, arcname=".")
    done("baseline", data=space.split / "raw", schema=space.schema, output=space.baseline)
    return space


def train(space: Workspace, output: Path, **settings: object) -> str:
    """Train on the workspace's split; stdout."""
    return done(
        "train",
        train=space.split / "train",
        validation=space.split / "validation",
        preprocessing=space.split / "preprocessing",
        hyperparameters=hyperparameters(space.root, **settings),
        model=output,
    )
