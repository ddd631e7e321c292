"""What is kept of an answer, and what asks again: every thing that it depends on, and nothing else."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.checks.answers import Answers
from harness.checks.inputs import environment
from tests.support.checks import SOURCE, Scribe, asked_again, run, whole_repository
from tests.support.repository import TinyRepository


@pytest.fixture
def whole(tiny: TinyRepository) -> TinyRepository:
    return whole_repository(tiny)


ALL_LAUNCHES = [f"launch demo-{name} in eu-west-1" for name in ("defaults", "later", "more")]
FOUNDATION_LAUNCHES = [f"launch foundation-{name} in eu-west-1" for name in ("hub", "spoke")]
LINT_DEMO = "lint Demo (ml-platform/demo 1.0.0)"


def test_everything_is_asked_once(whole: TinyRepository) -> None:
    assert asked_again(whole) == [*ALL_LAUNCHES, *FOUNDATION_LAUNCHES, LINT_DEMO, "lint hub", "lint spoke"]
    assert asked_again(whole) == []


def test_a_launch_comes_after_those_that_it_needs(whole: TinyRepository) -> None:
    scribe = Scribe()
    run(whole, scribe)
    order = [
        scribe.asked.index(f"launch {name} in eu-west-1") for name in ("foundation-spoke", "demo-more", "demo-later")
    ]
    assert order == sorted(order)


BUSTERS: dict[str, tuple[Callable[[TinyRepository], object], list[str]]] = {
    "the template": (
        lambda tiny: tiny.replace(SOURCE, "DisplayName: !Ref Name", "DisplayName: other"),
        [*ALL_LAUNCHES, LINT_DEMO],
    ),
    "an include": (
        lambda tiny: tiny.replace("templates/parts.yaml.j2", "AWS::SNS::Topic", "AWS::SQS::Queue"),
        [*ALL_LAUNCHES, LINT_DEMO],
    ),
    "an asset": (lambda tiny: tiny.write("products/demo/src/code.py", "ONE = 2\n"), [*ALL_LAUNCHES, LINT_DEMO]),
    "an example": (
        lambda tiny: tiny.replace("products/demo/examples/more.yaml", "Name: more", "Name: less"),
        ["launch demo-more in eu-west-1"],
    ),
    "the contract": (
        lambda tiny: tiny.write(
            "templates/foundation/contract.yaml",
            "- { name: /platform/b, type: String, writer: demo, description: B. }\n",
        ),
        [LINT_DEMO, "lint hub", "lint spoke"],
    ),
    "a foundation": (
        lambda tiny: tiny.replace("templates/foundation/hub.yaml.j2", "SNS::Topic", "SQS::Queue"),
        ["launch foundation-hub in eu-west-1", "lint hub"],
    ),
    "a launch policy": (
        lambda tiny: tiny.write("products/demo/launch-policy.yaml", "    - two\n"),
        ["launch foundation-spoke in eu-west-1", "lint spoke"],
    ),
    "a house rule": (
        lambda tiny: tiny.write("harness/checks/rules/rule.py", "# another rule\n"),
        [*ALL_LAUNCHES, *FOUNDATION_LAUNCHES, LINT_DEMO, "lint hub", "lint spoke"],
    ),
    "the stack engine": (
        lambda tiny: tiny.write("harness/cfn/engine.py", "# another engine\n"),
        [*ALL_LAUNCHES, *FOUNDATION_LAUNCHES],
    ),
    "the regions": (
        lambda tiny: tiny.replace("catalog.yaml", "regions: [eu-west-1]", "regions: [eu-west-1, us-east-1]"),
        [
            *sorted(
                [*ALL_LAUNCHES, *FOUNDATION_LAUNCHES][index].replace("eu-west-1", "us-east-1") for index in range(5)
            ),
            LINT_DEMO,
            "lint hub",
            "lint spoke",
        ],
    ),
}


@pytest.mark.parametrize("what", BUSTERS)
def test_a_change_of_what_an_answer_depends_on_asks_again(whole: TinyRepository, what: str) -> None:
    change, expected = BUSTERS[what]
    run(whole, Scribe())
    assert Answers(whole.root).recall(Answers(whole.root).scan(), ()) is not None
    change(whole)
    answers = Answers(whole.root)
    assert answers.recall(answers.scan(), ()) is None
    assert asked_again(whole) == expected


def test_another_tool_version_asks_everything_again(whole: TinyRepository) -> None:
    everything = asked_again(whole)
    assert asked_again(whole, packages="with another cfn-lint") == everything
    answers = Answers(whole.root)
    other = dataclasses.replace(answers.scan(), environment="with another cfn-lint")
    assert answers.recall(other, ()) is None


def test_the_environment_is_known_by_its_packages_and_versions(tmp_path: Path) -> None:
    folder = tmp_path / "site-packages"
    (folder / "cfn_lint-1.58.0.dist-info").mkdir(parents=True)
    before = environment([str(folder)])
    assert environment([str(folder)]) == before
    (folder / "cfn_lint-1.58.0.dist-info").rename(folder / "cfn_lint-1.59.0.dist-info")
    assert environment([str(folder)]) != before


def test_what_an_earlier_launch_leaves_is_part_of_the_question(whole: TinyRepository) -> None:
    run(whole, Scribe())
    whole.replace("templates/foundation/spoke.yaml.j2", "SNS::Topic", "SQS::Queue")
    scribe = Scribe()
    scribe.left = "2"
    run(whole, scribe)
    assert sorted(scribe.asked) == [*ALL_LAUNCHES, "launch foundation-spoke in eu-west-1", "lint spoke"]


def test_a_file_that_no_answer_depends_on_asks_nothing(whole: TinyRepository) -> None:
    run(whole, Scribe())
    whole.write("products/demo/README.md", "Demo, told better.\n")
    assert asked_again(whole) == []


def test_a_new_time_without_new_content_is_no_change(whole: TinyRepository) -> None:
    run(whole, Scribe())
    path = whole.root / SOURCE
    path.write_text(path.read_text())
    assert Answers(whole.root).recall(Answers(whole.root).scan(), ()) is not None


def test_one_product_is_answered_from_a_check_of_all(whole: TinyRepository) -> None:
    run(whole, Scribe())
    answers = Answers(whole.root)
    report = answers.recall(answers.scan(), ["demo"])
    assert report is not None
    assert [unit.name for unit in report.units] == ["demo"]


def test_all_are_not_answered_from_a_check_of_one(whole: TinyRepository) -> None:
    run(whole, Scribe(), "demo")
    answers = Answers(whole.root)
    assert answers.recall(answers.scan(), ()) is None
