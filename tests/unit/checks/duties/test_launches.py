"""A stack that is remembered is the one that would be launched; whatever it depends on launches it anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from harness.checks.duties.launches import Asked, Launches
from harness.checks.memory import Memory

TEMPLATE = """\
Parameters:
  Name: { Type: String, Default: a }
  Vpc: { Type: "AWS::SSM::Parameter::Value<String>", Default: /platform/vpc }
Resources:
  Topic:
    Type: AWS::SNS::Topic
    Properties: { DisplayName: !Sub "${Name} ${Vpc} ${AWS::AccountId} ${AWS::Region} ${AWS::StackName}" }
  Said:
    Type: AWS::SSM::Parameter
    Properties: { Name: /platform/said, Type: String, Value: !Ref Vpc }
"""
ASKED = Asked("demo", TEMPLATE, "one", "111111111111", "eu-west-1", {"Name": "b"})
STORE = {"/platform/vpc": "vpc-1", "/platform/other": "1"}


class CountingMemory(Memory):
    """Counts what is kept: a launch keeps two things, a stack that is remembered none."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.kept = 0

    def keep(self, key: str, answer: object) -> None:
        self.kept += 1
        super().keep(key, answer)


def launched(folder: Path, asked: Asked = ASKED, store: Mapping[str, str] = STORE, engine: str = "1") -> int:
    """How many stacks that question takes."""
    memory = CountingMemory(folder)
    assert not Launches(memory, engine).stand(asked, store).reason
    return memory.kept // 2


def test_a_stack_that_is_remembered_is_the_one_that_was_launched(tmp_path: Path) -> None:
    fresh = Launches()
    stood = fresh.stand(ASKED, STORE)
    assert launched(tmp_path) == 1
    again = Launches(Memory(tmp_path), "1")
    assert again.stand(ASKED, STORE) == stood
    assert again.rows(stood) == fresh.rows(stood) != []
    assert stood.ssm == (("/platform/said", "vpc-1"),)


@pytest.mark.parametrize(
    "other",
    [
        replace(ASKED, unit="other"),
        replace(ASKED, text=TEMPLATE.replace("${Name} ", "")),
        replace(ASKED, stack="two"),
        replace(ASKED, account="222222222222"),
        replace(ASKED, region="eu-central-1"),
        replace(ASKED, parameters={}),
    ],
    ids=["unit", "text", "stack", "account", "region", "parameters"],
)
def test_whatever_is_asked_otherwise_is_launched_anew(tmp_path: Path, other: Asked) -> None:
    assert (launched(tmp_path), launched(tmp_path), launched(tmp_path, other)) == (1, 0, 1)


def test_another_engine_launches_anew(tmp_path: Path) -> None:
    assert (launched(tmp_path), launched(tmp_path, engine="2")) == (1, 1)


def test_what_a_stack_looks_up_is_part_of_the_question_and_nothing_else_of_the_store(tmp_path: Path) -> None:
    assert launched(tmp_path) == 1
    assert launched(tmp_path, store={**STORE, "/platform/other": "2"}) == 0
    assert launched(tmp_path, store={**STORE, "/platform/vpc": "vpc-2"}) == 1
    assert launched(tmp_path) == 0, "both are remembered"


def test_a_parameter_that_was_absent_and_is_there_launches_anew(tmp_path: Path) -> None:
    memory = Memory(tmp_path)
    assert "/platform/vpc" in Launches(memory).stand(ASKED, {}).reason
    assert not Launches(memory).stand(ASKED, STORE).reason


def test_a_refusal_is_remembered(tmp_path: Path) -> None:
    wrong = replace(ASKED, parameters={"Nme": "b"})
    reason = Launches(Memory(tmp_path)).stand(wrong, STORE).reason
    assert "Nme" in reason
    memory = CountingMemory(tmp_path)
    assert Launches(memory).stand(wrong, STORE).reason == reason
    assert memory.kept == 0


def test_rows_that_were_forgotten_are_launched_for_again(tmp_path: Path) -> None:
    fresh = Launches(Memory(tmp_path))
    stood = fresh.stand(ASKED, STORE)
    (tmp_path / f"{stood.sha256}.json").unlink()
    again = Launches(Memory(tmp_path))
    assert again.rows(again.stand(ASKED, STORE)) == fresh.rows(stood)
