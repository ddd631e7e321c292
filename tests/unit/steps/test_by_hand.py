"""The zip that a container runs, run by hand: outside any emulator, on a CSV, as a data scientist would."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from harness.catalog.assets import pack
from tests.support.repository import PROJECT
from tests.unit.steps.cases import CANCER, CANCER_SCHEMA, hyperparameters

STEPS = PROJECT / "templates" / "src" / "steps"


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "steps.zip"
    path.write_bytes(pack(PROJECT, STEPS).content)
    return path


def run(archive: Path, *arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    """In an empty folder, with nothing of this repository to import."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    result = subprocess.run(
        [sys.executable, "-I", str(archive), *map(str, arguments)],
        cwd=archive.parent,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == code, result.stderr
    return result


def test_from_a_csv_to_predictions(archive: Path, tmp_path: Path) -> None:
    split, model, settings = tmp_path / "split", tmp_path / "model", hyperparameters(tmp_path, max_depth=3)
    run(archive, "preprocess", "--data", CANCER, "--schema", CANCER_SCHEMA, "--output", split)
    run(
        archive,
        *("train", "--train", split / "train", "--validation", split / "validation"),
        *("--preprocessing", split / "preprocessing", "--hyperparameters", settings, "--model", model),
    )
    packed = tmp_path / "packed"
    packed.mkdir()
    with tarfile.open(packed / "model.tar.gz", "w:gz") as tar:
        tar.add(model, arcname=".")
    judged = tmp_path / "judged"
    run(archive, "evaluate", "--model", packed, "--test", split / "test", "--output", judged)
    metrics = json.loads((judged / "metrics.json").read_text())["binary_classification_metrics"]
    assert metrics["auc"]["value"] >= 0.97

    raw, answers = split / "test" / "raw.csv", tmp_path / "answers.csv"
    run(archive, "predict", "--model", packed, "--data", raw, "--output", answers)
    served = served_by_its_own_code(model, raw)
    found = pd.read_csv(answers, float_precision="round_trip")
    assert found["probability"].tolist() == served
    right = (found["prediction"] == found["malignant"]).mean()
    assert right == pytest.approx(metrics["accuracy"]["value"])

    base, drift = tmp_path / "base", tmp_path / "drift"
    run(archive, "baseline", "--data", split / "raw", "--schema", CANCER_SCHEMA, "--output", base)
    against = ("--statistics", base / "statistics.json", "--constraints", base / "constraints.json", "--output", drift)
    assert "No drift" in run(archive, "check-drift", "--data", raw, *against).stdout
    shifted = pd.read_csv(raw)
    shifted["worst area"] *= 1.8
    shifted.to_csv(tmp_path / "shifted.csv", index=False)
    assert "columns worst area." in run(archive, "check-drift", "--data", tmp_path / "shifted.csv", *against).stdout
    assert json.loads((drift / "drift.json").read_text())["violations"] == 1


def served_by_its_own_code(model: Path, raw: Path) -> list[float]:
    """The probabilities that the code inside the model gives, in a process that knows nothing else."""
    program = """
import sys
sys.path.insert(0, sys.argv[1] + "/code")
import inference
model = inference.model_fn(sys.argv[1])
request = inference.input_fn(open(sys.argv[2], "rb").read(), "text/csv")
print(inference.output_fn(inference.predict_fn(request, model), "application/json")[0])
"""
    result = subprocess.run(
        [sys.executable, "-I", "-c", program, str(model), str(raw)], capture_output=True, text=True, check=True
    )
    return [each["probability"] for each in json.loads(result.stdout)]


def test_a_failure_says_one_sentence_and_leaves_it_for_the_job(archive: Path, tmp_path: Path) -> None:
    frame = pd.read_csv(CANCER).drop(columns="mean radius")
    frame.to_csv(tmp_path / "cases.csv", index=False)
    message = tmp_path / "ml" / "output" / "message"
    arguments = ("--data", tmp_path / "cases.csv", "--schema", CANCER_SCHEMA, "--output", tmp_path / "out")
    result = run(archive, "preprocess", *arguments, "--message", message, code=1)
    assert result.stderr == "cases.csv: column 'mean radius' is missing (569 rows).\n"
    assert message.read_text() == result.stderr.strip()
    assert not (tmp_path / "out").exists()


def test_an_unknown_command_shows_the_usage(archive: Path) -> None:
    assert "usage: steps" in run(archive, "deploy", code=2).stderr


def test_the_committed_data_is_scikit_learns_unchanged() -> None:
    from sklearn.datasets import load_breast_cancer

    bunch = load_breast_cancer()
    frame = pd.read_csv(CANCER, float_precision="round_trip")
    assert list(frame.columns) == [*bunch.feature_names, "malignant"]
    assert np.array_equal(frame[list(bunch.feature_names)].to_numpy(), bunch.data)
    assert (frame["malignant"] == (bunch.target == 0)).all()


def test_the_package_is_written_for_the_python_of_the_containers() -> None:
    for path in sorted(STEPS.rglob("*.py")):
        ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))


def test_the_package_knows_no_aws_client_and_nothing_of_this_repository() -> None:
    allowed = {"tabular", "numpy", "pandas", "sklearn", "scipy", "xgboost", "matplotlib", "sagemaker_inference"} | set(
        sys.stdlib_module_names
    )
    strange = [
        f"{path.relative_to(STEPS)} imports {name}"
        for path in sorted(STEPS.rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
        if name.split(".")[0] not in allowed
    ]
    assert strange == []
