"""Rows as JSON records, which is how models are asked. It reads no file and writes none."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tabular.schema import Schema


def records(frame: pd.DataFrame, schema: Schema) -> list[dict[str, Any]]:
    """The rows as JSON objects: numbers as numbers, whole ones without a point, null where missing."""
    whole = {column.name for column in schema.columns if column.type == "integer"}
    columns = {}
    for name in frame.columns:
        there, values = frame[name].notna().tolist(), frame[name].tolist()
        columns[name] = [
            (int(value) if name in whole else value) if present else None for value, present in zip(values, there)
        ]
    return [dict(zip(columns, row)) for row in zip(*columns.values())]
