"""Gives text its types, as the schema says, or says in one sentence why it cannot. It fills no value in.

The result is a pandas DataFrame: float64 for numbers (NaN where missing), object for categories (None where missing).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from tabular.errors import DataError, rows
from tabular.files import read_tables
from tabular.schema import Column, Schema
from tabular.text import TextTable

Mask = npt.NDArray[np.bool_]


def load(path: Path, schema: Schema, with_label: bool) -> pd.DataFrame:
    """All tables of a file or folder, checked and typed, one below the other. Raises DataError at the first fault."""
    return pd.concat([typed(table, schema, with_label) for table in read_tables(path)], ignore_index=True)


def typed(table: TextTable, schema: Schema, with_label: bool) -> pd.DataFrame:
    """The table's columns in the schema's order: features, ignored ones where present, the label if `with_label`.

    Without the label a label column that is there anyway is left out: new data may carry it. Raises DataError.
    """
    present = set(table.columns)
    _check_columns(table, present, schema, with_label)
    kept = [
        column
        for column in schema.columns
        if (with_label or column.name != schema.label) and (column.type != "ignored" or column.name in present)
    ]
    return pd.DataFrame({column.name: _typed(table, column, schema) for column in kept}, index=range(len(table)))


def as_written(frame: pd.DataFrame, schema: Schema) -> pd.DataFrame:
    """The frame as a CSV file should show it: whole numbers without a point, and still empty where missing."""
    whole = {column.name: "Int64" for column in schema.columns if column.type == "integer"}
    return frame.astype({name: kind for name, kind in whole.items() if name in frame.columns})


def is_missing(values: npt.NDArray[np.object_], marks: Sequence[str]) -> Mask:
    """Where a text stands for no value."""
    known = frozenset(marks)
    return np.fromiter((value in known for value in values), dtype=np.bool_, count=len(values))


def parse_numbers(values: npt.NDArray[np.object_], missing: Mask) -> npt.NDArray[np.float64]:
    """Numbers of texts, exactly as Python reads them; NaN where missing, infinite where the text is no number."""
    numbers = np.full(len(values), np.nan)
    texts = values[~missing]
    try:
        found = texts.astype(np.float64)
    except ValueError:
        found = np.array([_number(text) for text in texts])
    strange = ~np.isfinite(found) | np.fromiter(("_" in text for text in texts), dtype=np.bool_, count=len(texts))
    numbers[~missing] = np.where(strange, np.inf, found)  # Python reads 1_000 as a number; data that says so is broken
    return numbers


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return np.inf


def _check_columns(table: TextTable, present: set[str], schema: Schema, with_label: bool) -> None:
    if with_label and schema.label not in present:
        raise DataError(table.name, f"the label column '{schema.label}' is missing ({rows(len(table))})")
    if absent := [column.name for column in schema.features if column.name not in present]:
        more = f" and {len(absent) - 1} more" if len(absent) > 1 else ""
        raise DataError(table.name, f"column '{absent[0]}'{more} is missing ({rows(len(table))})")
    if schema.extra_columns == "refuse" and (extra := sorted(present - {column.name for column in schema.columns})):
        raise DataError(table.name, f"column '{extra[0]}' is not in the schema ({rows(len(table))})")


def _typed(table: TextTable, column: Column, schema: Schema) -> npt.NDArray[np.float64] | npt.NDArray[np.object_]:
    values = table.values(column.name)
    missing = is_missing(values, schema.missing_values)
    is_label = column.name == schema.label
    what = f"the label column '{column.name}'" if is_label else f"column '{column.name}'"
    if column.required or is_label:
        _refuse(table, values, missing, f"{what} has no value")
    if column.is_numeric:
        return _numbers(table, column, values, missing, what)
    found = values.copy()
    found[missing] = None
    if column.categories is not None and (column.unknown == "refuse" or is_label):
        strange = ~missing & ~np.isin(values.astype(str), np.array(column.categories, dtype=str))
        _refuse(table, values, strange, f"{what} holds an unknown category")
    return found


def _numbers(
    table: TextTable, column: Column, values: npt.NDArray[np.object_], missing: Mask, what: str
) -> npt.NDArray[np.float64]:
    numbers = parse_numbers(values, missing)
    _refuse(table, values, np.isinf(numbers), f"{what} holds text where a number belongs")
    if column.type == "integer":
        _refuse(table, values, ~missing & (numbers != np.floor(numbers)), f"{what} holds fractions of whole numbers")
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    outside = ~missing & ((numbers < low) | (numbers > high))
    if outside.any():
        _refuse(table, values, outside, f"{what} is out of its range {column.range_text()}")
    return numbers


def _refuse(table: TextTable, values: npt.NDArray[np.object_], wrong: Mask, problem: str) -> None:
    """Raise the sentence about the rows that are wrong, if any is, with the first of them as example."""
    count = int(wrong.sum())
    if not count:
        return
    first = int(np.argmax(wrong))
    shown = str(values[first])
    shown = shown if len(shown) <= 40 else shown[:40] + "…"
    example = f"row {first + 1}: '{shown}'" if shown else f"row {first + 1}"
    raise DataError(table.name, f"{problem} in {count} of {rows(len(table))}, first in {example}")
