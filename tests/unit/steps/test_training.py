"""Training: the same bytes twice, hyperparameters as SageMaker writes them, a model that travels whole."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tabular import hyperparameters
from tabular.errors import DataError
from tabular.model import load_model
from tests.unit.steps.cases import Workspace, done, steps, train, write_json


def test_the_same_seed_gives_the_same_model_bytes(loans: Workspace, tmp_path: Path) -> None:
    for name, seed in (("a", 5), ("b", 5), ("c", 6)):
        train(loans, tmp_path / name, seed=seed, subsample=0.7)
    first, same, other = (
        {path.relative_to(tmp_path / name): path.read_bytes() for path in (tmp_path / name).rglob("*.*")}
        for name in "abc"
    )
    assert first == same
    assert first[Path("model.json")] != other[Path("model.json")]


def test_the_validation_split_stops_the_training(loans: Workspace, tmp_path: Path) -> None:
    train(loans, tmp_path / "model", num_round=2000, early_stopping_rounds=5)
    facts = json.loads((tmp_path / "model" / "training.json").read_text())
    assert facts["rounds"] < 200
    assert load_model(tmp_path / "model").booster.num_boosted_rounds() == facts["rounds"]


def test_the_log_has_the_lines_that_a_jobs_metrics_are_read_from(loans: Workspace, tmp_path: Path) -> None:
    lines = train(loans, tmp_path / "model", num_round=3).splitlines()
    scores = {name: float(value) for name, value in (line.split(": ") for line in lines[:2])}
    assert list(scores) == ["train-auc", "validation-auc"]
    assert all(0.5 < score <= 1 for score in scores.values())


def test_the_model_travels_with_everything_that_serves_it(cancer: Workspace) -> None:
    names = {path.relative_to(cancer.model).as_posix() for path in cancer.model.rglob("*") if path.is_file()}
    assert {"model.json", "preprocessing.json", "schema.json", "training.json", "code/inference.py"} <= names
    assert {"code/tabular/__init__.py", "code/tabular/model.py", "code/tabular/steps/train.py"} <= names
    assert not [name for name in names if name.endswith((".pkl", ".joblib", ".pyc"))]
    assert (cancer.model / "preprocessing.json").read_bytes() == (
        cancer.split / "preprocessing" / "preprocessing.json"
    ).read_bytes()


def test_an_archived_model_predicts_as_the_loose_one(cancer: Workspace) -> None:
    frame = pd.read_csv(cancer.split / "test" / "raw.csv", float_precision="round_trip")
    loose, archived = load_model(cancer.model), load_model(cancer.archive)
    assert np.array_equal(loose.scores(frame), archived.scores(frame))


def test_regression(tmp_path: Path) -> None:
    random = np.random.default_rng(1)
    frame = pd.DataFrame({"a": random.normal(size=400), "b": random.normal(size=400)})
    frame["price"] = 3 * frame["a"] - frame["b"] ** 2 + random.normal(0, 0.1, 400)
    frame.to_csv(tmp_path / "prices.csv", index=False)
    columns = [{"name": name, "type": "numeric"} for name in frame.columns]
    schema = write_json(tmp_path / "schema.json", {"problem": "regression", "label": "price", "columns": columns})
    space = Workspace(tmp_path, tmp_path / "prices.csv", schema)
    done("preprocess", data=space.raw, schema=schema, output=space.split)
    assert "validation rmse" in train(space, space.model)
    done("evaluate", model=space.model, test=space.split / "test", output=tmp_path / "evaluation", groups="a")
    metrics = space.read("evaluation/metrics.json")["regression_metrics"]
    assert metrics["rmse"]["value"] < 1.0 < frame["price"].std()
    assert metrics["rmse"]["value"] == pytest.approx(metrics["mse"]["value"] ** 0.5)
    assert metrics["r2"]["value"] > 0.9
    done("predict", model=space.model, data=space.split / "test" / "raw.csv", output=tmp_path / "answers.csv")
    answers = pd.read_csv(tmp_path / "answers.csv")
    assert list(answers.columns) == ["a", "b", "price", "prediction"]
    assert np.sqrt(((answers["prediction"] - answers["price"]) ** 2).mean()) == pytest.approx(metrics["rmse"]["value"])


def test_every_value_of_the_hyperparameters_is_text() -> None:
    content = {"max_depth": "5", "eta": "0.2", "num_round": '"40"', "lambda": "2", "sagemaker_region": "eu-west-1"}
    settings = hyperparameters.parse(content, "hyperparameters.json")
    assert (settings.max_depth, settings.eta, settings.num_round, settings.reg_lambda) == (5, 0.2, 40, 2.0)


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ({"max_dpeth": "5"}, "the hyperparameter 'max_dpeth' is unknown; did you mean 'max_depth'"),
        ({"zzz": "5"}, "the hyperparameter 'zzz' is unknown"),
        ({"max_depth": "deep"}, "the hyperparameter 'max_depth' is 'deep', and must be a whole number"),
        ({"max_depth": "2.5"}, "the hyperparameter 'max_depth' is '2.5', and must be a whole number"),
        ({"eta": "NaN"}, "the hyperparameter 'eta' is 'NaN', and must be a number"),
        ({"subsample": "1.5"}, "the hyperparameter 'subsample' is 1.5, out of 0.01 to 1"),
        ({"eta": "0.1", "learning_rate": "0.1"}, "the hyperparameter 'eta' is given twice, also as 'learning_rate'"),
        ([], "hyperparameters are a JSON object of texts"),
    ],
)
def test_a_wrong_hyperparameter_is_told_in_one_sentence(content: object, wanted: str) -> None:
    with pytest.raises(DataError) as raised:
        hyperparameters.parse(content, "hyperparameters.json")
    assert str(raised.value) == f"hyperparameters.json: {wanted}."


def test_numbers_of_another_preprocessing_are_refused(cancer: Workspace, loans: Workspace, tmp_path: Path) -> None:
    result = steps(
        "train",
        train=loans.split / "train",
        validation=loans.split / "validation",
        preprocessing=cancer.split / "preprocessing",
        hyperparameters=write_json(tmp_path / "hyperparameters.json", {}),
        model=tmp_path / "model",
    )
    wanted = "data.csv: the columns are not those of preprocessing.json (560 rows).\n"
    assert (result.code, result.error) == (1, wanted)
    assert not (tmp_path / "model").exists()


def test_a_folder_without_a_model_is_told(cancer: Workspace, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    result = steps("predict", model=tmp_path / "empty", data=cancer.raw, output=tmp_path / "answers.csv")
    assert (result.code, result.error) == (1, "empty: the model lacks its file 'model.json'.\n")
