"""Bodies of requests as records: what an endpoint or a batch job is sent, and what data capture kept of it.

A record is a JSON object with a value for each column. Shape of a captured event (SageMaker data capture):
{"captureData": {"endpointInput": {"observedContentType", "mode", "data", "encoding"}, "endpointOutput": …}, …}.
"""

from __future__ import annotations

import base64
import binascii
import csv
import io
import json
from collections.abc import Sequence
from typing import Any

from tabular.errors import DataError, rows

JSON = "application/json"
JSON_LINES = "application/jsonlines"
CSV = "text/csv"
CONTENT_TYPES = (JSON_LINES, JSON, CSV)

Records = list[dict[str, Any]]


def content_kind(content_type: str) -> str:
    """One of CONTENT_TYPES, without parameters such as a charset. Raises DataError for another one."""
    kind = content_type.split(";")[0].strip().lower()
    if kind not in CONTENT_TYPES:
        raise DataError("request", f"content type '{content_type}' is none of {', '.join(CONTENT_TYPES)}")
    return kind


def body_records(body: str, kind: str, columns: Sequence[str]) -> Records:
    """The records of a body: JSON lines, JSON (one record, a list, or {"instances": […]}), or CSV.

    CSV comes with a header, or without one in the order of `columns`. Raises DataError.
    """
    if kind == CSV:
        return _csv_records(body, columns)
    try:
        if kind == JSON:
            found = _json_records(json.loads(body))
        else:
            found = [json.loads(line) for line in body.splitlines() if line.strip()]
    except json.JSONDecodeError as error:
        raise DataError("request", f"the body is not {kind}, {error.msg} (0 rows)") from None
    if not found:
        raise DataError("request", "the body is empty (0 rows)")
    if not all(isinstance(record, dict) for record in found):
        raise DataError("request", f"a record is a JSON object with a value for each column ({rows(len(found))})")
    return found


def _json_records(content: Any) -> list[Any]:
    if isinstance(content, dict) and isinstance(content.get("instances"), list):
        content = content["instances"]
    return content if isinstance(content, list) else [content]


def _csv_records(body: str, columns: Sequence[str]) -> Records:
    try:
        lines = [[field.strip() for field in row] for row in csv.reader(io.StringIO(body), strict=True) if row]
    except csv.Error as error:
        raise DataError("request", f"the body is not CSV, {error} (0 rows)") from None
    has_header = bool(lines) and not set(lines[0]).isdisjoint(columns)
    header = lines[0] if has_header else list(columns)
    values = lines[1:] if has_header else lines
    if not values:
        raise DataError("request", "the body is empty (0 rows)")
    for number, row in enumerate(values, start=1):
        if len(row) != len(header):
            raise DataError("request", f"row {number} has {len(row)} fields and {len(header)} columns are known")
    return [dict(zip(header, row)) for row in values]


def captured_records(event: dict[str, Any], columns: Sequence[str]) -> Records:
    """The records of one captured event; none where only the answer was kept. Raises DataError if it is unreadable."""
    captured = event["captureData"].get("endpointInput")
    if not captured:
        return []
    body = str(captured.get("data", ""))
    if captured.get("encoding") == "BASE64":
        try:
            body = base64.b64decode(body, validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError):
            raise DataError("request", "the captured body is not base64 of UTF-8 text") from None
    return body_records(body, content_kind(str(captured.get("observedContentType", ""))), columns)
