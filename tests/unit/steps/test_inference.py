"""The handler functions of endpoint and batch, in the model that training left."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xgboost

from tabular import inference
from tabular.preprocessing import from_json
from tests.unit.steps.cases import Workspace, done

LOAN = {"age": 40, "income": 30000.5, "job": "nurse", "home": "own"}


def answer(space: Workspace, body: str | bytes, content_type: str, accept: str = "application/json") -> str:
    """What the serving toolkit does with the four functions."""
    model = inference.model_fn(str(space.model))
    text, kind = inference.output_fn(inference.predict_fn(inference.input_fn(body, content_type), model), accept)
    assert kind == accept
    return text


def refused(space: Workspace, body: str | bytes, content_type: str = "application/json") -> str:
    with pytest.raises(inference.RequestError) as raised:
        answer(space, body, content_type)
    assert raised.value.status_code == 400
    return str(raised.value)


def own_scores(space: Workspace, frame: pd.DataFrame) -> Any:
    """The booster's own predictions, with nothing of the handler in between."""
    booster = xgboost.Booster(model_file=str(space.model / "model.json"))
    learned = from_json(space.read("model/preprocessing.json"), "preprocessing.json")
    return booster.predict(xgboost.DMatrix(learned.apply(frame)))


def test_answers_are_the_models_own_predictions(cancer: Workspace) -> None:
    frame = pd.read_csv(cancer.split / "test" / "raw.csv", float_precision="round_trip").drop(columns="malignant")
    body = frame.to_json(orient="records", lines=True, double_precision=15)
    lines = answer(cancer, body, "application/jsonlines", "application/jsonlines").split("\n")
    found = [json.loads(line) for line in lines]
    scores = own_scores(cancer, frame)
    assert np.array_equal(np.array([each["probability"] for each in found], dtype=np.float32), scores)
    assert [each["prediction"] for each in found] == [int(score >= 0.5) for score in scores]


def test_every_content_type_gives_the_same_answer(loans: Workspace) -> None:
    record = json.dumps(LOAN)
    header, row = "age,income,job,home", "40,30000.5,nurse,own"
    bodies = [
        (record, "application/json"),
        (f"[{record}]", "application/json"),
        (f'{{"instances": [{record}]}}', "application/json; charset=utf-8"),
        (f"{record}\n", "application/jsonlines"),
        (f"{header}\n{row}\n", "text/csv"),
        ("home,job,income,age\nown,nurse,30000.5,40", "text/csv"),
        (row, "text/csv"),
        (record.encode(), "application/json"),
    ]
    answers = {answer(loans, body, kind) for body, kind in bodies}
    assert len(answers) == 1
    [found] = json.loads(answers.pop())
    assert found["prediction"] == ("yes" if found["probability"] >= 0.5 else "no")


def test_answers_as_json_lines_and_csv(loans: Workspace) -> None:
    body = json.dumps([LOAN, {**LOAN, "age": 70}])
    lines = answer(loans, body, "application/json", "application/jsonlines")
    assert [list(json.loads(line)) for line in lines.split("\n")] == [["prediction", "probability"]] * 2
    csv = answer(loans, body, "application/json", "text/csv").split("\n")
    assert [line.split(",")[0] for line in csv] == [json.loads(line)["prediction"] for line in lines.split("\n")]


def test_missing_values_and_unseen_categories_are_answered(loans: Workspace) -> None:
    for change in ({"income": None}, {"income": "?"}, {"job": "astronaut"}, {"job": ""}):
        assert "probability" in answer(loans, json.dumps({**LOAN, **change}), "application/json")


def test_identifiers_and_the_label_may_come_along(loans: Workspace) -> None:
    plain = answer(loans, json.dumps(LOAN), "application/json")
    assert answer(loans, json.dumps({**LOAN, "customer": "c-1", "default": "no"}), "application/json") == plain


def test_bad_requests_are_told_in_one_sentence(loans: Workspace) -> None:
    assert refused(loans, "") == "request: the body is not application/json, Expecting value (0 rows)."
    assert refused(loans, "[]") == "request: the body is empty (0 rows)."
    assert refused(loans, "[1]") == "request: a record is a JSON object with a value for each column (1 row)."
    assert refused(loans, b"\xff") == "request: the body is not UTF-8 (0 rows)."
    assert refused(loans, json.dumps({**LOAN, "age": 5})) == (
        "request: column 'age' is out of its range 18 to 110 in 1 of 1 row, first in row 1: '5'."
    )
    assert refused(loans, json.dumps({"age": 40})) == "request: column 'income' and 2 more is missing (1 row)."
    assert refused(loans, json.dumps({**LOAN, "home": "castle"})) == (
        "request: column 'home' holds an unknown category in 1 of 1 row, first in row 1: 'castle'."
    )
    assert refused(loans, "1,2", "text/csv") == "request: row 1 has 2 fields and 4 columns are known."
    assert refused(loans, "x", "image/png") == (
        "request: content type 'image/png' is none of application/jsonlines, application/json, text/csv."
    )


def test_batch_records_are_answered_as_the_rows_they_came_from(loans: Workspace, tmp_path: Path) -> None:
    raw = loans.split / "test" / "raw.csv"
    done("prepare", data=raw, schema=loans.schema, output=tmp_path / "prepared")
    done("predict", model=loans.archive, data=raw, output=tmp_path / "answers.csv")
    body = (tmp_path / "prepared" / "records" / "part-00000.jsonl").read_text()
    lines = answer(loans, body, "application/jsonlines", "application/jsonlines").split("\n")
    by_hand = pd.read_csv(tmp_path / "answers.csv", float_precision="round_trip")
    assert [json.loads(line)["probability"] for line in lines] == by_hand["probability"].tolist()
    assert [json.loads(line)["prediction"] for line in lines] == by_hand["prediction"].tolist()


def test_batch_records_keep_types_gaps_and_identifiers(loans: Workspace, tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("customer,age,income,job,home\nc-1,40,?,nurse,own\nc-2,41,7.25,,rent\n")
    done("prepare", data=tmp_path / "new.csv", schema=loans.schema, output=tmp_path / "out")
    lines = (tmp_path / "out" / "records" / "part-00000.jsonl").read_text().splitlines()
    assert [json.loads(line) for line in lines] == [
        {"customer": "c-1", "age": 40, "income": None, "job": "nurse", "home": "own"},
        {"customer": "c-2", "age": 41, "income": 7.25, "job": None, "home": "rent"},
    ]
    raw = (tmp_path / "out" / "raw" / "data.csv").read_text()
    assert raw == "customer,age,income,job,home\nc-1,40,,nurse,own\nc-2,41,7.25,,rent\n"


TOOLKIT = """
class BaseInferenceToolkitError(Exception):
    def __init__(self, status_code, message, phrase):
        raise AssertionError("the toolkit's own constructor differs between versions")
"""


def test_the_serving_toolkit_sees_the_clients_fault_as_its_own_kind_of_error(loans: Workspace, tmp_path: Path) -> None:
    """With a toolkit beside it (a stand-in of its one class), a bad request is an error that it answers with 400."""
    (tmp_path / "sagemaker_inference").mkdir()
    (tmp_path / "sagemaker_inference" / "errors.py").write_text(TOOLKIT)
    program = """
import sys
sys.path[:0] = sys.argv[1:]
import inference
from sagemaker_inference.errors import BaseInferenceToolkitError
try:
    inference.input_fn("", "image/png")
except BaseInferenceToolkitError as error:
    print(error.status_code, error.phrase, error.message)
"""
    paths = [str(tmp_path), str(loans.model / "code")]
    run = subprocess.run([sys.executable, "-I", "-c", program, *paths], capture_output=True, text=True, check=True)
    assert run.stdout.startswith("400 Bad Request request: content type 'image/png' is none of ")
