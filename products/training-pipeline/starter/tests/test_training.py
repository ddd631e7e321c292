"""From raw data to a model that was judged."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from loans import loans, run, train


def test_the_model_is_good_on_rows_that_it_never_saw(space: Path) -> None:
    metrics = json.loads((space / "evaluation" / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["binary_classification_metrics"]["auc"]["value"] > 0.9


def test_no_row_is_in_two_parts(space: Path) -> None:
    rows = {name: len(pd.read_csv(space / "split" / name / "data.csv")) for name in ("train", "validation", "test")}
    assert sum(rows.values()) == 600
    assert rows["train"] > rows["test"] > 0


def test_the_same_data_and_seed_give_the_same_model(space: Path, tmp_path: Path) -> None:
    train(space, tmp_path / "again")
    first, again = (folder / "model.json" for folder in (space / "model", tmp_path / "again"))
    assert first.read_bytes() == again.read_bytes()


def test_the_approver_gets_what_the_registry_shows(space: Path) -> None:
    written = {each.name for each in (space / "evaluation").iterdir()}
    assert {"metrics.json", "explainability.json", "bias.json", "report.html", "report.png"} <= written


@pytest.mark.parametrize(
    ("column", "value", "told"),
    [("age", "old", "old"), ("age", "7", "18"), ("home", "boat", "boat")],
)
def test_bad_data_stops_the_first_step_with_a_sentence(
    space: Path, tmp_path: Path, column: str, value: str, told: str
) -> None:
    table = loans(50).astype(str)
    table.loc[3, column] = value
    table.to_csv(tmp_path / "bad.csv", index=False)
    message = tmp_path / "message"
    where = {"data": tmp_path / "bad.csv", "schema": space / "schema.json", "output": tmp_path / "split"}
    assert run("preprocess", message=message, **where) == 1
    sentence = message.read_text(encoding="utf-8")
    assert "bad.csv" in sentence
    assert column in sentence
    assert told in sentence
