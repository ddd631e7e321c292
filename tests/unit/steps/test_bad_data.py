"""Bad data stops a step with one sentence that names file, column and rows, and leaves nothing half written."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.unit.steps.cases import LOANS_SCHEMA, loans_table, steps, write_json

Edit = Mapping[str, Mapping[int, object]]  # column → row → value


def refusal(folder: Path, content: bytes | str, schema: Mapping[str, Any] = LOANS_SCHEMA) -> str:
    """The sentence with which preprocess refuses loans.csv, on stderr and in the message file, writing nothing else."""
    data, message = folder / "loans.csv", folder / "job" / "failure"
    data.write_bytes(content if isinstance(content, bytes) else content.encode())
    before = sorted(folder.rglob("*"))
    schema_file = write_json(folder / "schema.json", schema)
    result = steps("preprocess", data=data, schema=schema_file, output=folder / "output", message=message)
    assert (result.code, result.out) == (1, "")
    sentence = message.read_text(encoding="utf-8")
    assert result.error == f"{sentence}\n"
    assert sorted(folder.rglob("*")) == sorted({*before, schema_file, message.parent, message})
    return sentence


def loans(edits: Edit | None = None, rows: int = 60) -> str:
    frame = loans_table(rows).astype(object)
    for column, values in (edits or {}).items():
        for row, value in values.items():
            frame.loc[row, column] = value
    text: str = frame.to_csv(index=False)
    return text


def schema_with(**changes: object) -> dict[str, Any]:
    return {**LOANS_SCHEMA, **changes}


def schema_column(name: str, **changes: object) -> dict[str, Any]:
    columns = [{**column, **changes} if column["name"] == name else column for column in LOANS_SCHEMA["columns"]]
    return schema_with(columns=columns)


def test_a_column_that_is_missing(tmp_path: Path) -> None:
    text = loans_table(60).drop(columns="income").to_csv(index=False)
    assert refusal(tmp_path, text) == "loans.csv: column 'income' is missing (60 rows)."


def test_several_columns_that_are_missing(tmp_path: Path) -> None:
    text = loans_table(60).drop(columns=["income", "job"]).to_csv(index=False)
    assert refusal(tmp_path, text) == "loans.csv: column 'income' and 1 more is missing (60 rows)."


def test_a_column_that_the_schema_does_not_name(tmp_path: Path) -> None:
    text = loans_table(60).assign(colour="red").to_csv(index=False)
    assert refusal(tmp_path, text) == "loans.csv: column 'colour' is not in the schema (60 rows)."


def test_text_where_a_number_belongs(tmp_path: Path) -> None:
    text = loans({"income": {3: "a lot", 9: "n/a"}})
    wanted = "loans.csv: column 'income' holds text where a number belongs in 2 of 60 rows, first in row 4: 'a lot'."
    assert refusal(tmp_path, text) == wanted


@pytest.mark.parametrize("value", ["inf", "nan", "1_000", "1,5", "0x1f"])
def test_what_only_looks_like_a_number(tmp_path: Path, value: str) -> None:
    wanted = f"loans.csv: column 'income' holds text where a number belongs in 1 of 60 rows, first in row 1: '{value}'."
    assert refusal(tmp_path, loans({"income": {0: value}})) == wanted


def test_a_fraction_where_a_whole_number_belongs(tmp_path: Path) -> None:
    wanted = "loans.csv: column 'age' holds fractions of whole numbers in 1 of 60 rows, first in row 6: '30.5'."
    assert refusal(tmp_path, loans({"age": {5: 30.5}})) == wanted


def test_a_value_out_of_its_range(tmp_path: Path) -> None:
    wanted = "loans.csv: column 'age' is out of its range 18 to 110 in 2 of 60 rows, first in row 3: '17'."
    assert refusal(tmp_path, loans({"age": {2: 17, 7: 111}})) == wanted


def test_a_value_below_an_open_range(tmp_path: Path) -> None:
    wanted = "loans.csv: column 'income' is out of its range at least 0 in 1 of 60 rows, first in row 1: '-1'."
    assert refusal(tmp_path, loans({"income": {0: -1}})) == wanted


def test_a_gap_in_a_required_column(tmp_path: Path) -> None:
    wanted = "loans.csv: column 'age' has no value in 2 of 60 rows, first in row 1."
    assert refusal(tmp_path, loans({"age": {0: "", 1: ""}})) == wanted


def test_a_mark_for_missing_in_a_required_column(tmp_path: Path) -> None:
    wanted = "loans.csv: column 'age' has no value in 1 of 60 rows, first in row 5: '?'."
    assert refusal(tmp_path, loans({"age": {4: "?"}})) == wanted


def test_an_unknown_category_that_the_schema_refuses(tmp_path: Path) -> None:
    wanted = "loans.csv: column 'home' holds an unknown category in 1 of 60 rows, first in row 8: 'castle'."
    assert refusal(tmp_path, loans({"home": {7: "castle"}})) == wanted


def test_an_empty_file(tmp_path: Path) -> None:
    assert refusal(tmp_path, "") == "loans.csv: the file is empty (0 rows)."


def test_a_header_without_data(tmp_path: Path) -> None:
    assert refusal(tmp_path, loans(rows=0)) == "loans.csv: the file has a header and no data (0 rows)."


def test_one_class_only(tmp_path: Path) -> None:
    text = loans({"default": dict.fromkeys(range(60), "no")})
    assert refusal(tmp_path, text) == "loans.csv: the label column 'default' has one class only, 'no', in all 60 rows."


def test_more_classes_than_two(tmp_path: Path) -> None:
    text = loans({"default": {0: "yes", 1: "no", 2: "maybe"}})
    wanted = "loans.csv: the label column 'default' has 3 classes ('maybe', 'no', 'yes') in 60 rows, and must have two."
    assert refusal(tmp_path, text) == wanted


def test_two_classes_of_which_none_is_the_positive_one(tmp_path: Path) -> None:
    sentence = refusal(tmp_path, loans(), schema_with(positive="true"))
    what = "loans.csv: the label column 'default' holds 'no' and 'yes' in 60 rows"
    assert sentence == f"{what}, and the positive class 'true' is not there."


def test_numeric_classes_other_than_0_and_1(tmp_path: Path) -> None:
    text = loans({"default": {row: 1 + row % 2 for row in range(60)}})
    wanted = "loans.csv: the label column 'default' holds '1' and '2' in 60 rows, and the classes 0 and 1 are expected."
    assert refusal(tmp_path, text, schema_column("default", type="integer")) == wanted


def test_a_label_that_is_missing_as_a_column(tmp_path: Path) -> None:
    text = loans_table(60).drop(columns="default").to_csv(index=False)
    assert refusal(tmp_path, text) == "loans.csv: the label column 'default' is missing (60 rows)."


def test_a_label_that_is_missing_in_rows(tmp_path: Path) -> None:
    wanted = "loans.csv: the label column 'default' has no value in 3 of 60 rows, first in row 11."
    assert refusal(tmp_path, loans({"default": dict.fromkeys((10, 20, 30), "")})) == wanted


def test_a_column_that_comes_twice(tmp_path: Path) -> None:
    text = loans().replace("customer,age,income", "customer,age,age", 1)
    assert refusal(tmp_path, text) == "loans.csv: column 'age' appears 2 times in the header (60 rows)."


def test_a_column_without_a_name(tmp_path: Path) -> None:
    text = loans().replace("customer,age", "customer,", 1)
    assert refusal(tmp_path, text) == "loans.csv: a column has no name in the header (60 rows)."


def test_a_file_that_is_not_utf_8(tmp_path: Path) -> None:
    content = loans({"job": {0: "caf\u00e9"}}).encode("latin-1")
    assert refusal(tmp_path, content) == "loans.csv: the file is not UTF-8, see byte 0xe9 in line 2."


def test_rows_of_other_lengths(tmp_path: Path) -> None:
    lines = loans().splitlines()
    lines[3] = "c-2,30"
    lines[7] += ",extra"
    wanted = "loans.csv: row 3 has 2 fields where the header has 6 (2 of 60 rows are ragged)."
    assert refusal(tmp_path, "\n".join(lines)) == wanted


def test_a_quotation_mark_that_never_closes(tmp_path: Path) -> None:
    text = loans() + '"c-61,30'
    assert refusal(tmp_path, text) == "loans.csv: the file is not CSV, unexpected end of data (after 60 rows)."


def test_too_few_rows_of_a_class_to_divide(tmp_path: Path) -> None:
    text = loans({"default": {**dict.fromkeys(range(60), "no"), 0: "yes", 1: "yes"}})
    wanted = "loans.csv: 2 rows of the rarer class are too few to divide into training, validation and test (60 rows)."
    assert refusal(tmp_path, text) == wanted


def test_too_few_rows_of_a_regression_to_explain_a_variation(tmp_path: Path) -> None:
    columns = [{"name": name, "type": "numeric"} for name in ("size", "price")]
    schema = {"problem": "regression", "label": "price", "columns": columns}
    text = "size,price\n" + "".join(f"{row},{row * row}\n" for row in range(13))
    wanted = "loans.csv: 13 rows are too few to divide into training, validation and test (13 rows)."
    assert refusal(tmp_path, text, schema) == wanted


def test_a_folder_without_a_table(tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    schema = write_json(tmp_path / "schema.json", LOANS_SCHEMA)
    result = steps("preprocess", data=tmp_path / "incoming", schema=schema, output=tmp_path / "output")
    assert (result.code, result.error) == (1, "incoming: the folder holds no .csv or .jsonl file (0 rows).\n")


def test_one_bad_file_among_good_ones_is_named(tmp_path: Path) -> None:
    (tmp_path / "incoming" / "day=2").mkdir(parents=True)
    (tmp_path / "incoming" / "a.csv").write_text(loans())
    (tmp_path / "incoming" / "day=2" / "b.csv").write_text(loans({"age": {0: 5}}))
    schema = write_json(tmp_path / "schema.json", LOANS_SCHEMA)
    result = steps("preprocess", data=tmp_path / "incoming", schema=schema, output=tmp_path / "output")
    assert (
        result.error
        == "day=2/b.csv: column 'age' is out of its range 18 to 110 in 1 of 60 rows, first in row 1: '5'.\n"
    )
    assert not (tmp_path / "output").exists()


def test_fractions_that_leave_nothing_to_train_on(tmp_path: Path) -> None:
    (tmp_path / "loans.csv").write_text(loans())
    schema = write_json(tmp_path / "schema.json", LOANS_SCHEMA)
    result = steps(
        "preprocess",
        data=tmp_path / "loans.csv",
        schema=schema,
        output=tmp_path / "output",
        validation_fraction=0.5,
        test_fraction=0.5,
    )
    wanted = "loans.csv: fractions 0.5 for validation and 0.5 for test leave nothing to train on."
    assert (result.code, result.error) == (1, f"{wanted}\n")


def test_a_defect_is_no_fault_of_the_data_and_still_leaves_a_message(tmp_path: Path) -> None:
    """What nobody foresaw (here: the output's place is a file) keeps its traceback, for the log."""
    (tmp_path / "loans.csv").write_text(loans())
    (tmp_path / "file").write_text("")
    schema, message = write_json(tmp_path / "schema.json", LOANS_SCHEMA), tmp_path / "message"
    with pytest.raises(OSError):
        steps(
            "preprocess",
            data=tmp_path / "loans.csv",
            schema=schema,
            output=tmp_path / "file" / "output",
            message=message,
        )
    assert message.read_text() == "preprocess: unexpected FileExistsError, see the log."


def test_an_output_that_was_there_stays_as_it_was_when_a_step_stops(tmp_path: Path) -> None:
    (tmp_path / "output" / "train").mkdir(parents=True)
    (tmp_path / "output" / "train" / "data.csv").write_text("old")
    (tmp_path / "loans.csv").write_text(loans({"age": {0: 5}}))
    schema = write_json(tmp_path / "schema.json", LOANS_SCHEMA)
    assert steps("preprocess", data=tmp_path / "loans.csv", schema=schema, output=tmp_path / "output").code == 1
    assert [path.read_text() for path in (tmp_path / "output").rglob("*.csv")] == ["old"]
