"""What is remembered of an imagined template is what would be imagined; whatever it follows from imagines it anew."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checks.launching.imagined import Contract, imagine
from harness.checks.launching.imaginings import remembering
from harness.checks.memory import Memory

TEMPLATE = """\
Parameters:
  Vpc: { Type: "AWS::SSM::Parameter::Value<String>", Default: /platform/vpc }
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: { DisplayName: !Sub "${Vpc} ${AWS::AccountId} ${AWS::Region}", Tags: [{ Key: a, Value: b }] }
"""
CONTRACT: Contract = {"/platform/vpc": (("vpc-1", "vpc-2"),)}
ASKED = ("demo", TEMPLATE, "111111111111", CONTRACT)


def test_what_is_remembered_is_what_is_imagined(tmp_path: Path) -> None:
    fresh = imagine(*ASKED)
    assert remembering(None, "1")(*ASKED) == fresh != []
    assert remembering(Memory(tmp_path), "1")(*ASKED) == fresh
    assert remembering(Memory(tmp_path), "1")(*ASKED) == fresh
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize(
    ("judges", "asked"),
    [
        ("2", ASKED),
        ("1", ("other", *ASKED[1:])),
        ("1", (ASKED[0], TEMPLATE.replace("Value: b", "Value: c"), *ASKED[2:])),
        ("1", (*ASKED[:2], "222222222222", CONTRACT)),
        ("1", (*ASKED[:3], {"/platform/vpc": (("vpc-3", "vpc-4"),)})),
    ],
    ids=["judges", "unit", "text", "account", "contract"],
)
def test_whatever_is_asked_otherwise_is_imagined_anew(
    tmp_path: Path, judges: str, asked: tuple[str, str, str, Contract]
) -> None:
    memory = Memory(tmp_path)
    remembering(memory, "1")(*ASKED)
    assert remembering(memory, judges)(*asked) == imagine(*asked)
    assert len(list(tmp_path.iterdir())) == 2
