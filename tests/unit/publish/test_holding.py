"""What an import says of a spoke: what it has by now, what it lacks, what is in use."""

from __future__ import annotations

from dataclasses import replace

from harness.commands.import_report import COLUMNS, row
from harness.publish.holding import Holding, holding
from harness.publish.inventory import Provisioned
from harness.publish.spoke import SpokePlan, SpokeState, plan_import
from tests.support.repository import TinyRepository
from tests.unit.publish.test_spoke import ACCOUNT, DEV, READY, UNIT, needs

MINE = Provisioned(account=DEV.account, region="eu-west-1", product="demo", version="1.0.0", name="mine")


def told(plan: SpokePlan, state: SpokeState, *provisioned: Provisioned) -> Holding:
    return holding(plan, state, plan.actions, provisioned)


def test_what_the_import_did_counts_as_there(tiny: TinyRepository) -> None:
    state = replace(READY, imported=frozenset(), principals=())
    plan = plan_import(needs(tiny, ACCOUNT), state)
    assert told(plan, state).portfolios == (("ml", ("platform-lead",)),)
    assert holding(plan, state, (), ()).portfolios == ()


def test_a_portfolio_that_nobody_may_launch_from_is_told_so(tiny: TinyRepository) -> None:
    state = replace(READY, principals=(), roles=())
    found = told(plan_import(needs(tiny, UNIT), state), state)
    assert found.portfolios == (("ml", ()),)
    assert dict(zip(COLUMNS, row(found), strict=True)) == {
        "Account": DEV.account,
        "Team": "credit-risk dev",
        "Region": "eu-west-1",
        "Portfolios": "ml (granted to nobody)",
        "In use": "nothing",
        "Lacks": "2",
    }


def test_versions_in_use_are_counted(tiny: TinyRepository) -> None:
    plan = plan_import(needs(tiny, UNIT), READY)
    found = told(plan, READY, MINE, replaced(MINE, "1.1.0"), replaced(MINE, "1.1.0"))
    assert found.in_use == (("demo", "1.0.0", 1), ("demo", "1.1.0", 2))
    assert row(found)[4] == "demo 1.0.0 × 1, demo 1.1.0 × 2"


def replaced(provisioned: Provisioned, version: str) -> Provisioned:
    return provisioned.model_copy(update={"version": version})
