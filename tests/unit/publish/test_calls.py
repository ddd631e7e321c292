"""How many calls a plan costs, by their names: one for a product and one for its constraint, none for a version."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from math import ceil

import pytest
from moto.s3.models import s3_backends

from benchmarks.many import some_product
from harness.emulator import clock
from harness.emulator.server import running_server
from harness.publish.model import Desired
from harness.publish.plan import make_plan
from tests.unit.publish.faults import EmulatedHub, Wire, emulated_hub
from tests.unit.publish.hubs import desired, means

pytestmark = pytest.mark.unmeasured

TEMPLATE = b"Resources: {Topic: {Type: AWS::SNS::Topic}}"


# of a portfolio that is shared with one organizational unit
OF_PORTFOLIO = {
    "describe_portfolio": 1,
    "list_principals_for_portfolio": 1,
    "describe_portfolio_shares": 4,
    "list_portfolio_access": 1,
}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_server() as emulator, clock.latency_of(0):
        yield emulator.url


def many(products: int, versions: int) -> Desired:
    """So many products with so many versions each, in one portfolio."""
    made = tuple(some_product(number, range(versions)) for number in range(products))
    wanted = desired(*made)
    return replace(wanted, objects=tuple(replace(each, size=len(TEMPLATE)) for each in wanted.objects))


def published(endpoint: str, wanted: Desired) -> EmulatedHub:
    """A hub that holds it. What lies in the bucket is put there past the wire, for there is much of it."""
    hub = emulated_hub(endpoint, wanted)
    storage = s3_backends[hub.account]["aws"]
    statements = (each.key for one in wanted.products for each in one.attestations)
    for key in (*(each.key for each in wanted.objects), *statements):
        storage.put_object(hub.wanted.bucket, key, TEMPLATE)
    unsigned = replace(hub.wanted, products=tuple(replace(each, attestations=()) for each in wanted.products))
    assert replace(hub, wanted=unsigned).publish(Wire(), means()).failures == ()
    return hub


def calls_of_a_plan(hub: EmulatedHub) -> Counter[str]:
    """Of a plan without change, all services together."""
    wire = Wire()
    assert make_plan(hub.wanted, hub.gateway(wire).read()).actions == ()
    return wire.calls


@pytest.mark.parametrize("versions", [1, 20])
@pytest.mark.parametrize("products", [1, 20, 40])
def test_the_content_costs_one_call_a_product_and_four_whatever_its_versions(
    endpoint: str, products: int, versions: int
) -> None:
    hub = published(endpoint, many(products, versions))
    calls = calls_of_a_plan(hub)
    pages = ceil(products / 20)
    content = {
        "list_objects_v2": ceil(len(hub.live().objects) / 1000),
        "search_products_as_admin": pages,
        "list_portfolios": 1,
        "get_resources": 1,
        "list_provisioning_artifacts": products,
    }
    around = {
        "list_tag_options": 1,
        "search_products_as_admin": pages,
        "list_constraints_for_portfolio": pages,
        "describe_constraint": products,
    }
    assert calls == Counter(content) + Counter(around) + Counter(OF_PORTFOLIO)
    assert sum(content.values()) <= 6 + products


def test_what_is_somebody_elses_costs_one_call_a_product_and_two_a_portfolio(endpoint: str) -> None:
    """The tagging index is asked for catalogs' products only; of others, each is asked for its tags."""
    hub = published(endpoint, many(2, 1))
    before = calls_of_a_plan(hub)
    theirs = hub.organization.hub
    theirs.product("Theirs")
    assert calls_of_a_plan(hub) - before == {"describe_product_as_admin": 1}
    theirs.client("servicecatalog").create_portfolio(DisplayName="Theirs", ProviderName="T", IdempotencyToken="t")
    assert calls_of_a_plan(hub) - before == {
        "describe_product_as_admin": 1,
        "describe_portfolio": 1,
        "search_products_as_admin": 1,
    }


def test_products_beyond_a_page_are_found_by_all_their_tags(endpoint: str) -> None:
    hub = published(endpoint, many(21, 1))
    live = hub.live()
    assert len({dict(each.tags)["platform:product"] for each in live.products}) == 21
