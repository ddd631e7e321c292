"""What an import does in a spoke, and what it says is missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.catalog.contract import ContractParameter
from harness.publish.model import LivePortfolio, Portfolio, Share
from harness.publish.spoke import (
    AcceptShare,
    GrantPrincipal,
    Needs,
    SpokeAccount,
    SpokeState,
    plan_import,
    spoke_accounts,
    spoke_needs,
)
from tests.support.repository import TinyRepository
from tests.unit.publish.hubs import portfolio

DEV = SpokeAccount("222222222221", "credit-risk", "dev", "ou-plat-workload")
ENVIRONMENT = ContractParameter("/platform/account/environment", "String", "spoke", "Environment.")
SUBNETS = ContractParameter("/platform/network/private-subnet-ids", "StringList", "spoke", "Subnets.")
DOMAIN = ContractParameter("/platform/studio/domain-id", "String", "studio-domain", "Domain.")
LEAD_ARN = "arn:aws:iam::222222222221:role/platform-lead"
READY = SpokeState(
    imported=frozenset({"port-1"}),
    principals=(("port-1", LEAD_ARN),),
    roles=(("platform-lead", LEAD_ARN), ("platform-launch-domain", "arn:aws:iam::222222222221:role/l")),
    parameters=(
        ("/platform/account/environment", "String", "dev"),
        ("/platform/network/private-subnet-ids", "StringList", "a,b"),
    ),
)


def needs(tiny: TinyRepository, *shares: Share) -> Needs:
    wanted = portfolio()
    tags = tuple((key, "ml-platform" if key == "platform:catalog" else value) for key, value in wanted.tags)
    live = LivePortfolio("port-1", wanted.data, tags, shares=shares)
    return spoke_needs(tiny.load(), DEV, "eu-west-1", [wanted], [live], [ENVIRONMENT, SUBNETS, DOMAIN])


UNIT = Share("ORGANIZATIONAL_UNIT", "ou-plat-workload")
ACCOUNT = Share("ACCOUNT", "222222222221")


def problems(needs: Needs, state: SpokeState) -> list[str]:
    return [each.problem for each in plan_import(needs, state).lacks]


def test_a_spoke_that_has_everything_needs_nothing(tiny: TinyRepository) -> None:
    plan = plan_import(needs(tiny, UNIT), READY)
    assert (plan.actions, plan.lacks) == ((), ())


def test_a_share_with_the_account_is_accepted_before_it_is_granted(tiny: TinyRepository) -> None:
    state = replace(READY, imported=frozenset(), principals=())
    assert plan_import(needs(tiny, ACCOUNT), state).actions == (
        AcceptShare("ml", "port-1"),
        GrantPrincipal("ml", "port-1", "platform-lead", LEAD_ARN),
    )


def test_a_share_through_the_organization_is_granted_without_accepting(tiny: TinyRepository) -> None:
    state = replace(READY, principals=())
    assert plan_import(needs(tiny, UNIT), state).actions == (GrantPrincipal("ml", "port-1", "platform-lead", LEAD_ARN),)


def test_a_share_that_brings_principals_needs_no_grant(tiny: TinyRepository) -> None:
    state = replace(READY, principals=())
    assert plan_import(needs(tiny, replace(UNIT, share_principals=True)), state).actions == ()


def test_a_share_through_the_organization_that_has_not_arrived_is_missing(tiny: TinyRepository) -> None:
    state = replace(READY, imported=frozenset(), principals=())
    plan = plan_import(needs(tiny, UNIT), state)
    assert plan.actions == ()
    assert "has not arrived" in plan.lacks[0].problem


def test_a_portfolio_that_is_shared_with_others_only_is_missing(tiny: TinyRepository) -> None:
    elsewhere = Share("ACCOUNT", "999999999999")
    assert problems(needs(tiny, elsewhere), READY) == ["portfolio ml is not shared with it"]


@pytest.mark.parametrize(
    ("role", "problem"),
    [
        ("platform-lead", "role platform-lead does not exist, so nobody could launch"),
        (
            "platform-launch-domain",
            "launch role platform-launch-domain does not exist, so domain could not be launched",
        ),
    ],
)
def test_a_role_that_is_missing_is_named(tiny: TinyRepository, role: str, problem: str) -> None:
    state = replace(READY, roles=tuple(each for each in READY.roles if each[0] != role))
    assert problems(needs(tiny, UNIT), state) == [problem]


def test_a_parameter_that_is_missing_or_of_another_type_is_named(tiny: TinyRepository) -> None:
    assert problems(needs(tiny, UNIT), replace(READY, parameters=())) == [
        "SSM parameter /platform/account/environment is missing: Environment.",
        "SSM parameter /platform/network/private-subnet-ids is missing: Subnets.",
    ]
    wrong = (READY.parameters[0], ("/platform/network/private-subnet-ids", "String", "a"))
    assert problems(needs(tiny, UNIT), replace(READY, parameters=wrong)) == [
        "SSM parameter /platform/network/private-subnet-ids is a String, not a StringList"
    ]


def test_an_account_of_another_environment_than_the_landscape_says_is_named(tiny: TinyRepository) -> None:
    wrong = (("/platform/account/environment", "String", "prod"), READY.parameters[1])
    assert problems(needs(tiny, UNIT), replace(READY, parameters=wrong)) == [
        "SSM parameter /platform/account/environment says prod, the landscape says dev"
    ]


def test_the_spokes_are_those_of_the_landscape(tiny: TinyRepository) -> None:
    assert [(each.account, each.environment) for each in spoke_accounts(tiny.load())] == [
        ("222222222221", "dev"),
        ("222222222222", "preprod"),
        ("222222222223", "prod"),
    ]


def test_a_share_that_the_catalog_names_and_the_hub_lacks_wants_a_publish_alone(tiny: TinyRepository) -> None:
    wanted = replace(portfolio(), shares=(UNIT,))
    needed = spoke_needs(tiny.load(), DEV, "eu-west-1", [wanted], [needs_live(wanted)], [])
    lacks = plan_import(needed, replace(READY, imported=frozenset())).lacks
    assert [(each.problem, each.remedy) for each in lacks] == [
        (f"portfolio {wanted.name} is not shared with it", "`build.py publish`")
    ]


def needs_live(wanted: Portfolio) -> LivePortfolio:
    tags = tuple((key, "ml-platform" if key == "platform:catalog" else value) for key, value in wanted.tags)
    return LivePortfolio("port-1", wanted.data, tags)
