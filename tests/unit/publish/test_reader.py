"""What is read of a region that others use too."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.emulator import clock
from harness.emulator.server import running_server
from harness.publish.model import Desired
from tests.unit.publish.faults import EmulatedHub, Wire, emulated_hub
from tests.unit.publish.hubs import desired, means

TEMPLATE = b"Resources: {Topic: {Type: AWS::SNS::Topic}}"


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_server() as emulator, clock.latency_of(0):
        yield emulator.url


def sized(wanted: Desired) -> Desired:
    """With templates of the size that they have."""
    return replace(wanted, objects=tuple(replace(each, size=len(TEMPLATE)) for each in wanted.objects))


@pytest.fixture
def hub(endpoint: str) -> EmulatedHub:
    """A hub that holds all that is wanted."""
    made = emulated_hub(endpoint, sized(desired()))
    assert made.publish(Wire(), means(read=lambda _stored: TEMPLATE)).failures == ()
    return made


def test_a_share_with_one_account_through_the_organization_is_told(hub: EmulatedHub) -> None:
    """A list of its own: neither an account's share nor a unit's."""
    (portfolio,) = hub.live().portfolios
    account = hub.organization.spokes[0].id
    hub.clients().catalog.create_portfolio_share(
        PortfolioId=portfolio.id, OrganizationNode={"Type": "ACCOUNT", "Value": account}
    )
    assert f"ml is shared with {account}, which the catalog does not name" in hub.plan().notices


def test_of_somebody_elses_portfolio_and_product_is_read_what_could_be_in_the_way(hub: EmulatedHub) -> None:
    """That a portfolio holds our product keeps that from being deleted; the rest is none of ours."""
    catalog, (theirs, _) = hub.clients().catalog, hub.organization.hub.product("Theirs")
    made = catalog.create_portfolio(DisplayName="Theirs", ProviderName="They", IdempotencyToken="t")
    portfolio_id = made["PortfolioDetail"]["Id"]
    ours = hub.live().products[0].id
    for product_id in (ours, theirs):
        catalog.associate_product_with_portfolio(ProductId=product_id, PortfolioId=portfolio_id)
    catalog.associate_principal_with_portfolio(
        PortfolioId=portfolio_id, PrincipalARN="arn:aws:iam:::role/they", PrincipalType="IAM_PATTERN"
    )
    live = hub.live()
    seen = next(each for each in live.portfolios if each.id == portfolio_id)
    assert (set(seen.product_ids), seen.principals) == ({ours, theirs}, ())
    assert next(each for each in live.products if each.id == theirs).versions == ()
