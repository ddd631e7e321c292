"""Records the inventory: asks every spoke in every region what is provisioned, by a role in each. Changes no account.

The hub tells which product and version an identifier is: spokes see the hub's own, whatever their names say.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from harness.catalog.load import Repository
from harness.catalog.model import Catalog
from harness.errors import Finding, KnownError
from harness.publish.inventory import Inventory, Provisioned
from harness.publish.inventory_gateway import InventoryGateway
from harness.publish.names import Names, names_of
from harness.publish.prepare import hub_gateway
from harness.publish.session import SPOKE_ADMINISTRATOR, Session
from harness.publish.spoke import spoke_accounts

_ACCOUNTS_AT_ONCE = 16
Tell = Callable[[str], None]  # called with each account that was asked, from several threads


@dataclass(frozen=True)
class Collected:
    """The inventory, and the places that could not be asked; where there are any, it is not complete."""

    inventory: Inventory
    unasked: tuple[Finding, ...]


def asked_accounts(repository: Repository) -> tuple[str, ...]:
    """Every account in which somebody may have launched: the spokes, the registry's and the hub."""
    spokes = (each.account for each in spoke_accounts(repository))
    return tuple(dict.fromkeys((*spokes, repository.catalog.landscape.hub.account)))


def collect(
    repository: Repository, session: Session, role: str = SPOKE_ADMINISTRATOR, tell: Tell = lambda _: None
) -> Collected:
    """Ask everybody. Raises KnownError where no region of the hub answers, for then no name is known."""
    catalog = repository.catalog
    taken = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    with ThreadPoolExecutor(_ACCOUNTS_AT_ONCE) as pool:
        answers = list(pool.map(lambda region: _names(session, catalog, region), catalog.regions))
        unasked = [finding for each in answers if isinstance(each, KnownError) for finding in each.findings]
        names = {region: each for region, each in zip(catalog.regions, answers, strict=True) if isinstance(each, Names)}
        if not names:
            raise KnownError(*unasked)

        def ask(account: str) -> tuple[list[Provisioned], list[Finding]]:
            try:
                return _ask(session, account, role, names)
            finally:
                tell(account)

        asked = list(pool.map(ask, asked_accounts(repository)))
    unasked += [finding for _, findings in asked for finding in findings]
    provisioned = sorted((each for found, _ in asked for each in found), key=_order)
    inventory = Inventory(format=1, taken=taken, complete=not unasked, provisioned=tuple(provisioned))
    return Collected(inventory, tuple(dict.fromkeys(unasked)))


def _names(session: Session, catalog: Catalog, region: str) -> Names | KnownError:
    try:
        return names_of(catalog.catalog, hub_gateway(session, region).read().products)
    except KnownError as error:
        return error


def _ask(
    session: Session, account: str, role: str, names: Mapping[str, Names]
) -> tuple[list[Provisioned], list[Finding]]:
    """One account in every region. What it cannot answer is told, and the next region asked."""
    found: list[Provisioned] = []
    unasked: list[Finding] = []
    for region, known in names.items():
        try:
            identity = session.administrator(account, role)
            gateway = InventoryGateway(session.paced(identity, "servicecatalog", region), account, region)
            found += known.provisioned(account, region, gateway.provisioned())
        except KnownError as error:
            unasked += error.findings
    return found, unasked


def _order(each: Provisioned) -> tuple[str, ...]:
    return (each.product, each.version, each.account, each.region, each.name)
