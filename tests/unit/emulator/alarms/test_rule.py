"""Rules of composite alarms."""

from __future__ import annotations

import pytest

from harness.emulator.alarms import rule

STATES = {"a": "ALARM", "b": "OK", "with space": "INSUFFICIENT_DATA", "arn:aws:cloudwatch:r:1:alarm:c": "ALARM"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ALARM(a)", True),
        ('ALARM("b")', False),
        ("OK('b') AND NOT ALARM(b)", True),
        ("ALARM(b) OR ALARM(a) AND OK(a)", False),
        ("(ALARM(b) OR ALARM(a)) AND OK(b)", True),
        ('INSUFFICIENT_DATA("with space")', True),
        ("ALARM(arn:aws:cloudwatch:r:1:alarm:c)", True),
        ("TRUE AND NOT FALSE", True),
    ],
)
def test_a_rule_decides(text: str, expected: bool) -> None:
    assert rule.parse(text).decide(STATES.get) is expected


@pytest.mark.parametrize("text", ["", "a", "ALARM(a", "ALARM()", "ALARM(a) ALARM(b)", "AND ALARM(a)", "BAD(a)"])
def test_what_is_no_rule(text: str) -> None:
    with pytest.raises(rule.InvalidRuleError):
        rule.parse(text)
