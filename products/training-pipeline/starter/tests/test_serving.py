"""What a model does once it is deployed: requests, batches, and the check that new data looks like the old."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from loans import loans, run
from tabular import inference

LOAN = {"age": 20, "income": 1000.0, "home": "rent"}


def answer(space: Path, body: str, content_type: str) -> str:
    """What SageMaker's serving toolkit makes of a request with the four functions."""
    model = inference.model_fn(str(space / "model"))
    predictions = inference.predict_fn(inference.input_fn(body, content_type), model)
    return inference.output_fn(predictions, "application/json")[0]


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (json.dumps(LOAN), "application/json"),
        (json.dumps(LOAN), "application/jsonlines"),
        ("age,income,home\n20,1000.0,rent\n", "text/csv"),
    ],
)
def test_an_endpoint_answers_in_each_content_type(space: Path, body: str, content_type: str) -> None:
    (found,) = json.loads(answer(space, body, content_type))
    assert found["prediction"] == "yes"
    assert found["probability"] > 0.5


def test_a_request_that_the_schema_refuses_is_the_clients_fault(space: Path) -> None:
    with pytest.raises(inference.RequestError, match="age"):
        answer(space, json.dumps({**LOAN, "age": 7}), "application/json")


def test_a_batch_is_prepared_and_predicted(space: Path, tmp_path: Path) -> None:
    loans(40, seed=1).drop(columns="default").to_csv(tmp_path / "new.csv", index=False)
    assert run("prepare", data=tmp_path / "new.csv", schema=space / "schema.json", output=tmp_path / "batch") == 0
    lines = [line for file in (tmp_path / "batch" / "records").iterdir() for line in file.read_text().splitlines()]
    assert len(lines) == 40
    output = tmp_path / "predictions.csv"
    assert run("predict", model=space / "model", data=tmp_path / "new.csv", output=output) == 0
    assert set(pd.read_csv(output)["prediction"]) == {"yes", "no"}


@pytest.mark.parametrize(("older", "drifted"), [(0, False), (30, True)])
def test_new_data_that_looks_otherwise_is_drift(space: Path, tmp_path: Path, older: int, drifted: bool) -> None:
    loans(300, seed=2, older=older).to_csv(tmp_path / "new.csv", index=False)
    baseline = {name: space / "baseline" / f"{name}.json" for name in ("statistics", "constraints")}
    assert run("check-drift", data=tmp_path / "new.csv", output=tmp_path / "drift", **baseline) == 0
    drift = json.loads((tmp_path / "drift" / "drift.json").read_text(encoding="utf-8"))
    assert (drift["violations"] > 0) is drifted
