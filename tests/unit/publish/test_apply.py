"""Performing a plan: in order, side by side, and whole again after anything."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.publish import actions as act
from harness.publish.apply import Outcome, apply_plan, token
from harness.publish.model import Desired, Live
from harness.publish.plan import Plan, make_plan
from tests.unit.publish.hubs import CATALOG, FakeHub, Killed, desired, means, product, version

WANTED = desired(
    product("domain", version("1.0.0"), version("1.1.0", "b", guidance="DEPRECATED"), version("2.0.0", "c")),
    product("user", version("1.0.0", "d"), version("1.1.0", "e")),
)


def publish(wanted: Desired, *hubs: FakeHub) -> tuple[Outcome, ...]:
    by_region = {hub.live.region: hub for hub in hubs}
    plans = tuple(make_plan(replace(wanted, region=each.live.region), each.read()) for each in hubs)
    return apply_plan(Plan(CATALOG, plans), by_region, means())


def content(live: Live) -> object:
    """What a hub holds, without the identifiers that differ from run to run."""
    names = {each.id: each.data.name for each in live.products}
    options = {each.id: (each.key, each.value) for each in live.tag_options}
    return (
        sorted(live.objects),
        sorted(
            (each.data.name, each.tags, [(v.name, v.description, v.guidance, v.active) for v in each.versions])
            for each in live.products
        ),
        [
            (
                each.data,
                sorted(names[one] for one in each.product_ids),
                each.principals,
                sorted((names[one.product_id], one.local_role_name) for one in each.constraints),
                sorted(options[one] for one in each.tag_option_ids),
                each.shares,
            )
            for each in live.portfolios
        ],
        sorted(options.values()),
    )


def test_a_second_publish_makes_no_call() -> None:
    hub = FakeHub()
    publish(WANTED, hub)
    hub.calls.clear()
    publish(WANTED, hub)
    assert hub.calls == []


def test_versions_of_one_product_and_shares_are_made_one_at_a_time() -> None:
    hub = FakeHub()
    publish(WANTED, hub)
    assert hub.overlaps == []
    domain = next(each for each in hub.live.products if each.data.name == "Domain")
    assert [each.name for each in domain.versions] == ["1.0.0", "1.1.0", "2.0.0"]


CALLS = 27


def test_the_number_of_calls_of_a_whole_publish_is_known() -> None:
    hub = FakeHub()
    publish(WANTED, hub)
    assert len(hub.calls) == CALLS


@pytest.mark.parametrize("after_effect", [False, True])
def test_killed_at_any_call_and_run_again_it_converges_with_nothing_twice(after_effect: bool) -> None:
    undisturbed = FakeHub()
    publish(WANTED, undisturbed)
    for number in range(1, CALLS + 1):
        hub = FakeHub()
        hub.die_at, hub.after_effect = number, after_effect
        with pytest.raises(Killed):
            publish(WANTED, hub)
        hub.die_at = 0
        publish(WANTED, hub)
        assert content(hub.live) == content(undisturbed.live), f"killed at call {number}"


def test_a_product_that_fails_does_not_keep_the_other_out_but_portfolios_stay_closed() -> None:
    hub = FakeHub()
    hub.fail = {"create_version"}
    wanted = desired(product("domain", version("1.0.0"), version("1.1.0", "b")), product("user", version("1.0.0", "d")))
    (outcome,) = publish(wanted, hub)
    assert [each.problem for each in outcome.failures] == ["create_version failed"]
    assert "User" in {each.data.name for each in hub.live.products}
    assert [each.kind for each in outcome.left][-1] == "create-share"
    assert "create_share" not in hub.calls


def test_a_region_that_fails_does_not_hold_up_the_other() -> None:
    broken, sound = FakeHub("eu-west-1"), FakeHub("eu-central-1")
    broken.fail = {"create_portfolio"}
    first, second = publish(WANTED, broken, sound)
    assert first.failures and first.left
    assert not second.failures and not second.left


def test_actions_are_told_as_they_are_done() -> None:
    hub = FakeHub()
    told = []
    plan = make_plan(WANTED, hub.read())
    apply_plan(
        Plan(CATALOG, (plan,)),
        {"eu-west-1": hub},
        means(tell=lambda region, action: told.append((region, action))),
    )
    assert sorted(map(str, told)) == sorted(str(("eu-west-1", action)) for action in plan.actions)


def test_a_saved_plan_is_refused_where_the_hub_has_moved_since() -> None:
    hub = FakeHub()
    saved = make_plan(WANTED, hub.read())
    hub.create_tag_option("class", "by hand")
    hub.calls.clear()
    (outcome,) = apply_plan(Plan(CATALOG, (saved,)), {"eu-west-1": hub}, means())
    assert [each.problem for each in outcome.failures] == ["the hub has moved since the plan was made"]
    assert outcome.left == saved.actions and hub.calls == []


def moved(change: Callable[[FakeHub], None], wanted: Desired = WANTED) -> tuple[Outcome, FakeHub]:
    """What comes of a plan that may be made again, after that change of the hub."""
    hub = FakeHub()
    plan = make_plan(wanted, hub.read())
    change(hub)
    hub.calls.clear()
    again = means(again=lambda _region, live: make_plan(wanted, live))
    (outcome,) = apply_plan(Plan(CATALOG, (plan,)), {"eu-west-1": hub}, again)
    return outcome, hub


def test_what_somebody_else_published_meanwhile_is_not_done_again() -> None:
    outcome, hub = moved(lambda hub: publish(WANTED, hub) and None)
    assert (outcome.done, outcome.left, outcome.failures, hub.calls) == ((), (), (), [])


def test_after_a_move_only_what_was_agreed_is_performed() -> None:
    other = desired(product("domain", version("1.0.0"), title="Another title"))
    outcome, hub = moved(lambda hub: publish(other, hub) and None)
    assert "now takes other actions" in outcome.failures[0].problem
    assert hub.calls == []


def test_after_a_move_into_a_conflict_both_digests_are_told() -> None:
    other = desired(product("domain", version("1.0.0", "9")))
    outcome, hub = moved(lambda hub: publish(other, hub) and None)
    assert "9" * 64 in outcome.failures[0].problem and hub.calls == []


def test_while_somebody_else_publishes_nothing_is_done() -> None:
    hub = FakeHub()
    hub.holder = "ada"
    (outcome,) = publish(WANTED, hub)
    assert "ada is publishing there" in outcome.failures[0].problem
    assert outcome.left and hub.calls == []


def test_a_region_without_changes_is_not_locked() -> None:
    hub = FakeHub()
    publish(WANTED, hub)
    hub.holder = "ada"
    (outcome,) = publish(WANTED, hub)
    assert outcome.failures == ()


ACTION = act.CreateVersion("domain", version("1.0.0"))


def test_a_token_is_what_the_service_allows() -> None:
    assert re.fullmatch(r"[a-zA-Z0-9][a-zA-Z0-9_-]{0,127}", token("tiny/1/eu-west-1", ACTION))


def test_the_same_content_gives_the_same_token() -> None:
    again = act.CreateVersion("domain", version("1.0.0"))
    assert token("tiny/1/eu-west-1", again) == token("tiny/1/eu-west-1", ACTION)


def test_other_content_or_another_place_gives_another_token() -> None:
    other = act.CreateVersion("domain", version("1.0.0", "b"))
    tokens = {token("s", ACTION), token("s", other), token("t", ACTION)}
    assert len(tokens) == 3
