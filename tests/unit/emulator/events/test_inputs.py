"""What targets are given of an event."""

from __future__ import annotations

from typing import Any

import pytest

from harness.emulator.events import inputs
from harness.emulator.events.model import Event

EVENT = Event(
    "111111111111",
    "eu-west-1",
    "aws.sagemaker",
    "SageMaker Model Package State Change",
    {"Name": "credit", "Version": 3, "Tags": {"a": 'say "hi"'}, "List": [{"n": 1}, {"n": 2}]},
    ("arn:aws:x",),
    id="1-2",
    time="2026-01-01T00:00:00Z",
    received="2026-01-01T00:00:01Z",
)


def given(**target: Any) -> str:
    return inputs.payload(target, EVENT, "arn:aws:events:eu-west-1:1:rule/r", "r")


def transformed(template: str, **paths: str) -> str:
    return given(InputTransformer={"InputPathsMap": paths, "InputTemplate": template})


def test_without_more_a_target_gets_the_event() -> None:
    assert given().startswith('{"version":"0","id":"1-2","detail-type":"SageMaker Model Package State Change"')


def test_a_constant_and_a_part() -> None:
    assert given(Input='{"fixed": true}') == '{"fixed": true}'
    assert given(InputPath="$.detail.Version") == "3"
    assert given(InputPath="$.detail.List[*].n") == "[1,2]"
    assert given(InputPath="$.detail.List[1]") == '{"n":2}'
    assert given(InputPath="$.detail.Nothing") == "null"


def test_variables_are_values_outside_quotes_and_text_within() -> None:
    text = transformed(
        '{"name": <n>, "told": "version <v> of <n>", "all": <t>}',
        n="$.detail.Name",
        v="$.detail.Version",
        t="$.detail.Tags",
    )
    assert text == '{"name":"credit","told":"version 3 of credit","all":{"a":"say \\"hi\\""}}'


def test_quotes_within_a_variable_do_not_break_the_text() -> None:
    assert transformed('{"told": "<t>"}', t="$.detail.Tags.a") == '{"told":"say \\"hi\\""}'


def test_what_the_event_lacks_leaves_an_empty_text() -> None:
    assert transformed('{"a": <x>, "b": "<x>!"}', x="$.detail.Nothing") == '{"a":"","b":"!"}'


def test_a_template_that_is_a_text_stays_one_with_its_quotes() -> None:
    assert transformed('"Model <n> was approved."', n="$.detail.Name") == '"Model credit was approved."'


def test_reserved_variables() -> None:
    text = transformed(
        '{"r": <aws.events.rule-name>, "at": <aws.events.event.ingestion-time>, "e": <aws.events.event>}'
    )
    assert '"r":"r","at":"2026-01-01T00:00:01Z"' in text
    assert '"detail"' not in text
    assert '"detail"' in transformed('{"e": <aws.events.event.json>}')


def test_parameters_of_a_target_may_be_paths_into_the_event() -> None:
    assert inputs.resolved("$.detail.Version", EVENT) == "3"
    assert inputs.resolved("fixed", EVENT) == "fixed"
    assert inputs.resolved("$.detail.Nothing", EVENT) == ""


@pytest.mark.parametrize(
    ("target", "problem"),
    [
        ({"Id": "1", "Input": "{}", "InputPath": "$.detail"}, "Only one of Input, InputPath, or InputTransformer"),
        ({"Id": "1", "Input": "no json"}, "JSON syntax error in input for target 1"),
        ({"Id": "1", "InputPath": "detail"}, "Invalid JSONPath"),
        ({"Id": "1", "InputTransformer": {"InputTemplate": "<x>"}}, "contains invalid placeholder x"),
        (
            {"Id": "1", "InputTransformer": {"InputTemplate": "x", "InputPathsMap": {"AWS.x": "$.a"}}},
            "contains the reserved name AWS.x",
        ),
    ],
)
def test_what_eventbridge_would_not_take(target: dict[str, Any], problem: str) -> None:
    assert problem in str(inputs.check(target))
