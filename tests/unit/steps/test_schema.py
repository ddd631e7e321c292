"""The schema file: what it may say, and what is told where it says something else."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tabular.errors import DataError
from tabular.schema import load_schema, parse_schema
from tests.unit.steps.cases import CANCER_SCHEMA, LOANS_SCHEMA


def fault(content: Any) -> str:
    with pytest.raises(DataError) as raised:
        parse_schema(content, "schema.json")
    return str(raised.value)


def with_column(**column: object) -> dict[str, Any]:
    return {**LOANS_SCHEMA, "columns": [*LOANS_SCHEMA["columns"], column]}


def test_features_are_all_columns_but_the_label_and_the_ignored_ones() -> None:
    schema = parse_schema(LOANS_SCHEMA, "schema.json")
    assert [column.name for column in schema.features] == ["age", "income", "job", "home"]
    assert schema.ignored == ("customer",)


def test_a_schema_written_and_read_again_is_the_same() -> None:
    for schema in (parse_schema(LOANS_SCHEMA, "schema.json"), load_schema(CANCER_SCHEMA)):
        assert parse_schema(schema.to_json(), "schema.json") == schema


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"^schema.json: the schema file does not exist\.$"):
        load_schema(tmp_path / "schema.json")


def test_a_file_that_is_not_json(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text('{\n"version": }')
    with pytest.raises(DataError, match=r"^schema.json: the schema is not JSON, see line 2: Expecting value\.$"):
        load_schema(tmp_path / "schema.json")


@pytest.mark.parametrize(
    ("content", "wanted"),
    [
        ([], "a schema is a JSON object with a list 'columns'"),
        ({**LOANS_SCHEMA, "version": 2}, "the schema has version 2, and only version 1 is known"),
        (
            {**LOANS_SCHEMA, "problem": "x"},
            "the schema's problem is 'x', and must be binary_classification or regression",
        ),
        ({**LOANS_SCHEMA, "label": "x"}, "the label 'x' is not among the schema's 6 columns"),
        ({**LOANS_SCHEMA, "label": "customer"}, "the label 'customer' is ignored by the schema"),
        ({**LOANS_SCHEMA, "problem": "regression"}, "the label 'default' is text, and regression predicts a number"),
        ({**LOANS_SCHEMA, "extra_columns": "x"}, "extra_columns is 'x', and must be refuse or ignore"),
        ({**LOANS_SCHEMA, "missing_values": [1]}, "missing_values must be a list of texts"),
        (with_column(name="age", type="numeric"), "the schema names column 'age' twice"),
        (with_column(type="numeric"), "every column of the schema is a JSON object with a name"),
        (
            with_column(name="x", type="text"),
            "column 'x' of the schema has type 'text', and must have numeric or integer or categorical or ignored",
        ),
        (with_column(name="x", type="numeric", max=3), "column 'x' of the schema has an unknown key 'max'"),
        (
            with_column(name="x", type="categorical", unknown="drop"),
            "column 'x' of the schema says unknown 'drop', and must say accept or refuse",
        ),
        (
            with_column(name="x", type="numeric", minimum=3, maximum=1),
            "column 'x' of the schema has the minimum 3 above the maximum 1",
        ),
        (
            with_column(name="x", type="numeric", minimum="0"),
            "column 'x' of the schema has the minimum '0', which is not a number",
        ),
        (
            with_column(name="x", type="categorical", minimum=1),
            "column 'x' of the schema is categorical, and only numbers have a range",
        ),
        (
            with_column(name="x", type="numeric", categories=["a"]),
            "column 'x' of the schema is numeric, and only categorical columns have categories",
        ),
        (
            with_column(name="x", type="categorical", categories=[]),
            "column 'x' of the schema has categories that are not a list with something in it",
        ),
        (
            {"problem": "regression", "label": "y", "columns": [{"name": "y", "type": "numeric"}]},
            "the schema leaves no column to learn from",
        ),
    ],
)
def test_a_fault_is_told_in_one_sentence(content: Any, wanted: str) -> None:
    assert fault(content) == f"schema.json: {wanted}."


def test_an_unknown_key_is_told_with_those_that_are_known() -> None:
    assert fault({**LOANS_SCHEMA, "target": "x"}).startswith(
        "schema.json: the schema has an unknown key 'target'; known"
    )
