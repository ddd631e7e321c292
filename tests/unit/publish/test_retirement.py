"""How versions and products leave: one guarded step a publish."""

from __future__ import annotations

from dataclasses import replace

from harness.publish.apply import apply_plan
from harness.publish.model import Desired, Live, LivePortfolio
from harness.publish.plan import Plan, RegionPlan, make_plan
from tests.unit.publish.hubs import CATALOG, FakeHub, desired, means, product, version

TAKEN = "2027-01-31T18:00:00Z"
ADA = "team-domain in account 222222222221 (eu-west-1)"
OLD, NEW = version("1.0.0"), version("2.0.0", "b")


def wants(
    *kept: object, deleted: tuple[str, ...] = ("1.0.0",), users: tuple[str, ...] = (), **changes: object
) -> Desired:
    """What is wanted of `domain` with those versions kept and deleted, and users of 1.0.0."""
    one = replace(
        product("domain", OLD, NEW),
        versions=kept,
        attestations=(),
        deleted=deleted,
        users=tuple(("1.0.0", each) for each in users),
    )
    return replace(desired(product("domain", OLD, NEW)), **{"products": (one,), "inventory": TAKEN, **changes})


def hub_with(*versions: object) -> FakeHub:
    """A hub that holds those versions of `domain`."""
    hub = FakeHub()
    perform(hub, desired(product("domain", *versions)))
    return hub


def perform(hub: FakeHub, wanted: Desired) -> RegionPlan:
    plan = make_plan(wanted, hub.read())
    (outcome,) = apply_plan(Plan(CATALOG, (plan,)), {"eu-west-1": hub}, means())
    assert outcome.failures == ()
    return plan


def told(plan: RegionPlan) -> list[str]:
    return [f"{each.kind} {each.detail}" for each in plan.actions]


def test_a_version_that_can_still_be_launched_is_made_inactive_and_deleted_by_the_next_publish() -> None:
    hub = hub_with(OLD, NEW)
    first = perform(hub, wants(NEW))
    assert told(first) == ["update-version 1.0.0: deprecated, inactive"]
    assert "the publish after that deletes it" in first.later[0]
    assert told(perform(hub, wants(NEW))) == ["delete-version 1.0.0"]
    assert told(perform(hub, wants(NEW))) == []


def test_a_version_with_users_is_deprecated_and_no_more() -> None:
    hub = hub_with(OLD, NEW)
    plan = perform(hub, wants(NEW, users=(ADA,)))
    assert told(plan) == ["update-version 1.0.0: deprecated"]
    (refusal,) = plan.refusals
    assert ADA in refusal.finding().problem and "--force domain/1.0.0" in refusal.finding().remedy
    assert told(perform(hub, wants(NEW, users=(ADA,)))) == []


def test_a_version_with_users_goes_when_it_is_named() -> None:
    hub = hub_with(replace(OLD, guidance="DEPRECATED", active=False), NEW)
    plan = perform(hub, wants(NEW, users=(ADA,), forced=frozenset({"domain/1.0.0"})))
    assert (told(plan), plan.refusals) == (["delete-version 1.0.0"], ())


def test_without_a_complete_inventory_nothing_is_deleted() -> None:
    hub = hub_with(replace(OLD, guidance="DEPRECATED", active=False), NEW)
    plan = perform(hub, wants(NEW, inventory=""))
    assert told(plan) == []
    assert "no complete inventory" in plan.refusals[0].finding().problem


def test_making_a_version_inactive_is_refused_while_it_has_users() -> None:
    hub = hub_with(OLD, NEW)
    closing = replace(OLD, guidance="DEPRECATED", active=False)
    plan = perform(hub, wants(closing, NEW, deleted=(), users=(ADA,)))
    assert told(plan) == ["update-version 1.0.0: deprecated"]
    assert [each.version for each in plan.refusals] == ["1.0.0"]


def inactive(*versions: object) -> FakeHub:
    return hub_with(*(replace(each, guidance="DEPRECATED", active=False) for each in versions))  # type: ignore[type-var]


GONE = ("1.0.0", "2.0.0")


def leaves(**changes: object) -> Desired:
    """The product is to be removed, and no portfolio names it."""
    wanted = wants(deleted=GONE, **changes)
    return replace(wanted, portfolios=tuple(replace(each, products=()) for each in wanted.portfolios))


def test_a_product_whose_versions_are_all_deleted_leaves_with_its_constraints_and_associations() -> None:
    hub = inactive(OLD, NEW)
    plan = perform(hub, leaves())
    kinds = [each.kind for each in plan.actions]
    assert kinds == ["delete-constraint", "disassociate-product", "delete-product"]
    assert hub.live.products == () and hub.live.portfolios[0].product_ids == ()
    assert perform(hub, leaves()).actions == ()


def test_a_product_leaves_only_after_its_versions_are_inactive() -> None:
    hub = hub_with(OLD, NEW)
    plan = perform(hub, leaves())
    assert {each.kind for each in plan.actions} == {"update-version"}
    assert "delete-product" in {each.kind for each in perform(hub, leaves()).actions}


def test_a_product_that_somebody_uses_keeps_that_version() -> None:
    hub = inactive(OLD, NEW)
    plan = perform(hub, leaves(users=(ADA,)))
    assert told(plan) == ["delete-version 2.0.0"]
    assert [each.version for each in plan.refusals] == ["1.0.0"]


def test_a_product_in_a_portfolio_of_others_is_not_taken_out_of_it() -> None:
    hub = inactive(OLD, NEW)
    (ours,) = hub.live.portfolios
    theirs = LivePortfolio("port-9", ours.data, (), ours.product_ids)
    hub.live = replace(hub.live, portfolios=(ours, theirs))
    plan = make_plan(leaves(), hub.live)
    assert plan.actions == ()
    assert "port-9" in plan.refusals[0].finding().problem


def test_a_version_that_was_never_live_is_not_made_to_be_deleted() -> None:
    empty = Live("111111111111", "eu-west-1")
    assert "1.0.0" not in " ".join(told(make_plan(wants(NEW), empty)))
    assert not [each for each in make_plan(leaves(), empty).actions if getattr(each, "product", "") == "domain"]


def test_a_version_withdrawn_for_good_is_no_stranger() -> None:
    hub = inactive(OLD, NEW)
    plan = make_plan(wants(NEW, inventory=""), hub.live)
    assert not [each for each in plan.notices if "1.0.0" in each]
