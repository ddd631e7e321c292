"""What batch transform does with the data of a file: split, filter, batch; join, filter, assemble what comes back.

Source: the SageMaker API's CreateTransformJob and DataProcessing, and the developer guide's pages on batch transform.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.pipelines.container.jsonpath import JsonPathError, select

DEFAULT_MEGABYTES = 6
_MEGABYTE = 1024 * 1024
_CSV, _JSON = ("text/csv",), ("application/json", "application/jsonlines")
Invoke = Callable[[bytes], bytes]


class BatchError(Exception):
    """The data do not fit the job; the message says how."""


@dataclass(frozen=True)
class Plan:
    """How a job treats a file. `megabytes` 0: no limit to a request."""

    content_type: str
    by_line: bool
    several: bool  # BatchStrategy MultiRecord
    assemble_lines: bool
    megabytes: int = DEFAULT_MEGABYTES
    input_filter: str = "$"
    output_filter: str = "$"
    join: bool = False

    @classmethod
    def of(cls, request: Mapping[str, Any]) -> Plan:
        """The plan of a CreateTransformJob request."""
        given, output = request["TransformInput"], request["TransformOutput"]
        processing = request.get("DataProcessing") or {}
        return cls(
            content_type=str(given.get("ContentType") or "").partition(";")[0].strip().lower(),
            by_line=given.get("SplitType", "None") == "Line",
            several=request.get("BatchStrategy", "MultiRecord") == "MultiRecord",
            assemble_lines=output.get("AssembleWith", "None") == "Line",
            megabytes=int(request.get("MaxPayloadInMB", DEFAULT_MEGABYTES)),
            input_filter=processing.get("InputFilter") or "$",
            output_filter=processing.get("OutputFilter") or "$",
            join=processing.get("JoinSource") == "Input",
        )

    @property
    def looks_inside(self) -> bool:
        """Whether records are read, and not only handed on."""
        return self.join or self.output_filter != "$"


def transform(content: bytes, plan: Plan, invoke: Invoke) -> bytes:
    """The output for a file's content. `invoke` sends one request to the model. Raises BatchError."""
    records = [line for line in content.splitlines() if line.strip()] if plan.by_line else [content]
    made = []
    for batch in _batches(records, plan):
        answer = invoke(b"\n".join(_filtered(record, plan) for record in batch))
        made += _joined(batch, answer, plan) if plan.looks_inside else [answer]
    if plan.assemble_lines:
        return b"".join(each.rstrip(b"\n") + b"\n" for each in made)
    return b"".join(made)


def _batches(records: Sequence[bytes], plan: Plan) -> Iterator[list[bytes]]:
    limit = plan.megabytes * _MEGABYTE
    batch: list[bytes] = []
    size = 0
    for record in records:
        length = len(record) + 1
        if limit and length - 1 > limit:
            raise BatchError(f"a record of {length - 1} bytes is larger than MaxPayloadInMB ({plan.megabytes}) allows")
        if batch and (not plan.several or (limit and size + length > limit)):
            yield batch
            batch, size = [], 0
        batch.append(record)
        size += length
    if batch:
        yield batch


def _filtered(record: bytes, plan: Plan) -> bytes:
    if plan.input_filter == "$":
        return record
    return _written(_selected(_read(record, plan), plan.input_filter), plan)


def _joined(batch: Sequence[bytes], answer: bytes, plan: Plan) -> list[bytes]:
    """The answers of a batch, each joined with its record and filtered."""
    answers = answer.splitlines() if plan.by_line else [answer]
    if len(answers) != len(batch):
        raise BatchError(f"the model answered {len(answers)} records to {len(batch)}, so they cannot be told apart")
    pairs = zip(batch, answers, strict=True)
    return [_written(_selected(_join(record, each, plan), plan.output_filter), plan) for record, each in pairs]


def _join(record: bytes, answer: bytes, plan: Plan) -> Any:
    result = _read(answer, plan)
    if not plan.join:
        return result
    given = _read(record, plan)
    if plan.content_type in _CSV:
        return [*given, *result]
    if isinstance(given, dict):
        return {**given, "SageMakerOutput": result}
    return {"SageMakerInput": given, "SageMakerOutput": result}


def _read(record: bytes, plan: Plan) -> Any:
    try:
        text = record.decode()
        if plan.content_type in _CSV:
            return next(csv.reader(io.StringIO(text)), [])
        if plan.content_type in _JSON:
            return json.loads(text)
    except ValueError as error:
        raise BatchError(f"a record is no {plan.content_type}: {error}") from None
    raise BatchError(f"records of type '{plan.content_type}' cannot be filtered or joined")


def _selected(value: Any, path: str) -> Any:
    try:
        return select(value, path)
    except JsonPathError as error:
        raise BatchError(f"the filter {error}") from None


def _written(value: Any, plan: Plan) -> bytes:
    if plan.content_type not in _CSV:
        return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="").writerow(value if isinstance(value, list) else [value])
    return buffer.getvalue().encode()
