"""What is learned from the training split to turn raw columns into numbers, and its use on any other data (P11).

Learned once, kept as JSON beside the model, applied without refitting by evaluation, batch and endpoint alike. Numbers
get the training median where they are missing, and a column that says so; categories become one column each, the rare
ones one together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Union

import numpy as np
import numpy.typing as npt
import pandas as pd

from tabular.errors import DataError, rows
from tabular.schema import Column, Schema

MOST_CATEGORIES = 50  # of one column; a longer list widens the table more than it teaches

_VERSION = 1


@dataclass(frozen=True)
class NumericEncoding:
    """A number stays itself. `median` stands in for a missing one; `flagged` adds a column that tells where."""

    name: str
    median: float
    flagged: bool

    @property
    def outputs(self) -> list[str]:
        return [self.name, f"{self.name} is missing"] if self.flagged else [self.name]

    def apply(self, column: pd.Series) -> list[npt.NDArray[np.float64]]:
        values: npt.NDArray[np.float64] = column.to_numpy(dtype=np.float64)
        missing = np.isnan(values)
        filled = np.where(missing, self.median, values)
        return [filled, missing.astype(np.float64)] if self.flagged else [filled]


@dataclass(frozen=True)
class CategoricalEncoding:
    """One column for each category that training knew, most frequent first; `rare` are known and share one column.

    A missing value, or one that training never saw, is 0 in all of them.
    """

    name: str
    categories: tuple[str, ...]
    rare: tuple[str, ...]

    @property
    def outputs(self) -> list[str]:
        names = [f"{self.name} = {category}" for category in self.categories]
        return [*names, f"{self.name} is rare"] if self.rare else names

    def apply(self, column: pd.Series) -> list[npt.NDArray[np.float64]]:
        columns = [(column == category).to_numpy(dtype=np.float64) for category in self.categories]
        return [*columns, column.isin(self.rare).to_numpy(dtype=np.float64)] if self.rare else columns


Encoding = Union[NumericEncoding, CategoricalEncoding]


@dataclass(frozen=True)
class Preprocessing:
    """Everything that was learned: an encoding for each feature, and what the class is called that is not positive."""

    encodings: tuple[Encoding, ...]
    rows: int  # of the training split
    negative: str = "0"

    @property
    def outputs(self) -> list[str]:
        """Names of the model's inputs, in their order."""
        return [name for encoding in self.encodings for name in encoding.outputs]

    @property
    def origins(self) -> list[str]:
        """For each of the model's inputs, the raw column that it came from."""
        return [encoding.name for encoding in self.encodings for _ in encoding.outputs]

    def apply(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Rows of numbers for the model, shape (rows, len(outputs)). Learns nothing."""
        columns = [values for encoding in self.encodings for values in encoding.apply(frame[encoding.name])]
        return np.column_stack(columns)

    def to_json(self) -> dict[str, Any]:
        columns = []
        for each in self.encodings:
            if isinstance(each, NumericEncoding):
                columns.append({"name": each.name, "median": each.median, "flagged": each.flagged})
            else:
                columns.append({"name": each.name, "categories": list(each.categories), "rare": list(each.rare)})
        return {"version": _VERSION, "rows": self.rows, "negative": self.negative, "columns": columns}


def fit(training: pd.DataFrame, schema: Schema) -> Preprocessing:
    """Learn from the training split alone."""
    negative = "0"
    if schema.is_binary and not schema.label_column.is_numeric:
        negative = next(str(each) for each in training[schema.label].unique() if each != schema.positive)
    encodings = tuple(_learn(training[column.name], column) for column in schema.features)
    return Preprocessing(encodings, len(training), negative)


def from_json(content: Any, place: str) -> Preprocessing:
    """What `to_json` gave. Raises DataError for a file of another version."""
    if not isinstance(content, dict) or content.get("version") != _VERSION:
        raise DataError(place, f"the file is not preprocessing of version {_VERSION}")
    encodings: list[Encoding] = []
    for each in content["columns"]:
        if "median" in each:
            encodings.append(NumericEncoding(each["name"], each["median"], each["flagged"]))
        else:
            encodings.append(CategoricalEncoding(each["name"], tuple(each["categories"]), tuple(each["rare"])))
    return Preprocessing(tuple(encodings), content["rows"], content["negative"])


def label_values(frame: pd.DataFrame, schema: Schema) -> npt.NDArray[np.float64]:
    """The label as the model learns it: a number, or for two classes 1 where it is the positive one."""
    label = frame[schema.label]
    if schema.is_binary and not schema.label_column.is_numeric:
        label = label == schema.positive
    values: npt.NDArray[np.float64] = label.to_numpy(dtype=np.float64)
    return values


def check_label(frame: pd.DataFrame, schema: Schema, place: str) -> None:
    """Raises DataError unless a binary label has its two classes."""
    if not schema.is_binary:
        return
    label, numeric = frame[schema.label], schema.label_column.is_numeric
    classes = sorted({f"{each:g}" if numeric else str(each) for each in label.unique()})
    what, count = f"the label column '{schema.label}'", rows(len(frame))
    if len(classes) == 1:
        raise DataError(place, f"{what} has one class only, '{classes[0]}', in all {count}")
    if len(classes) > 2:
        shown = ", ".join(f"'{each}'" for each in classes[:4]) + (" …" if len(classes) > 4 else "")
        raise DataError(place, f"{what} has {len(classes)} classes ({shown}) in {count}, and must have two")
    shown = " and ".join(f"'{each}'" for each in classes)
    if numeric and classes != ["0", "1"]:
        raise DataError(place, f"{what} holds {shown} in {count}, and the classes 0 and 1 are expected")
    if not numeric and schema.positive not in classes:
        raise DataError(
            place, f"{what} holds {shown} in {count}, and the positive class '{schema.positive}' is not there"
        )


def _learn(values: pd.Series, column: Column) -> Encoding:
    if column.is_numeric:
        median = float(values.median()) if values.notna().any() else 0.0
        return NumericEncoding(column.name, median, bool(values.isna().any()))
    counts = values.value_counts()
    # Sorted by count, then by name: value_counts leaves the order of equal counts to chance.
    ranked = sorted(((str(name), int(count)) for name, count in counts.items()), key=lambda each: (-each[1], each[0]))
    names = [name for name, _ in ranked if column.categories is None or name in column.categories]
    return CategoricalEncoding(column.name, tuple(names[:MOST_CATEGORIES]), tuple(sorted(names[MOST_CATEGORIES:])))
