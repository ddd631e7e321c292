"""An answer about a launch role is remembered by all that it follows from, and of other templates by what they make."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalog import yamlfile
from harness.catalog.model import AddedRight
from harness.catalog.yamlfile import YamlFile
from harness.checks.launching.generate import NOBODYS, Ground
from harness.checks.launching.role import Question
from harness.checks.memory import Memory
from tests.unit.checks.launching.grounds import FOUNDATION, GROUND, PARAMETERS

TOPIC = f"{PARAMETERS}  Topic: {{ Type: AWS::SNS::Topic }}\n"
SAYING = """\
Resources:
  Said:
    Type: AWS::SSM::Parameter
    Properties: { Name: /platform/said, Type: String, Value: one }
"""
ADDED = """\
launch_role:
  adds:
    - sid: Keys
      reason: The console looks at keys.
      actions: [kms:ListKeys]
      resources: ["*"]
"""


@pytest.fixture
def spec(tmp_path: Path) -> Callable[[str], YamlFile]:
    """A product.yaml of that text."""

    def read(text: str) -> YamlFile:
        path = tmp_path / "product.yaml"
        path.write_text(text, encoding="utf-8")
        return yamlfile.read(tmp_path, path)

    return read


@pytest.fixture
def asked(spec: Callable[[str], YamlFile]) -> Question:
    """A product with an addition to its launch role, on a foundation, beside a product that writes into SSM."""
    file = spec(ADDED)
    adds = [AddedRight.model_validate(each) for each in file.data["launch_role"]["adds"]]
    ground = replace(GROUND, others={"other": SAYING})
    return Question("demo", "products/demo/launch-policy.yaml", {"demo": TOPIC}, ground, adds, file, "")


def changed(question: Question, foundation: str = FOUNDATION, other: str = SAYING) -> Question:
    """The same on other ground."""
    return replace(question, ground=Ground({"foundation/spoke": (NOBODYS, foundation)}, {"other": other}))


@pytest.mark.parametrize(
    "other",
    [
        lambda asked: replace(asked, product="other"),
        lambda asked: replace(asked, templates={"demo": TOPIC.replace("Topic:", "Others:")}),
        lambda asked: replace(asked, templates={"demo@1.0.0": TOPIC}),
        lambda asked: replace(asked, templates={**asked.templates, "demo@1.0.0": SAYING}),
        lambda asked: replace(asked, ground=replace(asked.ground, account="111111111111")),
        lambda asked: changed(asked, foundation=FOUNDATION.replace("data-key-arn", "key-arn")),
        lambda asked: changed(asked, other=SAYING.replace("one", "two")),
        lambda asked: changed(asked, other=""),
        lambda asked: replace(asked, adds=[]),
        lambda asked: replace(asked, stands="- Sid: Edited"),
    ],
    ids=[
        "product", "template", "name", "release", "account", "foundation", "other product", "refused", "additions",
        "file",
    ],
)  # fmt: skip
def test_whatever_the_answer_follows_from_is_part_of_the_question(
    tmp_path: Path, asked: Question, other: Callable[[Question], Question]
) -> None:
    memory = Memory(tmp_path)
    assert asked.sha256(memory, "1") == asked.sha256(memory, "1") == asked.sha256(None, "1")
    assert other(asked).sha256(memory, "1") != asked.sha256(memory, "1")


def test_other_code_asks_anew(asked: Question) -> None:
    assert asked.sha256(None, "1") != asked.sha256(None, "2")


def test_an_addition_on_another_line_is_told_there(asked: Question, spec: Callable[[str], YamlFile]) -> None:
    moved = replace(asked, file=spec(ADDED.replace("      actions", "      # why\n      actions")))
    assert moved.file.data == asked.file.data
    assert moved.sha256(None, "1") != asked.sha256(None, "1")


def test_how_a_template_of_others_is_written_is_no_part_of_it(tmp_path: Path, asked: Question) -> None:
    memory = Memory(tmp_path)
    described = changed(asked, f"Description: Other words.\n{FOUNDATION}", f"# a comment\n{SAYING}")
    assert described.ground != asked.ground
    assert described.sha256(memory, "1") == asked.sha256(memory, "1")
    assert described.findings() == asked.findings() != []


def test_nothing_is_said_on_ground_of_which_a_template_is_refused(asked: Question) -> None:
    refused = [changed(asked, foundation=""), changed(asked, other="Resources: []\n")]
    assert [each.findings() for each in refused] == [[], []]
    assert len({each.sha256(None, "1") for each in refused}) == 1
