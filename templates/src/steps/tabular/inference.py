"""Answers requests: the handler functions that SageMaker's serving toolkit looks for, for endpoint and batch alike.

Training copies this file to `code/inference.py` of the model and the package beside it, so that the code that serves a
model is the code that it was trained with. Environment of the container: SAGEMAKER_PROGRAM=inference.py,
SAGEMAKER_SUBMIT_DIRECTORY=/opt/ml/model/code.
"""

from __future__ import annotations

import csv
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# The toolkit may have installed this file elsewhere; the package is where the model was unpacked.
sys.path.insert(0, os.environ.get("SAGEMAKER_SUBMIT_DIRECTORY", str(Path(__file__).parent)))

from tabular import table, text
from tabular.errors import DataError
from tabular.model import Model, load_model
from tabular.requests import CSV, JSON, JSON_LINES, body_records, content_kind

try:
    from sagemaker_inference.errors import BaseInferenceToolkitError as ToolkitError
except ImportError:  # outside the container
    ToolkitError = Exception

Predictions = list[dict[str, Any]]


class RequestError(ToolkitError):  # type: ignore[misc]
    """A request that cannot be answered, by the client's fault (400): no alarm on the endpoint's own errors sees it.

    The toolkit answers with these attributes; any other exception is its 500.
    """

    status_code = 400
    phrase = "Bad Request"

    def __init__(self, message: str) -> None:
        Exception.__init__(self, message)
        self.message = message


@contextmanager
def _clients_fault() -> Iterator[None]:
    try:
        yield
    except DataError as error:
        raise RequestError(str(error)) from None


@dataclass(frozen=True)
class Request:
    """A body and how it is written. It is read when the model's columns are known."""

    body: str
    kind: str


def model_fn(model_dir: str) -> Model:
    """The model with its preprocessing and schema."""
    return load_model(Path(model_dir))


def input_fn(body: str | bytes | bytearray, content_type: str) -> Request:
    """The request, unread. Raises RequestError for a content type that is not known, and for what is not UTF-8."""
    with _clients_fault():
        kind = content_kind(content_type)
        try:
            return Request(body if isinstance(body, str) else bytes(body).decode("utf-8"), kind)
        except UnicodeDecodeError:
            raise DataError("request", "the body is not UTF-8 (0 rows)") from None


def predict_fn(request: Request, model: Model) -> Predictions:
    """One answer a record, in their order. Raises RequestError for data that the schema refuses."""
    with _clients_fault():
        features = [column.name for column in model.schema.features]
        raw = text.from_records("request", body_records(request.body, request.kind, features))
        frame = table.typed(raw, model.schema, with_label=False)
    return model.predictions(frame)


def output_fn(predictions: Predictions, accept: str) -> tuple[str, str]:
    """The answers as JSON lines (no line end at the last, batch puts one there), a JSON list, or CSV with no header."""
    with _clients_fault():
        kind = JSON if accept.strip() in ("", "*/*") else content_kind(accept)
    if kind == JSON:
        return json.dumps(predictions), kind
    if kind == JSON_LINES:
        return "\n".join(json.dumps(each) for each in predictions), kind
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(each.values() for each in predictions)
    return stream.getvalue().rstrip("\n"), CSV
