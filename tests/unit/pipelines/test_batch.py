"""Batch transform's treatment of data: split, batched, filtered, joined, assembled."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.pipelines.container.batch import BatchError, Plan, transform
from harness.pipelines.container.jsonpath import JsonPathError, select


def plan(content_type: str = "application/jsonlines", **members: Any) -> Plan:
    request: dict[str, Any] = {
        "TransformInput": {"ContentType": content_type, "SplitType": members.pop("SplitType", "Line")},
        "TransformOutput": {"AssembleWith": members.pop("AssembleWith", "Line")},
        **members,
    }
    return Plan.of(request)


class Model:
    """Answers each line with its length, and remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []

    def __call__(self, body: bytes) -> bytes:
        self.asked.append(body)
        return b"\n".join(json.dumps({"size": len(line)}).encode() for line in body.split(b"\n"))


def test_records_go_together_up_to_the_payload_limit() -> None:
    model = Model()
    lines = [json.dumps({"n": "x" * 600_000}).encode() for _ in range(3)]
    made = transform(b"\n".join(lines) + b"\n", plan(MaxPayloadInMB=1), model)
    assert [len(each) for each in model.asked] == [len(lines[0])] * 3
    assert made.count(b"\n") == 3
    free = Model()
    transform(b"\n".join(lines), plan(MaxPayloadInMB=0), free)
    assert free.asked == [b"\n".join(lines)]
    with pytest.raises(BatchError, match="larger than MaxPayloadInMB"):
        transform(b"x" * 2_000_000, plan(MaxPayloadInMB=1), model)


def test_single_records_go_alone_and_a_whole_file_as_it_is() -> None:
    model = Model()
    assert transform(b"a\nbb\n", plan(BatchStrategy="SingleRecord"), model) == b'{"size": 1}\n{"size": 2}\n'
    assert model.asked == [b"a", b"bb"]
    whole = Model()
    assert transform(b"a\nbb", plan(SplitType="None", AssembleWith="None"), whole).count(b"size") == 2
    assert whole.asked == [b"a\nbb"]


def test_answers_are_joined_with_their_records() -> None:
    processing = {"InputFilter": "$.f", "JoinSource": "Input", "OutputFilter": "$['id','SageMakerOutput']"}
    model = Model()
    made = transform(b'{"id": 1, "f": {"a": 2}}\n{"id": 2, "f": {}}\n', plan(DataProcessing=processing), model)
    assert model.asked == [b'{"a":2}\n{}']
    assert [json.loads(line) for line in made.splitlines()] == [
        {"id": 1, "SageMakerOutput": {"size": 7}},
        {"id": 2, "SageMakerOutput": {"size": 2}},
    ]


def test_csv_is_joined_by_appending_columns() -> None:
    processing = {"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"}
    made = transform(
        b'7,"a,b",1\n8,c,2\n', plan("text/csv; charset=utf-8", DataProcessing=processing), lambda body: body
    )
    assert made == b"7,1\n8,2\n"


def test_what_cannot_be_matched_is_an_error() -> None:
    join = plan(DataProcessing={"JoinSource": "Input"})
    with pytest.raises(BatchError, match="answered 1 records to 2"):
        transform(b"{}\n{}", join, lambda body: b"{}")
    with pytest.raises(BatchError, match="no application/jsonlines"):
        transform(b"text", join, lambda body: b"{}")
    with pytest.raises(BatchError, match="there is no f"):
        transform(b"{}", plan(DataProcessing={"InputFilter": "$.f"}), lambda body: b"{}")
    with pytest.raises(BatchError, match="cannot be filtered or joined"):
        transform(b"{}", plan("image/png", DataProcessing={"JoinSource": "Input"}), lambda body: b"{}")


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("$", {"a": {"b": [1, 2, 3, 4], "c d": 5}}),
        ("$.a.b", [1, 2, 3, 4]),
        ("$['a']['c d']", 5),
        ("$.a['b','c d']", {"b": [1, 2, 3, 4], "c d": 5}),
        ("$.a.b[-1]", 4),
        ("$.a.b[0,2]", [1, 3]),
        ("$.a.b[1:2]", [2, 3]),  # the end is included
        ("$.a.b[2:]", [3, 4]),
        ("$.a.b[:-2]", [1, 2, 3]),
        ("$.a.*", [[1, 2, 3, 4], 5]),
    ],
)
def test_a_path_selects(path: str, found: Any) -> None:
    assert select({"a": {"b": [1, 2, 3, 4], "c d": 5}}, path) == found


@pytest.mark.parametrize("path", ["a", "$.x", "$[0]", "$.a.b[9]", "$.a.b.c", "$.a[?(@.b)]"])
def test_a_path_that_selects_nothing_is_an_error(path: str) -> None:
    with pytest.raises(JsonPathError):
        select({"a": {"b": [1]}}, path)
