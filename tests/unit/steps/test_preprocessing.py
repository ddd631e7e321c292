"""What is learned from the training split, kept as JSON, and applied to everything else (P11)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd

from tabular import preprocessing, splitting, table
from tabular.schema import Schema, parse_schema
from tabular.text import text_table
from tests.unit.steps.cases import CANCER, CANCER_SCHEMA, LOANS_SCHEMA, Workspace, done, loans_table

SCHEMA = parse_schema(LOANS_SCHEMA, "schema.json")


def loans(rows: int = 300, seed: int = 0) -> pd.DataFrame:
    return table.typed(text_table("loans.csv", loans_table(rows, seed).astype(object)), SCHEMA, with_label=True)


def test_only_the_training_split_teaches(loans: Workspace) -> None:
    """The medians and categories are those of the training rows, not of all rows."""
    training = pd.read_csv(loans.split / "raw" / "data.csv")
    everything = pd.read_csv(loans.raw, na_values=["?"])
    learned = {column["name"]: column for column in loans.read("split/preprocessing/preprocessing.json")["columns"]}
    assert learned["income"]["median"] == training["income"].median() != everything["income"].median()
    assert learned["age"]["median"] == training["age"].median()


def test_the_three_parts_share_no_row_and_lose_none(loans: Workspace) -> None:
    parts = [len(pd.read_csv(loans.split / name / "data.csv")) for name in ("train", "validation", "test")]
    assert parts == [560, 120, 120]
    training = set(pd.read_csv(loans.split / "raw" / "data.csv")["customer"])
    testing = set(pd.read_csv(loans.split / "test" / "raw.csv")["customer"])
    assert len(training) == 560
    assert training.isdisjoint(testing)


def test_each_part_has_the_classes_in_the_same_shares() -> None:
    frame = loans(400)
    parts = splitting.split(frame, SCHEMA, 0.2, 0.2, 0, "loans.csv")
    shares = [(part["default"] == "yes").mean() for part in (frame, parts.training, parts.validation, parts.test)]
    assert max(shares) - min(shares) < 0.01


def test_the_same_seed_divides_alike_and_another_does_not(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        done("preprocess", data=CANCER, schema=CANCER_SCHEMA, output=tmp_path / name, seed=seed)
    first, same, other = ((tmp_path / name / "test" / "data.csv").read_bytes() for name in "abc")
    assert first == same != other


def test_numbers_come_label_first_and_read_back_exactly(cancer: Workspace) -> None:
    raw = pd.read_csv(cancer.split / "test" / "raw.csv", float_precision="round_trip")
    numbers = pd.read_csv(cancer.split / "test" / "data.csv", float_precision="round_trip")
    assert numbers.columns[0] == "malignant"
    original = pd.read_csv(CANCER, float_precision="round_trip")
    assert raw.merge(original, how="inner").shape == raw.shape
    assert np.array_equal(numbers[raw.columns].to_numpy(), raw.to_numpy())


def test_a_missing_number_becomes_the_median_and_is_flagged() -> None:
    learned = preprocessing.fit(loans(), SCHEMA)
    row = loans(1).assign(income=np.nan)
    inputs = dict(zip(learned.outputs, learned.apply(row)[0], strict=True))
    assert inputs["income"] == loans()["income"].median()
    assert inputs["income is missing"] == 1.0
    assert "age is missing" not in inputs  # required: never missing


def test_categories_become_columns_and_an_unseen_one_is_none_of_them() -> None:
    learned = preprocessing.fit(loans(), SCHEMA)
    jobs = [name for name in learned.outputs if name.startswith("job")]
    assert jobs == ["job = clerk", "job = nurse", "job = pilot", "job = baker"]
    for job, wanted in (("nurse", [0, 1, 0, 0]), ("astronaut", [0, 0, 0, 0]), (None, [0, 0, 0, 0])):
        inputs = dict(zip(learned.outputs, learned.apply(loans(1).assign(job=job))[0], strict=True))
        assert [inputs[name] for name in jobs] == wanted


def test_rare_categories_share_one_column() -> None:
    schema = parse_schema(
        {
            "problem": "regression",
            "label": "y",
            "columns": [{"name": "code", "type": "categorical"}, {"name": "y", "type": "numeric"}],
        },
        "schema.json",
    )
    codes = [f"{number:03d}" for number in range(60) for _ in range(2 if number < 50 else 1)]
    frame = pd.DataFrame({"code": np.array(codes, dtype=object), "y": 0.0})
    learned = preprocessing.fit(frame, schema)
    assert len(learned.outputs) == 51
    assert dict(zip(learned.outputs, learned.apply(frame.tail(1))[0], strict=True))["code is rare"] == 1.0


def test_what_was_learned_survives_its_json() -> None:
    learned = preprocessing.fit(loans(), SCHEMA)
    again = preprocessing.from_json(json.loads(json.dumps(learned.to_json())), "preprocessing.json")
    assert again == learned
    assert np.array_equal(again.apply(loans(50, seed=9)), learned.apply(loans(50, seed=9)))


def test_a_table_of_thousands_of_columns(tmp_path: Path) -> None:
    """Any width: 800 columns, of which one decides."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(60, 800)).round(3), columns=[f"c{number}" for number in range(800)])
    frame["y"] = (frame["c7"] > 0).astype(int)
    frame.to_csv(tmp_path / "wide.csv", index=False)
    columns = [{"name": name, "type": "integer" if name == "y" else "numeric"} for name in frame.columns]
    content = {"problem": "binary_classification", "label": "y", "columns": columns}
    (tmp_path / "schema.json").write_text(json.dumps(content))
    out = done("preprocess", data=tmp_path / "wide.csv", schema=tmp_path / "schema.json", output=tmp_path / "out")
    assert out == "60 rows: 42 to train, 9 to validate, 9 to test; 800 columns became 800 inputs\n"


def test_several_files_become_one_table(tmp_path: Path) -> None:
    (tmp_path / "in" / "day=2").mkdir(parents=True)
    frame = loans_table(200)
    frame.head(120).to_csv(tmp_path / "in" / "a.csv", index=False)
    frame.tail(80)[frame.columns[::-1]].to_csv(tmp_path / "in" / "day=2" / "b.csv", index=False)
    (tmp_path / "schema.json").write_text(json.dumps(LOANS_SCHEMA))
    out = done("preprocess", data=tmp_path / "in", schema=tmp_path / "schema.json", output=tmp_path / "out")
    assert out.startswith("200 rows: ")


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    text = loans_table(100).to_csv(index=False, lineterminator="\r\n")
    (tmp_path / "a.csv").write_bytes(b"\xef\xbb\xbf" + text.encode())
    (tmp_path / "b.csv").write_text(text.replace("\r\n", "\n"))
    frames = [table.load(tmp_path / name, SCHEMA, with_label=True) for name in ("a.csv", "b.csv")]
    pd.testing.assert_frame_equal(*frames)


def test_extra_columns_are_left_out_where_the_schema_says_so() -> None:
    schema: Schema = parse_schema({**LOANS_SCHEMA, "extra_columns": "ignore"}, "schema.json")
    raw = text_table("loans.csv", loans_table(5).assign(colour="red").astype(object))
    assert "colour" not in table.typed(raw, schema, with_label=True).columns
