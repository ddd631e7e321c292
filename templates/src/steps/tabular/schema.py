"""The schema file: which columns a table has, what each may hold, and which one is predicted. It reads no data.

{
  "version": 1,
  "problem": "binary_classification",          or "regression"
  "label": "default",
  "positive": "yes",                           the class to predict, where the label is text; else 1 of 0 and 1
  "missing_values": ["", "NA", "?"],           what stands for no value; "" if left out
  "extra_columns": "refuse",                   or "ignore": columns that the schema does not name
  "columns": [
    {"name": "age", "type": "integer", "minimum": 18, "maximum": 110, "required": true},
    {"name": "job", "type": "categorical", "categories": ["clerk", "nurse"], "unknown": "refuse"},
    {"name": "customer", "type": "ignored"},
    {"name": "default", "type": "categorical"}
  ]
}
"""

from __future__ import annotations

import dataclasses
import json
import math
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tabular.errors import DataError

BINARY = "binary_classification"
REGRESSION = "regression"

_TYPES = ("numeric", "integer", "categorical", "ignored")
_POLICIES = ("accept", "refuse")
_KEYS = {"version", "problem", "label", "positive", "missing_values", "extra_columns", "columns", "description"}


@dataclass(frozen=True)
class Column:
    """One column of the table.

    `minimum` and `maximum` are inclusive. `required` refuses missing values. `categories` lists what a categorical
    column may hold (None: whatever the training data shows); `unknown` says whether others are refused, or accepted
    as "none of those".
    """

    name: str
    type: str
    minimum: float | None = None
    maximum: float | None = None
    required: bool = False
    categories: tuple[str, ...] | None = None
    unknown: str = "accept"
    description: str = ""

    @property
    def is_numeric(self) -> bool:
        return self.type in ("numeric", "integer")

    @property
    def has_range(self) -> bool:
        return self.minimum is not None or self.maximum is not None

    def range_text(self) -> str:
        """The allowed range in words, such as "18 to 110" or "at least 0"."""
        if self.maximum is None:
            return f"at least {self.minimum:g}"
        if self.minimum is None:
            return f"at most {self.maximum:g}"
        return f"{self.minimum:g} to {self.maximum:g}"


@dataclass(frozen=True)
class Schema:
    """A whole schema file, checked: names are unique, the label exists and fits the problem, ranges are not empty."""

    problem: str
    label: str
    columns: tuple[Column, ...]
    positive: str = "1"
    missing_values: tuple[str, ...] = ("",)
    extra_columns: str = "refuse"

    @property
    def features(self) -> tuple[Column, ...]:
        """What the model may look at: every column but the label and the ignored ones, in the file's order."""
        return tuple(column for column in self.columns if column.name != self.label and column.type != "ignored")

    @property
    def ignored(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns if column.type == "ignored")

    @property
    def label_column(self) -> Column:
        return next(column for column in self.columns if column.name == self.label)

    @property
    def is_binary(self) -> bool:
        return self.problem == BINARY

    def to_json(self) -> dict[str, Any]:
        """The schema as its file holds it, with everything that is a default left out of the columns."""
        defaults = Column("", "")
        columns = [
            {
                field.name: getattr(column, field.name)
                for field in dataclasses.fields(Column)
                if getattr(column, field.name) != getattr(defaults, field.name)
            }
            for column in self.columns
        ]
        return {
            "version": 1,
            "problem": self.problem,
            "label": self.label,
            "positive": self.positive,
            "missing_values": list(self.missing_values),
            "extra_columns": self.extra_columns,
            "columns": columns,
        }


def load_schema(path: Path) -> Schema:
    """Read a schema file. Raises DataError where the file is not one."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise DataError(path.name, "the schema file does not exist") from None
    except UnicodeDecodeError:
        raise DataError(path.name, "the schema is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise DataError(path.name, f"the schema is not JSON, see line {error.lineno}: {error.msg}") from None
    return parse_schema(content, path.name)


def parse_schema(content: Any, place: str) -> Schema:
    """Check a schema that was read from `place`. Raises DataError."""
    if not isinstance(content, dict) or not isinstance(content.get("columns"), list):
        raise DataError(place, "a schema is a JSON object with a list 'columns'")
    if unknown := sorted(set(content) - _KEYS):
        raise DataError(place, f"the schema has an unknown key '{unknown[0]}'; known are {', '.join(sorted(_KEYS))}")
    if content.get("version", 1) != 1:
        raise DataError(place, f"the schema has version {content['version']!r}, and only version 1 is known")
    problem = content.get("problem")
    if problem not in (BINARY, REGRESSION):
        raise DataError(place, f"the schema's problem is {problem!r}, and must be {BINARY} or {REGRESSION}")
    if content.get("extra_columns", "refuse") not in ("refuse", "ignore"):
        raise DataError(place, f"extra_columns is {content['extra_columns']!r}, and must be refuse or ignore")
    marks = content.get("missing_values", [""])
    if not isinstance(marks, list) or not all(isinstance(mark, str) for mark in marks):
        raise DataError(place, "missing_values must be a list of texts")
    schema = Schema(
        problem=problem,
        label=str(content.get("label", "")),
        columns=tuple(_column(each, place) for each in content["columns"]),
        positive=str(content.get("positive", "1")),
        missing_values=tuple(sorted({mark.strip() for mark in marks} | {""})),
        extra_columns=content.get("extra_columns", "refuse"),
    )
    _check_names(schema, place)
    return schema


def _column(content: Any, place: str) -> Column:
    if not isinstance(content, dict) or not isinstance(content.get("name"), str) or not content["name"].strip():
        raise DataError(place, "every column of the schema is a JSON object with a name")
    name = content["name"]
    known = {field.name for field in dataclasses.fields(Column)}
    if unknown := sorted(set(content) - known):
        raise DataError(place, f"column '{name}' of the schema has an unknown key '{unknown[0]}'")
    kind = content.get("type")
    if kind not in _TYPES:
        raise DataError(place, f"column '{name}' of the schema has type {kind!r}, and must have {' or '.join(_TYPES)}")
    unknown_policy = content.get("unknown", "accept")
    if unknown_policy not in _POLICIES:
        raise DataError(
            place, f"column '{name}' of the schema says unknown {unknown_policy!r}, and must say accept or refuse"
        )
    minimum, maximum = (_bound(content.get(key), name, key, place) for key in ("minimum", "maximum"))
    if minimum is not None and maximum is not None and minimum > maximum:
        raise DataError(
            place, f"column '{name}' of the schema has the minimum {minimum:g} above the maximum {maximum:g}"
        )
    categories = content.get("categories")
    if categories is not None and (not isinstance(categories, (list, tuple)) or not categories):
        raise DataError(place, f"column '{name}' of the schema has categories that are not a list with something in it")
    if kind != "categorical" and (categories is not None or "unknown" in content):
        raise DataError(place, f"column '{name}' of the schema is {kind}, and only categorical columns have categories")
    if kind not in ("numeric", "integer") and (minimum is not None or maximum is not None):
        raise DataError(place, f"column '{name}' of the schema is {kind}, and only numbers have a range")
    return Column(
        name=name,
        type=kind,
        minimum=minimum,
        maximum=maximum,
        required=bool(content.get("required", False)),
        categories=None if categories is None else tuple(str(each).strip() for each in categories),
        unknown=unknown_policy,
        description=str(content.get("description", "")),
    )


def _bound(value: Any, name: str, key: str, place: str) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        raise DataError(place, f"column '{name}' of the schema has the {key} {value!r}, which is not a number")
    return float(value)


def _check_names(schema: Schema, place: str) -> None:
    names = [column.name for column in schema.columns]
    if twice := [name for name, count in Counter(names).items() if count > 1]:
        raise DataError(place, f"the schema names column '{twice[0]}' twice")
    if schema.label not in names:
        raise DataError(place, f"the label '{schema.label}' is not among the schema's {len(names)} columns")
    if schema.label_column.type == "ignored":
        raise DataError(place, f"the label '{schema.label}' is ignored by the schema")
    if not schema.is_binary and not schema.label_column.is_numeric:
        raise DataError(place, f"the label '{schema.label}' is text, and regression predicts a number")
    if not schema.features:
        raise DataError(place, "the schema leaves no column to learn from")
