"""A check rehearses updates as it rehearses launches: when their time has come, and once for the same content."""

from __future__ import annotations

import pytest

from harness.catalog.release import freeze
from harness.cfn.effects import Effect
from harness.checks.updatejobs import UpdateRehearsed
from tests.support.checks import SOURCE, Scribe, asked_again, run, whole_repository
from tests.support.history import History
from tests.support.repository import TinyRepository


@pytest.fixture
def past(tiny: TinyRepository) -> TinyRepository:
    """A repository with a release, and a draft of the next version."""
    whole = whole_repository(tiny)
    repository = whole.load()
    freeze(repository, repository.product("demo"))
    whole.replace("products/demo/product.yaml", "1.0.0", "1.0.1")
    whole.replace("products/demo/CHANGELOG.md", "## 1.0.0", "## 1.0.1\n\n- Other.\n\n## 1.0.0")
    return whole


def test_every_example_is_updated_from_every_release(past: TinyRepository) -> None:
    scribe = Scribe()
    report = run(past, scribe, "demo")
    assert [each for each in scribe.asked if each.startswith("update")] == [
        f"update {name} in eu-west-1" for name in ("defaults", "later", "more")
    ]
    assert "5 launches and 3 updates rehearsed" in run(past, Scribe()).summary
    assert not [each for each in report.findings if each.rule in ("E9062", "E9071")]


def test_an_update_is_asked_again_only_when_one_of_its_sides_has_changed(past: TinyRepository) -> None:
    run(past, Scribe())
    past.write("products/demo/README.md", "Other words.\n")
    assert asked_again(past) == []
    past.write("products/demo/examples/more.yaml", "description: Named.\nparameters: { Name: others }\n")
    assert "update more in eu-west-1" in asked_again(past)  # what the newer example proposes
    past.replace(SOURCE, "DisplayName: !Ref Name", "DisplayName: !Sub by ${Name}")
    assert len([each for each in asked_again(past) if each.startswith("update")]) == 3


def test_what_an_update_breaks_is_a_finding_at_the_resource(past: TinyRepository) -> None:
    scribe = Scribe()
    lost = Effect("Topic", "AWS::SNS::Topic", "replaced", ("TopicName",), "deleted", "", "news")
    scribe.updates["more"] = UpdateRehearsed(effects=(lost,))
    (told,) = [str(each) for each in run(past, scribe).findings if each.rule == "E9062"]
    assert told == (
        f"{SOURCE}:9: Topic (AWS::SNS::Topic) is replaced (TopicName changes) when a stack of 1.0.0 updates (example "
        "more); others know it as news [E9062]\n"
        "  → breaking: set version 2.0.0 in product.yaml, then `build.py release demo`"
    )


def test_an_update_is_not_rehearsed_where_what_it_needs_cannot_be_launched_which_is_told(past: TinyRepository) -> None:
    scribe = Scribe()
    scribe.failures["demo-more"] = [["the launch is refused", "give another value", "Name", ""]]
    told = [str(each) for each in run(past, scribe).findings if each.rule == "E9071"]
    assert told == [
        f"{SOURCE}: the update of a stack of 1.0.0 (example later) is not rehearsed, for demo/more cannot be launched "
        "[E9071]\n  → correct demo/more first"
    ]
    assert [each for each in scribe.asked if each.startswith("update")] == [
        "update defaults in eu-west-1",
        "update more in eu-west-1",  # later needs more
    ]


def test_a_damaged_release_is_told_as_such_and_not_compared(past: TinyRepository) -> None:
    (past.root / "products/demo/releases/1.0.0/template.yaml").unlink()
    scribe = Scribe()
    found = run(past, scribe).findings
    assert [each.problem for each in found if each.rule == "E9061"] == ["a frozen file is missing"]
    assert not [each for each in scribe.asked if each.startswith("update")]


def test_an_old_release_without_recorded_examples_takes_those_of_today_that_it_can(tiny: TinyRepository) -> None:
    demo = History(tiny).release()
    manifest = tiny.root / "products/demo/releases/1.0.0/manifest.json"
    assert '"examples"' in manifest.read_text()
    demo.forget_examples()
    demo.edit(("[small, large]", "[small, large, huge]")).state("1.1.0")
    tiny.write("products/demo/examples/huge.yaml", "description: X.\nparameters: { Size: huge }\n")
    assert demo.findings() == []
    (comparison,) = demo.comparisons()
    assert (list(comparison.updates), comparison.not_launched) == (["defaults", "large"], ("huge",))
    for name in ("defaults", "large"):
        (tiny.root / f"products/demo/examples/{name}.yaml").unlink()
    assert [each for each in demo.findings() if "E9071" in each] == [
        "products/demo/examples: no update from 1.0.0 can be rehearsed: it takes none of the examples of today "
        "[E9071]\n"
        "  → add an example with parameters that 1.0.0 has"
    ]


def test_a_release_that_can_no_longer_be_launched_is_told_with_the_way_out(tiny: TinyRepository) -> None:
    vpc = "  Vpc:\n    Type: AWS::SSM::Parameter::Value<String>\n    Default: /platform/a\n    Description: V.\n"
    demo = History(tiny).edit(("Conditions:", f"{vpc}Conditions:")).release()
    demo.edit((vpc, "")).state("2.0.0")
    tiny.write("products/demo/README.md", "## Upgrading\n\nTo 2.0.0: nothing to do.\n")
    told = demo.findings()
    assert len(told) == 2
    assert "a stack of 1.0.0 (example defaults) cannot be launched any more: Unable to fetch parameters" in told[0]
    assert told[0].endswith("or withdraw it: `withdrawn: { 1.0.0: inactive }` in product.yaml")


def test_a_release_is_refused_where_the_foundation_leaves_updates_unproved(tiny: TinyRepository) -> None:
    demo = History(tiny).release().state("1.0.1")
    tiny.write("templates/foundation/spoke.yaml.j2", "Resources: << nothing >>\n")
    (told, *others) = demo.findings()
    assert "(example defaults) is not rehearsed, for foundation/spoke cannot be launched" in told
    assert len(others) == 1


def test_a_release_is_refused_where_no_example_is_left_to_try_it_with(tiny: TinyRepository) -> None:
    demo = History(tiny).release().state("1.0.1")
    for name in ("defaults", "large"):
        (tiny.root / f"products/demo/examples/{name}.yaml").unlink()
    (told,) = demo.findings()
    assert told.startswith("products/demo/examples: no update from 1.0.0 can be rehearsed")
