"""Drift reports become metrics and a sentence, or an error."""

from __future__ import annotations

import json

import pytest

from report_drift import LONGEST, UnreadableReportError, read, split_uri


def test_metrics_carry_the_dimensions_that_the_step_names() -> None:
    content = json.dumps({"violations": 2, "rows": 569, "summary": "2 columns have drifted.", "columns": {}})
    drift = read(content, "s3://bucket/drift.json")
    assert drift.outputs() == {"Violations": 2, "Rows": 569, "Summary": "2 columns have drifted."}
    named = [{"Name": "ModelGroup", "Value": "g"}, {"Name": "Pipeline", "Value": "g-inference"}]
    assert drift.metrics({"ModelGroup": "g", "Pipeline": "g-inference"}) == [
        {"MetricName": "DriftViolations", "Dimensions": named, "Value": 2.0, "Unit": "Count"},
        {"MetricName": "RowsChecked", "Dimensions": named, "Value": 569.0, "Unit": "Count"},
    ]


def test_a_long_summary_fits_into_an_output_of_a_step() -> None:
    summary = read(json.dumps({"violations": 1, "rows": 1, "summary": "x" * 5000}), "place").summary
    assert len(summary) == LONGEST
    assert summary.endswith("x…")


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"violations": "many", "rows": 1, "summary": ""}', "null"])
def test_a_report_that_nobody_can_read_is_an_error_and_no_pass(content: str) -> None:
    with pytest.raises(UnreadableReportError, match=r"s3://bucket/drift\.json"):
        read(content, "s3://bucket/drift.json")


def test_an_address_is_bucket_and_key() -> None:
    assert split_uri("s3://bucket/a/b.json") == ("bucket", "a/b.json")
