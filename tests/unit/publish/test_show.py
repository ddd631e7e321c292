"""Plans and outcomes as people read them."""

from __future__ import annotations

from dataclasses import replace

import click
import pytest

from harness.commands.targets import agreed
from harness.errors import Finding, Place
from harness.publish import show
from harness.publish.apply import Outcome
from harness.publish.model import Live, LiveProduct
from harness.publish.plan import Plan, make_plan
from harness.publish.summary import Performed, outcome_markdown, plan_markdown
from tests.unit.publish.hubs import CATALOG, desired, product, published, version

FOREIGN = LiveProduct("prod-9", product("theirs").data, (), ())
PLANS = tuple(
    make_plan(replace(desired(), region=region), Live("111111111111", region, products=(FOREIGN,)))
    for region in ("eu-west-1", "eu-central-1")
)
PLAN = Plan(CATALOG, PLANS)


def test_regions_that_need_the_same_share_a_row_and_uploads_are_one() -> None:
    rows = show.rows(PLAN)
    assert rows[0] == ("upload objects", "artifact bucket", "1 object, 10 bytes", "eu-west-1, eu-central-1")
    assert ("create product", "domain", "Domain, version 1.0.0", "eu-west-1, eu-central-1") in rows
    assert len(rows) == len(PLANS[0].actions)


def test_statements_of_new_versions_are_one_row_and_one_that_went_missing_is_its_own() -> None:
    versions = (version("1.0.0"), version("1.1.0", "b"))
    wanted = desired(product("domain", *versions))
    rows = show.rows(Plan(CATALOG, (make_plan(wanted, Live("111111111111", "eu-west-1")),)))
    what = "2 statements of the new versions' origin"
    assert [row for row in rows if "attest" in row[0]] == [("attest versions", "artifact bucket", what, "eu-west-1")]
    live = published(wanted).read()
    kept = tuple(each for each in live.objects if each[0] != wanted.products[0].attestations[0].key)
    gone = make_plan(wanted, replace(live, objects=kept))
    assert show.rows(Plan(CATALOG, (gone,))) == [("attest version", "domain", "1.0.0", "eu-west-1")]


def test_what_is_left_alone_is_told_once_with_its_regions() -> None:
    assert show.notices(PLAN) == [
        "product Theirs (prod-9) is not of this catalog; left alone (eu-west-1, eu-central-1)"
    ]


def test_a_summary_counts_actions_regions_and_versions() -> None:
    outcomes = [Outcome(each.region, each.actions, (), ()) for each in PLANS]
    assert show.summary(outcomes) == f"{PLAN.size} actions in 2 regions, 2 new versions,"
    (tag_option,) = [each for each in PLANS[0].actions if each.kind == "create-tag-option" and each.detail == "secret"]
    assert show.summary([Outcome("eu-west-1", (tag_option,), (), ())]) == "1 action in 1 region"


def test_nobody_is_asked_on_this_machine_or_when_yes_was_said() -> None:
    assert agreed("Really?", "local", yes=False)
    assert agreed("Really?", "aws", yes=True)


def test_where_nobody_can_answer_a_yes_is_demanded() -> None:
    """The standard input of a test is no terminal."""
    with pytest.raises(click.UsageError, match="say --yes"):
        agreed("Really?", "aws", yes=False)


WRONG = Finding(Place("hub 111111111111 in eu-north-1"), "cannot be reached", "check the network")


def test_a_plan_for_a_pull_request_is_a_table_and_lists() -> None:
    shown = plan_markdown(PLAN, "111111111111", (), (WRONG,)).splitlines()
    assert shown[:5] == [
        "### What publishing does to hub 111111111111",
        "",
        "| Action | Subject | Detail | Regions |",
        "| --- | --- | --- | --- |",
        "| upload objects | artifact bucket | 1 object, 10 bytes | eu-west-1, eu-central-1 |",
    ]
    assert shown[-8:] == [
        "",
        "**In the way**",
        "",
        "- hub 111111111111 in eu-north-1: cannot be reached → check the network",
        "",
        "**Left alone, and later**",
        "",
        "- product Theirs (prod-9) is not of this catalog; left alone (eu-west-1, eu-central-1)",
    ]


def test_what_a_publish_left_is_told_by_region() -> None:
    whole, half = (Outcome(each.region, each.actions, (), ()) for each in PLANS)
    half = replace(half, done=half.done[:2], left=half.done[2:])
    shown = outcome_markdown(Performed((whole, half), ("eu-north-1",), (WRONG,), 1.0), "111111111111")
    assert shown.startswith("### Not all published to hub 111111111111\n\n")
    size, first = len(half.left), half.left[0]
    assert f"| eu-central-1 | 2 | {size} | {show.label(first)} {first.subject} |" in shown
    assert "| eu-north-1 | 0 | not known | it did not answer |" in shown
    assert Performed((whole,), (), (), 1.0).is_whole


def test_titles_of_others_are_no_markup_on_a_build_page() -> None:
    bad = replace(FOREIGN, data=product("x", title="<img src=x>|[a](b)").data)
    plan = make_plan(desired(), Live("111111111111", "eu-west-1", products=(bad,)))
    shown = plan_markdown(Plan(CATALOG, (plan,)), "111111111111", (), ())
    assert "- product &lt;img src=x>\\|\\[a](b) (prod-9)" in shown
