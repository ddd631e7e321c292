"""The stack set of the spokes' foundation: what is decided, and what comes of it in an emulated organization."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest

from harness.catalog.load import Repository, load_repository
from harness.catalog.model import Team
from harness.emulator import clock, organization
from harness.emulator.server import running_server
from harness.errors import KnownError
from harness.publish.stackset import (
    NAME,
    Create,
    Deploy,
    Instance,
    LiveStackSet,
    Update,
    Wanted,
    plan_stack_set,
    problems,
    wanted_stack_sets,
)
from harness.publish.stackset_gateway import StackSetGateway
from tests.support.repository import PROJECT
from tests.unit.emulator.servicecatalog.accounts import REGION, Account, fresh_organization

UNIT = "ou-plat-workload"
TEMPLATE = """\
Parameters: {Size: {Type: String, Default: small}, New: {Type: String, Default: x}}
Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Size}}}
"""
WANTED = Wanted(NAME, TEMPLATE, (UNIT,), ("eu-west-1", "eu-central-1"), 1)


def live(*instances: Instance, template: str = TEMPLATE) -> LiveStackSet:
    return LiveStackSet(template, ("Size", "Gone"), True, instances)


def current(region: str) -> Instance:
    return Instance("222222222221", region, UNIT, "CURRENT")


BOTH = current("eu-west-1"), current("eu-central-1")


def crowded(accounts: int, units: int = 1) -> Repository:
    """The project's own repository with so many accounts, spread over units."""
    repository = load_repository(PROJECT)
    teams = tuple(
        Team(name=f"team-{number}", organizational_unit=f"ou-plat-{number % units:08}", accounts={"dev": account})
        for number, account in enumerate(f"{400000000000 + each}" for each in range(accounts))
    )
    landscape = repository.catalog.landscape.model_copy(update={"teams": teams})
    return replace(repository, catalog=repository.catalog.model_copy(update={"landscape": landscape}))


def test_a_stack_set_that_is_not_there_is_made_and_deployed_to_whole_units_home_region_first() -> None:
    assert plan_stack_set(WANTED, None) == (Create(NAME, 1), Deploy(NAME, (UNIT,), ("eu-west-1", "eu-central-1")))


def test_nothing_is_done_where_every_stack_is_current() -> None:
    assert plan_stack_set(WANTED, live(*BOTH)) == ()


def test_a_changed_template_keeps_the_parameters_that_it_still_has() -> None:
    (action,) = plan_stack_set(WANTED, live(*BOTH, template="Resources: {}"))
    assert action == Update(NAME, ("the template has changed",), ("Size",))


def test_a_parameter_that_is_set_keeps_no_previous_value() -> None:
    (action,) = plan_stack_set(replace(WANTED, parameters=(("Size", "large"),)), live(*BOTH))
    assert action == Update(NAME, ("parameters are set: Size",), ())


def test_a_new_region_is_deployed_to_and_the_others_are_left_alone() -> None:
    assert plan_stack_set(WANTED, live(BOTH[0])) == (Deploy(NAME, (UNIT,), ("eu-central-1",)),)


def test_stacks_that_failed_are_tried_again_and_told_with_their_reason() -> None:
    stale = replace(BOTH[0], status="OUTDATED", reason="no row in Accounts")
    (action,) = plan_stack_set(WANTED, live(stale, BOTH[1]))
    assert action == Update(NAME, ("1 of 2 stacks are not current",), ("Size",))
    (finding,) = problems(NAME, (stale, BOTH[1]))
    assert finding.problem == f"the stack of {NAME} is outdated: no row in Accounts"


def test_more_accounts_than_a_template_can_name_are_refused_with_the_way_out() -> None:
    with pytest.raises(KnownError) as refused:
        wanted_stack_sets(crowded(201, units=2), by_unit=False)
    (finding,) = refused.value.findings
    assert "would serve 201 accounts, and a template can tell 200 apart" in finding.problem
    assert "--by-unit" in finding.remedy


def test_by_unit_each_template_names_the_accounts_of_its_unit_alone() -> None:
    one, other = wanted_stack_sets(crowded(6, units=2), by_unit=True)
    assert (one.name, other.name) == (f"{NAME}-ou-plat-00000000", f"{NAME}-ou-plat-00000001")
    assert '"400000000000":' in one.template
    assert '"400000000000":' not in other.template
    assert (one.accounts, other.accounts) == (3, 3)


def test_a_parameter_that_the_foundation_does_not_have_is_refused() -> None:
    with pytest.raises(KnownError, match="the foundation has no Sise"):
        wanted_stack_sets(load_repository(PROJECT), by_unit=False, parameters=(("Sise", "x"),))


@dataclass(frozen=True)
class Emulated:
    """An organization with two accounts in a unit, and its hub."""

    hub: Account
    wanted: Wanted

    @property
    def gateway(self) -> StackSetGateway:
        return self.gateway_with(f"templates-of-{self.hub.id}")

    def gateway_with(self, bucket: str) -> StackSetGateway:
        return StackSetGateway(self.hub.client("cloudformation"), self.hub.client("s3"), "hub", bucket)

    def bring(self, wanted: Wanted) -> list[str]:
        """What the command does; gives what it told."""
        told: list[str] = []
        for action in plan_stack_set(wanted, self.gateway.read(wanted.name)):
            self.gateway.perform(wanted, action, told.append)
        return told


@pytest.fixture
def emulated() -> Iterator[Emulated]:
    with running_server() as emulator, clock.latency_of(0):
        made = fresh_organization(emulator.url)
        made.management.client("cloudformation").activate_organizations_access()
        made.management.client("organizations").register_delegated_administrator(
            AccountId=made.hub.id, ServicePrincipal=organization.STACK_SETS
        )
        made.hub.client("s3").create_bucket(
            Bucket=f"templates-of-{made.hub.id}", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield Emulated(made.hub, replace(WANTED, units=(made.unit,), accounts=2))


def test_every_account_of_a_unit_gets_its_stack_in_every_region_and_then_nothing_is_left(emulated: Emulated) -> None:
    told = emulated.bring(emulated.wanted)
    assert told[-1] == f"{NAME}: succeeded, 4 of 4 stacks done"
    assert [each.status for each in emulated.gateway.instances(NAME)] == ["CURRENT"] * 4
    assert plan_stack_set(emulated.wanted, emulated.gateway.read(NAME)) == ()


def test_an_update_reaches_every_stack_and_a_failure_is_told_by_account(emulated: Emulated) -> None:
    emulated.bring(emulated.wanted)
    changed = replace(emulated.wanted, template=TEMPLATE.replace("small", "tiny"))
    assert emulated.bring(changed)[-1] == f"{NAME}: succeeded, 4 of 4 stacks done"
    broken = replace(changed, template=TEMPLATE.replace("{DisplayName: !Ref Size}", "{DisplayName: [1]}"))
    emulated.bring(broken)
    failed = problems(NAME, emulated.gateway.instances(NAME))
    assert failed
    assert all(each.place.path.startswith("account ") for each in failed)


def test_a_bucket_that_is_not_there_is_told_with_the_option_that_names_one(emulated: Emulated) -> None:
    gateway = emulated.gateway_with("nobodys-bucket-at-all")
    with pytest.raises(KnownError, match="there is no bucket nobodys-bucket-at-all"):
        gateway.perform(emulated.wanted, Create(NAME, 2), lambda _line: None)
