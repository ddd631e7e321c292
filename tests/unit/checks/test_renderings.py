"""A rendering is remembered as long as nothing that it is made of has changed."""

from __future__ import annotations

import pytest

from harness.catalog.render import render_product
from harness.checks.answers import Answers
from harness.checks.inputs import Inputs
from harness.checks.renderings import Rendering, Renderings
from tests.support.checks import SOURCE, whole_repository
from tests.support.repository import TinyRepository


@pytest.fixture
def whole(tiny: TinyRepository) -> TinyRepository:
    return whole_repository(tiny)


def rendering(tiny: TinyRepository, inputs: Inputs | None = None) -> Rendering:
    answers = Answers(tiny.root)
    return Renderings(tiny.load(), answers, inputs or answers.scan()).product("demo")


def test_what_has_not_changed_is_not_rendered_again(whole: TinyRepository) -> None:
    inputs = Answers(whole.root).scan()
    first = rendering(whole, inputs)
    whole.replace(SOURCE, "DisplayName", "TopicName")
    assert rendering(whole, inputs) is not first
    assert rendering(whole, inputs).text == first.text  # the inputs say that nothing changed
    assert "TopicName" in rendering(whole).text


def test_a_remembered_rendering_knows_its_lines(whole: TinyRepository) -> None:
    fresh = render_product(whole.load(), "demo")
    rendering(whole)
    remembered = rendering(whole)
    assert remembered.sha256 == fresh.sha256
    lines = range(1, len(fresh.text.splitlines()) + 1)
    assert [remembered.source_line(line) for line in lines] == [fresh.source_line(line) for line in lines]


def test_a_macro_that_changes_renders_again(whole: TinyRepository) -> None:
    rendering(whole)
    whole.replace("templates/parts.yaml.j2", "AWS::SNS::Topic", "AWS::SQS::Queue")
    assert "AWS::SQS::Queue" in rendering(whole).text


def test_a_model_that_changes_renders_again(whole: TinyRepository) -> None:
    rendering(whole)
    whole.replace("products/demo/product.yaml", "title: Demo", "title: Other")
    assert "Description: Other" in rendering(whole).text
