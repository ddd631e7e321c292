"""Conditions."""

from __future__ import annotations

import pytest

from harness.cfn.conditions import evaluate_conditions
from harness.cfn.model import StackError
from harness.cfn.template import parse_template
from tests.unit.cfn.engine import scope


def _conditions(block: str) -> dict[str, bool]:
    template = parse_template(f"Conditions: {block}\nResources: {{T: {{Type: AWS::SNS::Topic}}}}\n")
    return evaluate_conditions(template, scope({"Name": "app", "Empty": "", "List": ["a"]}))


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("!Equals [!Ref Name, app]", True),
        ("!Equals [!Ref Name, App]", False),
        ("!Equals [1, '1']", True),
        ("!Equals [true, 'true']", True),
        ("!Equals [!Ref List, [a]]", True),
        ("!Equals [!Join ['', !Ref List], a]", True),
        ("!Not [!Equals [!Ref Empty, '']]", False),
        ("!And [!Equals [a, a], !Equals [b, b]]", True),
        ("!And [!Equals [a, a], !Equals [b, c]]", False),
        ("!Or [!Equals [a, b], !Equals [b, b]]", True),
        ("!Or [!Equals [a, b], !Equals [b, c]]", False),
        ("!Not [!Condition Other]", True),
    ],
)
def test_a_condition_gives_the_known_answer(expression: str, value: bool) -> None:
    assert _conditions(f"{{C: {expression}, Other: !Equals [a, b]}}")["C"] is value


@pytest.mark.parametrize(
    ("block", "message"),
    [
        ("{C: !Condition Nope}", "Unresolved condition dependency Nope in the Conditions block of the template"),
        ("{A: !Not [!Condition B], B: !Not [!Condition A]}", "Found circular condition dependency between A, B"),
        ("{C: text}", "Conditions can only be boolean operations on parameters and other conditions"),
        ("{C: !Sub x}", "Conditions can only be boolean operations on parameters and other conditions"),
        ("{C: !And [!Equals [a, a]]}", "every Fn::And object requires a list of at least 2 and at most 10 conditions."),
        ("{C: !Not [!Equals [a, a], !Equals [a, a]]}", "every Fn::Not object requires a list of 1 condition."),
        ("{C: !Equals [a]}", "every Fn::Equals object requires a list of 2 string parameters."),
    ],
)
def test_a_malformed_condition_is_refused(block: str, message: str) -> None:
    with pytest.raises(StackError) as caught:
        _conditions(block)
    assert message in caught.value.message
