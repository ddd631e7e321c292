"""Stack policies: what they let through, and what an update does where they do not."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from harness.cfn.model import Outcome, StackError
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import create_stack, update_stack
from harness.cfn.stackpolicy import check_policy_body, denial
from tests.unit.cfn.engine import AROUND, clock, reasons, request

TEMPLATE = """
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 30}}
  Topic: {Type: AWS::SNS::Topic, Properties: {FifoTopic: false}}
"""
CHANGED = TEMPLATE.replace("30", "60")
REPLACED = TEMPLATE.replace("FifoTopic: false", "FifoTopic: true")
REDUCED = TEMPLATE.replace("  Topic: {Type: AWS::SNS::Topic, Properties: {FifoTopic: false}}\n", "")


def _policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Statement": [{"Principal": "*", **each} for each in statements]})


EVERYTHING = {"Effect": "Allow", "Action": "Update:*", "Resource": "*"}
NO_REPLACEMENT = _policy(EVERYTHING, {"Effect": "Deny", "Action": "Update:Replace", "Resource": "*"})
NO_QUEUE = _policy(EVERYTHING, {"Effect": "Deny", "Action": "Update:*", "Resource": "LogicalResourceId/Q*"})
NO_TOPICS = _policy(
    EVERYTHING,
    {
        "Effect": "Deny",
        "Action": ["Update:Delete", "Update:Modify"],
        "Resource": "*",
        "Condition": {"StringEquals": {"ResourceType": ["AWS::SNS::Topic"]}},
    },
)
ALL_BUT_THE_QUEUE = _policy({"Effect": "Allow", "NotAction": "Update:Delete", "NotResource": "LogicalResourceId/Queue"})


def _update(policy: str, template: str, during: str = "") -> Outcome:
    state = create_stack(replace(request(TEMPLATE), policy=policy), AROUND, SchemaProvider(), clock).state
    asked = replace(request(template), policy_during_update=during)
    return update_stack(state, asked, AROUND, SchemaProvider(), clock)


@pytest.mark.parametrize(
    ("policy", "template", "status"),
    [
        ("", REPLACED, "UPDATE_COMPLETE"),
        (NO_REPLACEMENT, CHANGED, "UPDATE_COMPLETE"),
        (NO_REPLACEMENT, REPLACED, "UPDATE_ROLLBACK_COMPLETE"),
        (NO_REPLACEMENT, REDUCED, "UPDATE_COMPLETE"),
        (NO_QUEUE, CHANGED, "UPDATE_ROLLBACK_COMPLETE"),
        (NO_QUEUE, REPLACED, "UPDATE_COMPLETE"),
        (NO_TOPICS, REDUCED, "UPDATE_ROLLBACK_COMPLETE"),
        (NO_TOPICS, REPLACED, "UPDATE_COMPLETE"),
        (ALL_BUT_THE_QUEUE, REPLACED, "UPDATE_COMPLETE"),
        (ALL_BUT_THE_QUEUE, CHANGED, "UPDATE_ROLLBACK_COMPLETE"),
        (ALL_BUT_THE_QUEUE, REDUCED, "UPDATE_ROLLBACK_COMPLETE"),
    ],
)
def test_an_update_goes_as_far_as_the_policy_lets_it(policy: str, template: str, status: str) -> None:
    assert _update(policy, template).state.status == status


def test_the_statement_that_denies_is_named() -> None:
    assert reasons(_update(NO_REPLACEMENT, REPLACED))["Topic"] == (
        "Action denied by stack policy: Statement [#2] does not allow [Update:Replace] for resource "
        "[LogicalResourceId/Topic];"
    )
    assert reasons(_update(ALL_BUT_THE_QUEUE, CHANGED))["Queue"] == "Action not allowed by stack policy"


def test_what_was_removed_against_the_policy_is_still_there() -> None:
    refused = _update(NO_TOPICS, REDUCED).state
    assert {each.logical_id for each in refused.resources} == {"Queue", "Topic"}


def test_a_policy_for_one_update_stands_in_the_place_of_the_stacks_own() -> None:
    outcome = _update(NO_REPLACEMENT, REPLACED, during=_policy(EVERYTHING))
    assert outcome.state.status == "UPDATE_COMPLETE"
    assert outcome.state.policy == NO_REPLACEMENT


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no json",
        "{}",
        '{"Statement": []}',
        _policy({"Effect": "Maybe", "Action": "Update:*", "Resource": "*"}),
        _policy({"Effect": "Deny", "Action": "sns:*", "Resource": "*"}),
        _policy({"Effect": "Deny", "Action": "Update:*"}),
        json.dumps({"Statement": [{"Principal": "anna", **EVERYTHING}]}),
        _policy({**EVERYTHING, "Condition": 5}),
        "[" * 8_000,
    ],
)
def test_a_text_that_is_no_stack_policy_is_refused(body: str) -> None:
    with pytest.raises(StackError, match="Error validating stack policy: Invalid stack policy"):
        check_policy_body(body)


def test_a_type_can_be_named_by_a_pattern() -> None:
    statement = {
        "Effect": "Deny",
        "Action": "update:*",
        "Resource": "*",
        "Condition": {"StringLike": {"ResourceType": "AWS::S3::*"}},
    }
    policy = _policy(EVERYTHING, statement)
    assert denial(policy, "Update:Delete", "B", "AWS::S3::Bucket").startswith("Action denied by stack policy")
    assert denial(policy, "Update:Delete", "T", "AWS::SNS::Topic") == ""
