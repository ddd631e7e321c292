"""Drift: what counts as a difference between a stack and its resources."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from harness.cfn.drift import NotReadable, PropertyDifference, ResourceDrift, detect, stack_status
from harness.cfn.model import ResourceState
from tests.unit.cfn.engine import AROUND, create, one

QUEUE = one(
    "AWS::SQS::Queue", "{VisibilityTimeout: 30, RedrivePolicy: {maxReceiveCount: 3}, Tags: [{Key: a, Value: b}]}"
)


class Told:
    """A reader that says what it was told to."""

    def __init__(self, answer: Mapping[str, Any] | None) -> None:
        self._answer = answer

    def read(self, resource: ResourceState) -> Mapping[str, Any] | None:
        return self._answer


class Blind:
    """A reader that can read nothing."""

    def read(self, resource: ResourceState) -> Mapping[str, Any] | None:
        raise NotReadable


def _drift(answer: Mapping[str, Any] | None, template: str = QUEUE, **parameters: str) -> ResourceDrift:
    state = replace(create(template, **parameters).state, tags={"team": "risk"})
    return detect(state, AROUND.region, Told(answer))[0]


SAME = {"VisibilityTimeout": "30", "RedrivePolicy": {"maxReceiveCount": 3}, "Tags": [{"Key": "a", "Value": "b"}]}


@pytest.mark.parametrize(
    "answer",
    [
        SAME,
        {**SAME, "DelaySeconds": 9},  # nobody set it in the template
        {"VisibilityTimeout": 30},  # of the others nothing is told
        {**SAME, "Tags": [{"Key": "team", "Value": "risk"}, {"Key": "a", "Value": "b"}]},  # the stack's own tag
        {**SAME, "Tags": [{"Key": "aws:x", "Value": "y"}, {"Key": "a", "Value": "b"}]},
    ],
)
def test_a_resource_that_is_as_its_template_says_is_in_sync(answer: dict[str, Any]) -> None:
    drift = _drift(answer)
    assert (drift.status, drift.differences) == ("IN_SYNC", ())


@pytest.mark.parametrize(
    ("answer", "difference"),
    [
        ({"VisibilityTimeout": 60}, PropertyDifference("/VisibilityTimeout", 30, 60, "NOT_EQUAL")),
        ({"VisibilityTimeout": None}, PropertyDifference("/VisibilityTimeout", 30, None, "REMOVE")),
        (
            {"RedrivePolicy": {"maxReceiveCount": 4}},
            PropertyDifference("/RedrivePolicy/maxReceiveCount", 3, 4, "NOT_EQUAL"),
        ),
        (
            {"RedrivePolicy": {"maxReceiveCount": 3, "deadLetterTargetArn": "x"}},
            PropertyDifference("/RedrivePolicy/deadLetterTargetArn", None, "x", "ADD"),
        ),
        (
            {"Tags": [{"Key": "a", "Value": "b"}, {"Key": "by", "Value": "hand"}]},
            PropertyDifference("/Tags/1", None, {"Key": "by", "Value": "hand"}, "ADD"),
        ),
    ],
)
def test_a_difference_has_its_place_and_its_kind(answer: dict[str, Any], difference: PropertyDifference) -> None:
    drift = _drift(answer)
    assert (drift.status, drift.differences) == ("MODIFIED", (difference,))


def test_a_resource_that_is_gone_is_deleted() -> None:
    drift = _drift(None)
    assert (drift.status, drift.actual) == ("DELETED", {})
    assert drift.expected["VisibilityTimeout"] == 30


def test_what_nobody_can_read_is_not_checked_and_does_not_count() -> None:
    drifts = detect(create(QUEUE).state, AROUND.region, Blind())
    assert drifts[0].status == "NOT_CHECKED"
    assert stack_status(drifts) == "IN_SYNC"


def test_one_drifted_resource_makes_a_drifted_stack() -> None:
    assert stack_status((_drift(SAME), _drift(None))) == "DRIFTED"
    assert stack_status((_drift(SAME), _drift({"VisibilityTimeout": 1}))) == "DRIFTED"


def test_what_a_service_never_tells_is_not_compared() -> None:
    function = one(
        "AWS::Lambda::Function",
        "{Code: {ZipFile: x}, Role: 'arn:aws:iam::111111111111:role/r', Handler: a.b, Runtime: python3.13}",
    )
    assert _drift({"Code": {"ZipFile": "other"}, "Handler": "a.b"}, function).status == "IN_SYNC"


def test_sets_are_compared_without_their_order() -> None:
    template = one(
        "AWS::IAM::Role",
        "{AssumeRolePolicyDocument: {}, ManagedPolicyArns: ['arn:aws:iam::aws:policy/A', 'arn:aws:iam::aws:policy/B']}",
    )
    turned = {"ManagedPolicyArns": ["arn:aws:iam::aws:policy/B", "arn:aws:iam::aws:policy/A"]}
    assert _drift(turned, template).status == "IN_SYNC"


def test_no_echo_values_are_masked_in_differences() -> None:
    template = "Parameters: {P: {Type: String, NoEcho: true}}\n" + one("AWS::SNS::Topic", "{DisplayName: !Ref P}")
    drift = _drift({"DisplayName": "by-hand"}, template, P="hush-hush")
    assert drift.differences == (PropertyDifference("/DisplayName", "****", "by-hand", "NOT_EQUAL"),)
    assert "hush-hush" not in repr((drift.expected, drift.actual, drift.differences))
