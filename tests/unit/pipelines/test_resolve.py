"""Values of references, joins and JSON documents; and whether conditions hold."""

from __future__ import annotations

from typing import Any

import pytest

from harness.pipelines.conditions import IncomparableError, holds
from harness.pipelines.resolve import Context, UnresolvedError, resolve
from tests.unit.pipelines.workshop import EXECUTION, get, pipeline, processing

OUTPUTS = [{"OutputName": "report", "S3Output": {"S3Uri": "s3://b/out/"}}]
FILES = [{"PropertyFileName": "Metrics", "OutputName": "report", "FilePath": "metrics.json"}]
REPORT = {"auc": {"value": 0.9}, "by class": [{"n": 1}, {"n": 2}]}


def context() -> Context:
    definition = pipeline(
        processing("eval", Arguments={"ProcessingOutputConfig": {"Outputs": OUTPUTS}}, PropertyFiles=FILES),
        processing("later"),
        parameters=[{"Name": "Size", "Type": "Integer", "DefaultValue": 2}],
    )
    made = {
        "eval": {
            "ProcessingOutputConfig": {"Outputs": OUTPUTS},
            "Tags": [{"Key": "team", "Value": "risk"}],
            "Numbers": [10, 20],
        }
    }
    return Context(definition, {"Size": 2}, EXECUTION, made, {"s3://b/out/metrics.json": REPORT}.__getitem__)


@pytest.mark.parametrize(
    ("value", "result"),
    [
        (get("Parameters.Size"), 2),
        (get("Execution.PipelineExecutionId"), "abc"),
        (get("Steps.eval.Numbers[1]"), 20),
        (get("Steps.eval.ProcessingOutputConfig.Outputs['report'].S3Output.S3Uri"), "s3://b/out/"),
        (get('Steps.eval.Tags["team"].Value'), "risk"),
        (get("Steps.eval.PropertyFiles.Metrics"), "s3://b/out/metrics.json"),
        ({"Std:Join": {"On": "/", "Values": ["s3:/", get("Execution.PipelineExecutionId"), get("Parameters.Size")]}}, "s3://abc/2"),
        ({"Std:Join": {"Values": [True, 1.5]}}, "true1.5"),
        ({"Std:JsonGet": {"PropertyFile": get("Steps.eval.PropertyFiles.Metrics"), "Path": "auc.value"}}, 0.9),
        ({"Std:JsonGet": {"S3Uri": "s3://b/out/metrics.json", "Path": "['by class'][1].n"}}, 2),
        ({"a": [get("Parameters.Size"), {"Get": 1, "Other": 2}]}, {"a": [2, {"Get": 1, "Other": 2}]}),
    ],
)  # fmt: skip
def test_a_value_is_what_it_refers_to(value: Any, result: Any) -> None:
    assert resolve(value, context()) == result


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        (get("Steps.later.RoleArn"), "step later has not run"),
        (get("Steps.eval.Numbers[2]"), "step eval has no 2 at Numbers"),
        (get("Steps.eval.Nothing"), "step eval has no 'Nothing' at the top"),
        (
            {"Std:JsonGet": {"PropertyFile": get("Steps.eval.PropertyFiles.Metrics"), "Path": "auc.mean"}},
            "the property file s3://b/out/metrics.json has no 'mean' at auc",
        ),
        ({"Std:JsonGet": {"S3Uri": "s3://b/out/metrics.json", "Path": "a[b"}}, "the path of a Std:JsonGet"),
    ],
)
def test_what_is_not_there_is_named(value: Any, problem: str) -> None:
    with pytest.raises(UnresolvedError) as raised:
        resolve(value, context())
    assert problem in str(raised.value)


def compare(kind: str, left: Any, right: Any) -> dict[str, Any]:
    return {"Type": kind, "LeftValue": left, "RightValue": right}


@pytest.mark.parametrize(
    ("condition", "outcome"),
    [
        (compare("Equals", 1, 1.0), True),
        (compare("Equals", "1", 1), False),
        (compare("Equals", True, 1), False),
        (compare("GreaterThan", 2, 1), True),
        (compare("GreaterThan", 2, 2), False),
        (compare("GreaterThanOrEqualTo", 2, 2), True),
        (compare("LessThan", 1, 2), True),
        (compare("LessThan", 2, 2), False),
        (compare("LessThanOrEqualTo", 2, 2), True),
        (compare("LessThan", "2026-01-01", "2026-01-02"), True),
        ({"Type": "In", "QueryValue": "b", "Values": ["a", "b"]}, True),
        ({"Type": "In", "QueryValue": "c", "Values": ["a", "b"]}, False),
        ({"Type": "Not", "Expression": compare("Equals", 1, 1)}, False),
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2), compare("Equals", 1, 1)]}, True),
        ({"Type": "Or", "Conditions": [compare("Equals", 1, 2)]}, False),
    ],
)
def test_a_condition_holds_or_not(condition: dict[str, Any], outcome: bool) -> None:
    assert holds(condition, lambda value: value) is outcome


def test_values_without_an_order_are_told_apart() -> None:
    with pytest.raises(IncomparableError, match=r"GreaterThan cannot compare '0\.9' with 0\.5"):
        holds(compare("GreaterThan", "0.9", 0.5), lambda value: value)
