"""A pipeline's Lambda step: puts the result of a drift check into CloudWatch, and into words. It checks nothing itself.

Steps run without a network, so what they found becomes metrics here. The step's input:
{"Report": "s3://…/drift.json", "Dimensions": {"ModelGroup": …, "Pipeline" or "Endpoint": …}}; its output: Violations,
Rows, Summary.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NAMESPACE = "Platform/Models"
LONGEST = 1000  # characters of the summary; a Fail step's message holds 3,072 in all


class UnreadableReportError(Exception):
    """The report of the drift check is not what check-drift writes; the message says what is wrong."""


@dataclass(frozen=True)
class Drift:
    """What a drift check found: how many violations in how many rows, and one sentence that names them."""

    violations: int
    rows: int
    summary: str

    def metrics(self, dimensions: Mapping[str, str]) -> list[dict[str, Any]]:
        """MetricData of PutMetricData."""
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        values = {"DriftViolations": self.violations, "RowsChecked": self.rows}
        return [
            {"MetricName": name, "Dimensions": named, "Value": float(value), "Unit": "Count"}
            for name, value in values.items()
        ]

    def outputs(self) -> dict[str, Any]:
        """Output parameters of the Lambda step."""
        return {"Violations": self.violations, "Rows": self.rows, "Summary": self.summary}


def read(content: str, place: str) -> Drift:
    """The report drift.json. Raises UnreadableReportError: no run passes on a report that nobody could read."""
    try:
        report = json.loads(content)
        violations, rows, summary = int(report["violations"]), int(report["rows"]), str(report["summary"])
    except (ValueError, TypeError, KeyError) as error:
        raise UnreadableReportError(f"The drift report {place} cannot be read: {error!r}.") from None
    shown = summary if len(summary) <= LONGEST else summary[: LONGEST - 1] + "…"
    return Drift(violations, rows, shown)


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of s3://bucket/key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Lambda's entry."""
    import boto3  # the runtime brings it; tests of the rest need none

    bucket, key = split_uri(event["Report"])
    content = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8")
    drift = read(content, event["Report"])
    boto3.client("cloudwatch").put_metric_data(Namespace=NAMESPACE, MetricData=drift.metrics(event["Dimensions"]))
    print(json.dumps({"drift": drift.outputs(), "dimensions": dict(event["Dimensions"])}))
    return drift.outputs()
