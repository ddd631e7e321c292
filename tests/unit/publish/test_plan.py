"""What a plan holds, given what is live and what should be."""

from __future__ import annotations

import json
from dataclasses import replace

from pydantic import TypeAdapter

from harness.publish import actions as act
from harness.publish.model import Live, LiveConstraint, LiveProduct, LiveVersion, Principal, Share
from harness.publish.plan import Plan, RegionPlan, make_plan
from harness.publish.planfile import to_json
from tests.unit.publish.hubs import CATALOG, LEAD, UNIT, desired, digest, product, published, version

EMPTY = Live("111111111111", "eu-west-1")


def kinds(plan: RegionPlan) -> list[str]:
    return [action.kind for action in plan.actions]


def test_an_empty_hub_gets_everything_in_an_order_that_can_be_performed() -> None:
    wanted = desired(product("domain", version("1.0.0"), version("1.1.0", "b")))
    assert kinds(make_plan(wanted, EMPTY)) == [
        "upload-object",
        "upload-object",
        "create-tag-option",
        "create-tag-option",
        "attest-version",
        "attest-version",
        "create-portfolio",
        "create-product",
        "create-version",
        "associate-product",
        "create-launch-constraint",
        "associate-principal",
        "associate-tag-option",
        "associate-tag-option",
        "create-share",
    ]


def test_a_hub_that_is_as_it_should_be_needs_nothing() -> None:
    plan = make_plan(desired(), published(desired()).read())
    assert (plan.actions, plan.conflicts, plan.notices) == ((), (), ())


def test_a_new_version_is_uploaded_and_created_and_nothing_else() -> None:
    live = published(desired()).read()
    wanted = desired(product("domain", version("1.0.0"), version("1.1.0", "b")))
    assert kinds(make_plan(wanted, live)) == ["upload-object", "attest-version", "create-version"]


def test_the_same_version_with_other_bytes_is_a_conflict_that_names_both_digests() -> None:
    live = published(desired(product("domain", version("1.0.0", "a")))).read()
    plan = make_plan(desired(product("domain", version("1.0.0", "b"))), live)
    (conflict,) = plan.conflicts
    assert (conflict.live, conflict.released) == (digest("a"), digest("b"))
    assert digest("a") in str(conflict.finding()) and digest("b") in str(conflict.finding())
    assert "create-version" not in kinds(plan)


def change_product(live: Live, **changes: object) -> Live:
    (only,) = live.products
    return replace(live, products=(replace(only, **changes),))  # type: ignore[arg-type]


def test_a_live_version_without_a_digest_is_a_conflict() -> None:
    live = change_product(
        published(desired()).read(), versions=(LiveVersion("pa-9", "1.0.0", "By hand", "DEFAULT", True),)
    )
    (conflict,) = make_plan(desired(), live).conflicts
    assert "without a digest" in conflict.finding().problem


def test_a_version_made_by_hand_is_reported_and_left_alone() -> None:
    live = published(desired()).read()
    (only,) = live.products
    live = change_product(live, versions=(*only.versions, LiveVersion("pa-9", "try", "", "DEFAULT", True)))
    plan = make_plan(desired(), live)
    assert plan.actions == ()
    assert plan.notices == ("version try (pa-9) of domain has no release here",)


def test_a_version_that_is_there_twice_is_reported_and_not_made_a_third_time() -> None:
    live = published(desired()).read()
    (only,) = live.products
    twin = replace(only.versions[0], id="pa-9")
    plan = make_plan(desired(), change_product(live, versions=(*only.versions, twin)))
    assert plan.actions == ()
    assert plan.notices == ("version 1.0.0 (pa-9) of domain is there twice",)


def test_products_are_matched_by_tag_and_never_by_name() -> None:
    foreign = LiveProduct("prod-9", product("domain").data, (("owner", "somebody"),), ())
    plan = make_plan(desired(), replace(EMPTY, products=(foreign,)))
    assert "create-product" in kinds(plan)
    assert plan.notices == ("product Domain (prod-9) is not of this catalog",)


def test_a_version_goes_to_the_right_one_of_two_products_whose_names_contain_each_other() -> None:
    both = (product("domain"), product("domain-user"))
    live = published(desired(*both)).read()
    more = product("domain-user", version("1.0.0"), version("2.0.0", "b"))
    plan = make_plan(desired(product("domain"), more), live)
    assert [each.product for each in plan.actions if isinstance(each, act.CreateVersion)] == ["domain-user"]


def test_a_product_with_a_new_title_is_updated_and_not_made_again() -> None:
    live = published(desired()).read()
    plan = make_plan(desired(product(title="Studio")), live)
    (update,) = plan.actions
    assert isinstance(update, act.UpdateProduct) and update.changed == ("name (was “Domain”)",)


def test_a_tag_removed_by_hand_is_put_back() -> None:
    wanted = desired(replace(product(), tags=(*product().tags, ("cost", "42"))))
    live = published(desired()).read()
    (update,) = make_plan(wanted, live).actions
    assert isinstance(update, act.UpdateProduct) and update.changed == ("tag cost (was missing)",)


def test_a_version_deprecated_by_hand_is_set_right() -> None:
    live = published(desired()).read()
    (only,) = live.products
    live = change_product(live, versions=(replace(only.versions[0], guidance="DEPRECATED"),))
    (update,) = make_plan(desired(), live).actions
    assert update == act.UpdateVersion("domain", "1.0.0", "DEFAULT", True)
    assert update.detail == "1.0.0: active"


def test_guidance_is_set_after_a_version_is_made() -> None:
    wanted = desired(product("domain", version("1.0.0", guidance="DEPRECATED"), version("1.1.0", "b", active=False)))
    made = [each for each in make_plan(wanted, EMPTY).actions if each.stage == act.PRODUCTS]
    assert [each.kind for each in made][:4] == ["create-product", "update-version", "create-version", "update-version"]


def change_portfolio(live: Live, **changes: object) -> Live:
    (only,) = live.portfolios
    return replace(live, portfolios=(replace(only, **changes),))  # type: ignore[arg-type]


def test_a_launch_constraint_that_names_another_role_is_set_right() -> None:
    live = published(desired()).read()
    (constraint,) = live.portfolios[0].constraints
    plan = make_plan(desired(), change_portfolio(live, constraints=(replace(constraint, local_role_name="admin"),)))
    (update,) = plan.actions
    assert update == act.UpdateLaunchConstraint("domain", "ml", "platform-launch-domain", constraint.id, "admin")
    assert update.detail == "in ml as platform-launch-domain (was admin)"


def test_a_launch_constraint_removed_by_hand_is_made_again() -> None:
    live = change_portfolio(published(desired()).read(), constraints=())
    assert kinds(make_plan(desired(), live)) == ["create-launch-constraint"]


def test_a_share_with_other_flags_is_updated_because_creating_it_again_would_do_nothing() -> None:
    live = change_portfolio(published(desired()).read(), shares=(replace(UNIT, share_principals=True),))
    assert make_plan(desired(), live).actions == (act.UpdateShare("ml", UNIT),)


def test_a_share_that_has_not_reached_an_account_is_brought_to_it() -> None:
    """CreatePortfolioShare would be a silent no-op, and the account would stay without."""
    live = change_portfolio(published(desired()).read(), receivers=())
    (update,) = make_plan(desired(), live).actions
    assert update == act.UpdateShare("ml", UNIT, ("222222222221",))
    assert update.detail == "with ou-plat-workload, which has not reached 222222222221"


def test_a_tag_option_switched_off_is_switched_on() -> None:
    live = published(desired()).read()
    live = replace(live, tag_options=tuple(replace(each, active=False) for each in live.tag_options))
    assert kinds(make_plan(desired(), live)) == ["activate-tag-option", "activate-tag-option"]


def test_what_others_added_to_a_portfolio_is_reported_and_left_alone() -> None:
    live = published(desired()).read()
    (only,) = live.portfolios
    theirs = LiveProduct("prod-9", product(title="Theirs").data, (), ())
    live = change_portfolio(
        replace(live, products=(*live.products, theirs)),
        product_ids=(*only.product_ids, "prod-9"),
        principals=(LEAD, Principal("arn:aws:iam::111111111111:role/friend", "IAM")),
        constraints=(*only.constraints, LiveConstraint("cons-9", "TEMPLATE", live.products[0].id, "")),
        shares=(UNIT, Share("ACCOUNT", "999999999999")),
    )
    plan = make_plan(desired(), live)
    assert plan.actions == ()
    assert plan.notices == (
        "product Theirs (prod-9) is not of this catalog",
        "ml holds the product Theirs (prod-9), which it does not name",
        "ml is granted to arn:aws:iam::111111111111:role/friend, which the catalog does not name",
        "ml has a TEMPLATE constraint (cons-9) on domain",
        "ml is shared with 999999999999, which the catalog does not name",
    )


def test_an_object_of_another_size_is_uploaded_again() -> None:
    live = published(desired()).read()
    (stored,) = desired().objects
    others = tuple(each for each in live.objects if each[0] != stored.key)
    assert kinds(make_plan(desired(), replace(live, objects=(*others, (stored.key, 3))))) == ["upload-object"]


def test_a_publish_of_some_products_says_nothing_of_the_others() -> None:
    live = published(desired(product("domain"), product("user"))).read()
    plan = make_plan(desired(product("domain"), left_out=("user",)), live)
    assert (plan.actions, plan.notices) == ((), ())


def test_a_plan_survives_json() -> None:
    wanted = desired(product("domain", version("1.0.0"), version("1.1.0", "b", guidance="DEPRECATED")))
    live = published(desired()).read()
    plan = Plan(CATALOG, (make_plan(wanted, live), make_plan(wanted, EMPTY)))
    assert TypeAdapter(Plan).validate_json(json.dumps(to_json(plan))) == plan
