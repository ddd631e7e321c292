"""A table whose values are all text, as files and requests bring it. What the text means is decided in `table.py`."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd


@dataclass(frozen=True)
class TextTable:
    """`name` is the file (or "request") as messages tell it. `frame` holds stripped text, "" where nothing was given.

    `unreadable` counts captured requests that were passed over.
    """

    name: str
    frame: pd.DataFrame
    unreadable: int = 0

    def __len__(self) -> int:
        return len(self.frame)

    @property
    def columns(self) -> list[str]:
        return [str(name) for name in self.frame.columns]

    def values(self, column: str) -> npt.NDArray[np.object_]:
        found: npt.NDArray[np.object_] = self.frame[column].to_numpy(dtype=object)
        return found


def text_table(name: str, frame: pd.DataFrame) -> TextTable:
    """The table with every value as stripped text."""
    columns = {str(column): _texts(frame[column].tolist()) for column in frame.columns}
    return TextTable(name, pd.DataFrame(columns, index=range(len(frame)), dtype=object))


def from_records(name: str, records: list[dict[str, Any]], unreadable: int = 0) -> TextTable:
    """The table of JSON records. A key that a record lacks is a missing value."""
    columns = list(dict.fromkeys(key for record in records for key in record))
    texts = {column: _texts(record.get(column) for record in records) for column in columns}
    return TextTable(name, pd.DataFrame(texts, index=range(len(records)), dtype=object), unreadable)


def _texts(values: Iterable[Any]) -> npt.NDArray[np.object_]:
    found: npt.NDArray[np.object_] = np.array([_text(value) for value in values], dtype=object)
    return found


def _text(value: Any) -> str:
    """JSON's values as CSV would hold them: a number in full precision, true and false in JSON's spelling."""
    if isinstance(value, str):
        return value.strip()
    if value is None or (isinstance(value, float) and value != value):
        return ""
    if isinstance(value, (bool, np.bool_)):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return json.dumps(value)  # a list or an object: no column type accepts it, and the message shows it
