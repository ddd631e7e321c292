"""What the proof finds is told at the line of the source that opens the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from harness.catalog.load import load_repository
from harness.catalog.render import foundations, render_foundation, render_product
from harness.checks.answers import Answers
from harness.checks.duties.job import answer, duties_job, findings
from harness.checks.renderings import Rendering
from tests.support.repository import PROJECT

pytestmark = pytest.mark.unmeasured


def test_a_statement_that_opens_a_route_is_told_where_it_is_written_also_by_what_is_remembered(tmp_path: Path) -> None:
    repository = load_repository(PROJECT)
    made = {f"foundation/{name}": render_foundation(repository, name) for name in foundations(repository.catalog)}
    made |= {each.name: render_product(repository, each.name) for each in repository.products}
    rendered = {name: Rendering(each.text, each.path, lambda each=each: each) for name, each in made.items()}  # type: ignore[misc]
    job = duties_job(repository, rendered, Answers(PROJECT).scan(), str(tmp_path))
    assert job is not None
    wide = job.texts["foundation/spoke"].replace("pipeline/dev-*", "pipeline/*-*", 1)
    opened = replace(job, texts={**job.texts, "foundation/spoke": wide})
    rows = answer(opened)
    assert answer(job) == []
    assert answer(opened) == answer(replace(opened, memory="")) == rows
    (found,) = findings(rows[:1], rendered)
    source = PROJECT / found.place.path
    assert found.place.path == "templates/foundation/personas/developer.yaml.j2"
    assert "Sid: DeploysOwnPipelines" in Path(source).read_text(encoding="utf-8").splitlines()[found.place.line - 1]
    assert found.problem.startswith("the persona developer of 222222222221 comes to a decision about a model: ")
    assert "with sagemaker:UpdatePipeline" in found.problem


def test_nothing_is_proved_where_a_template_does_not_render() -> None:
    repository = load_repository(PROJECT)
    assert duties_job(repository, {}, Answers(PROJECT).scan()) is None
