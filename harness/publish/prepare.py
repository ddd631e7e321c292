"""Puts plans together: releases and live state of every region in, a plan and the hubs to perform it on out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from harness.catalog.contract import ContractParameter, read_contract
from harness.catalog.load import Repository
from harness.errors import Finding, KnownError, Place, known_error
from harness.publish.desired import Usage, artifact_bucket, desired_region, read_releases, survey, without_release
from harness.publish.gateway import HubGateway
from harness.publish.hub import Hub
from harness.publish.inventory import Provisioned
from harness.publish.inventory_gateway import InventoryGateway
from harness.publish.model import Live, LivePortfolio, Portfolio, StoredObject
from harness.publish.names import Names, names_of
from harness.publish.plan import Plan, RegionPlan, make_plan
from harness.publish.reader import Clients
from harness.publish.session import SPOKE_ADMINISTRATOR, Session
from harness.publish.spoke import SpokeAccount, SpokePlan, SpokeState, plan_import, spoke_needs
from harness.publish.spoke_gateway import SpokeGateway

Again = Callable[[str, Live], RegionPlan]


@dataclass(frozen=True)
class Prepared:
    """A plan, ready to be performed. `unreleased`: work not published; `unread`: why regions did not answer, which are
    `silent`.

    `again` makes a region's plan anew; None where the plan was made elsewhere and stands as it is.
    """

    plan: Plan
    hubs: Mapping[str, Hub]
    unreleased: tuple[Finding, ...]
    unread: tuple[Finding, ...]
    silent: tuple[str, ...] = ()
    again: Again | None = None


def prepare(
    repository: Repository, session: Session, names: tuple[str, ...] = (), usage: Usage | None = None
) -> Prepared:
    """The plan that publishes the released products, or those named, to every region of the catalog.

    Raises KnownError for a frozen file that changed, a named product without a release, and when no region answers.
    """
    for name in names:
        repository.product(name)
    frozen = read_releases(repository)
    surveyed = survey(repository, tuple(each for each in frozen if not names or each.product.name in names))
    demanded = [without_release(each.product) for each in frozen if each.product.name in names and not each.releases]
    if surveyed.broken or demanded:
        raise KnownError(*surveyed.broken, *demanded)
    hubs = {region: hub_gateway(session, region) for region in repository.catalog.regions}

    def again(region: str, live: Live) -> RegionPlan:
        return make_plan(desired_region(repository, frozen, region, names, usage), live)

    def plan_region(region: str) -> RegionPlan | KnownError:
        try:
            return again(region, hubs[region].read())
        except KnownError as error:
            return error

    with ThreadPoolExecutor(len(hubs)) as pool:
        answers = list(pool.map(plan_region, hubs))
    unread = [each for each in answers if isinstance(each, KnownError)]
    planned = [each for each in answers if isinstance(each, RegionPlan)]
    findings = tuple(finding for error in unread for finding in error.findings)
    if not planned:
        raise KnownError(*findings)
    plan = Plan(repository.catalog.catalog, tuple(planned))
    silent = tuple(region for region, answer in zip(hubs, answers, strict=True) if isinstance(answer, KnownError))
    return Prepared(plan, hubs, surveyed.unreleased, findings, silent, again)


def prepare_saved(repository: Repository, session: Session, plan: Plan) -> Prepared:
    """A plan that was saved, ready to be performed as it is. Raises KnownError where it is for another hub."""
    hub = session.hub_account
    for each in plan.regions:
        if each.account != hub or each.bucket != artifact_bucket(hub, each.region):
            problem = f"the plan is for hub {each.account} in {each.region}, and this is hub {hub}"
            raise known_error("plan", problem, "take the catalog that it was made from, or make a new plan")
    hubs = {each.region: hub_gateway(session, each.region) for each in plan.regions}
    silent = tuple(region for region in repository.catalog.regions if region not in hubs)
    missing = tuple(
        Finding(
            Place("plan"), f"the plan says nothing of {region}, which did not answer then", "make a new plan for it"
        )
        for region in silent
    )
    return Prepared(plan, hubs, (), missing, silent)


def hub_gateway(session: Session, region: str) -> HubGateway:
    """The hub in `region`."""
    hub = session.hub()
    services = ("servicecatalog", "s3", "kms", "resourcegroupstaggingapi")
    clients = Clients(*(session.paced(hub, each, region) for each in services))
    return HubGateway(clients, hub.account, region, artifact_bucket(hub.account, region))


def frozen_reader(repository: Repository) -> Callable[[StoredObject], bytes]:
    """Reads frozen files, and refuses those that are not what was planned."""

    def read(stored: StoredObject) -> bytes:
        path = repository.root / stored.source
        content = path.read_bytes() if path.is_file() else b""
        if hashlib.sha256(content).hexdigest() != stored.sha256:
            raise known_error(stored.source, "the file has changed since the plan was made", "make a new plan")
        return content

    return read


@dataclass(frozen=True)
class PreparedImport:
    """What to do in one spoke and region, and how to come to the gateway to do it with.

    It is opened when it is needed: those of hundreds of spokes at once would not fit. `state`: what is there.
    """

    plan: SpokePlan
    state: SpokeState
    open: Callable[[], SpokeGateway]


@dataclass(frozen=True)
class Offering:
    """What the hub offers to every spoke in one region: read once, however many spokes there are."""

    region: str
    portfolios: tuple[Portfolio, ...]
    live: tuple[LivePortfolio, ...]
    names: Names
    contract: tuple[ContractParameter, ...]


def offering(repository: Repository, session: Session, region: str, names: tuple[str, ...] = ()) -> Offering:
    """All portfolios, or those named. Raises KnownError when the hub cannot be seen."""
    desired = desired_region(repository, read_releases(repository), region)
    portfolios = tuple(each for each in desired.portfolios if not names or each.name in names)
    live = hub_gateway(session, region).read()
    known = names_of(repository.catalog.catalog, live.products)
    return Offering(region, portfolios, live.portfolios, known, tuple(read_contract(repository.root)))


def prepare_import(
    repository: Repository, session: Session, spoke: SpokeAccount, offered: Offering, role: str = SPOKE_ADMINISTRATOR
) -> PreparedImport:
    """What a spoke needs of what is offered in a region. Raises KnownError when it cannot be seen."""
    region = offered.region
    needs = spoke_needs(repository, spoke, region, offered.portfolios, offered.live, offered.contract)

    def opened() -> SpokeGateway:
        administrator = session.administrator(spoke.account, role)
        catalog, iam, ssm = (session.client(administrator, each, region) for each in ("servicecatalog", "iam", "ssm"))
        return SpokeGateway(catalog, iam, ssm, spoke.account, region)

    state = opened().read(needs)
    return PreparedImport(plan_import(needs, state), state, opened)


def launched(
    session: Session, spoke: SpokeAccount, offered: Offering, role: str = SPOKE_ADMINISTRATOR
) -> tuple[Provisioned, ...]:
    """What is launched in a spoke from the catalog. Raises KnownError when it cannot be asked."""
    catalog = session.client(session.administrator(spoke.account, role), "servicecatalog", offered.region)
    found = InventoryGateway(catalog, spoke.account, offered.region).provisioned()
    return tuple(offered.names.provisioned(spoke.account, offered.region, found))
