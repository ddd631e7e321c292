"""What a check finds, and where its findings point."""

from __future__ import annotations

import pytest

from harness.catalog.release import freeze
from harness.catalog.render import render_product
from harness.checks.answers import Answers
from harness.errors import KnownError
from tests.support.checks import SOURCE, Scribe, run, whole_repository
from tests.support.repository import TinyRepository

FOUNDATION_LAUNCHES = [f"launch foundation-{name} in eu-west-1" for name in ("hub", "spoke")]


@pytest.fixture
def whole(tiny: TinyRepository) -> TinyRepository:
    return whole_repository(tiny)


def test_a_remembered_report_is_the_report(whole: TinyRepository) -> None:
    scribe = Scribe()
    scribe.lint = [[3, "E9999", "it is so", "make it otherwise"]]
    report = run(whole, scribe)
    answers = Answers(whole.root)
    remembered = answers.recall(answers.scan(), ())
    assert remembered is not None
    assert remembered.findings == report.findings != ()
    assert remembered.summary == f"{report.summary.removesuffix('.')} (unchanged)."


def test_a_finding_points_to_the_source_through_a_macro(whole: TinyRepository) -> None:
    scribe = Scribe()
    text = render_product(whole.load(), "demo").text.splitlines()
    number = len(text) - text[::-1].index("    Type: AWS::SNS::Topic")
    scribe.lint = [[number, "E9999", "no such thing", "remove it"]]
    found = [str(each) for each in run(whole, scribe, "demo").findings if each.rule == "E9999"]
    assert found == ["templates/parts.yaml.j2:2: no such thing [E9999]\n  → remove it"]


def test_a_launch_that_fails_points_to_the_parameter_in_the_example(whole: TinyRepository) -> None:
    scribe = Scribe()
    scribe.failures["demo-more"] = [["the launch is refused", "give another value for Name", "Name", ""]]
    found = [str(each) for each in run(whole, scribe, "demo").findings if each.rule == "E9070"]
    assert found == [
        "products/demo/examples/later.yaml:2: not rehearsed, for demo/more cannot be launched (in eu-west-1) [E9070]\n"
        "  → correct demo/more first",
        "products/demo/examples/more.yaml:2: the launch is refused (in eu-west-1) [E9070]\n"
        "  → give another value for Name",
    ]


def test_what_is_wrong_elsewhere_is_not_told_here_but_where_to_ask(whole: TinyRepository) -> None:
    scribe = Scribe()
    scribe.failures["foundation-spoke"] = [["the launch is refused", "correct it", "", ""]]
    remedies = {each.remedy for each in run(whole, scribe, "demo").findings if each.rule == "E9070"}
    (told,) = (each for each in remedies if each.startswith("correct foundation/spoke first"))
    assert told.endswith("; `build.py check` of everything says what is wrong there")
    everything = {each.remedy for each in run(whole, scribe).findings if each.rule == "E9070"}
    assert {"correct it", "correct foundation/spoke first"} <= everything


def test_what_may_be_deployed_besides_the_foundations_is_checked_with_each_of_its_examples(
    whole: TinyRepository,
) -> None:
    """The builds of the catalog itself; without examples, by the defaults."""
    whole.write("templates/foundation/pipeline.yaml.j2", "Description: pipeline\nResources: {}\n")
    scribe = Scribe()
    run(whole, scribe)
    assert {"lint pipeline", "launch foundation-pipeline in eu-west-1"} <= set(scribe.asked)
    for name in ("defaults", "full"):
        whole.write(f"templates/foundation/examples/pipeline/{name}.yaml", f"description: {name}.\n")
    scribe = Scribe()
    scribe.failures["foundation-pipeline-full"] = [["the launch is refused", "correct it", "", ""]]
    found = [str(each) for each in run(whole, scribe).findings if each.rule == "E9070"]
    assert "launch foundation-pipeline-defaults in eu-west-1" in scribe.asked
    assert found == [
        "templates/foundation/pipeline.yaml.j2: the launch is refused (in eu-west-1) [E9070]\n  → correct it"
    ]


def test_a_template_that_does_not_render_is_one_finding_and_the_rest_is_checked(whole: TinyRepository) -> None:
    whole.replace(SOURCE, "<< product.title >>", "<< product.titel >>")
    scribe = Scribe()
    report = run(whole, scribe)
    assert [str(each.place) for each in report.findings] == [f"{SOURCE}:3"]
    assert sorted(scribe.asked) == [*FOUNDATION_LAUNCHES, "lint hub", "lint spoke"]


def test_a_frozen_file_that_changed_is_found(whole: TinyRepository) -> None:
    repository = whole.load()
    freeze(repository, repository.product("demo"))
    run(whole, Scribe())
    whole.replace("products/demo/releases/1.0.0/template.yaml", "AWS::SNS::Topic", "AWS::SQS::Queue")
    found = run(whole, Scribe()).findings
    assert [(str(each.place), each.rule) for each in found] == [("products/demo/releases/1.0.0/template.yaml", "E9061")]


def test_a_product_that_does_not_exist_is_a_known_error(whole: TinyRepository) -> None:
    with pytest.raises(KnownError, match="no product 'dmo'"):
        run(whole, Scribe(), "dmo")
