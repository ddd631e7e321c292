"""How many calls a plan costs: none more for a version, one for a product."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from harness.emulator import clock
from harness.emulator.server import running_server
from harness.publish.model import Desired
from harness.publish.plan import make_plan
from tests.unit.publish.faults import EmulatedHub, Wire, emulated_hub
from tests.unit.publish.hubs import desired, means, product, version

TEMPLATE = b"Resources: {Topic: {Type: AWS::SNS::Topic}}"
OF_REGION, OF_PORTFOLIO = 5, 8  # in a portfolio: seven, and one for the unit that it is shared with


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_server() as emulator, clock.latency_of(0):
        yield emulator.url


def many(products: int, versions: int) -> Desired:
    """So many products with so many versions each, in one portfolio."""
    letters = "0123456789abcdef"
    made = tuple(
        product(f"product-{number}", *(version(f"1.{each}.0", letters[each]) for each in range(versions)))
        for number in range(products)
    )
    wanted = desired(*made)
    return replace(wanted, objects=tuple(replace(each, size=len(TEMPLATE)) for each in wanted.objects))


def published(endpoint: str, wanted: Desired) -> EmulatedHub:
    hub = emulated_hub(endpoint, wanted)
    assert hub.publish(Wire(), means(read=lambda _stored: TEMPLATE)).failures == ()
    return hub


def calls_of_a_plan(hub: EmulatedHub) -> int:
    """Of a plan without change, all services together."""
    wire = Wire()
    assert make_plan(hub.wanted, hub.gateway(wire).read()).actions == ()
    return wire.calls.total()


@pytest.mark.parametrize(("products", "versions"), [(1, 1), (1, 12), (6, 2), (6, 10)])
def test_a_plan_without_change_costs_one_call_a_product_whatever_its_versions(
    endpoint: str, products: int, versions: int
) -> None:
    hub = published(endpoint, many(products, versions))
    constraints = products
    assert calls_of_a_plan(hub) == OF_REGION + products + OF_PORTFOLIO + constraints


def test_a_product_of_somebody_else_costs_one_call_more(endpoint: str) -> None:
    """The tagging index is asked for this catalog's products only; of others, each is asked for its tags."""
    hub = published(endpoint, many(2, 1))
    before = calls_of_a_plan(hub)
    hub.organization.hub.product("Theirs")
    assert calls_of_a_plan(hub) == before + 2


def test_products_beyond_a_page_are_found_by_all_their_tags(endpoint: str) -> None:
    hub = published(endpoint, many(21, 1))
    live = hub.live()
    assert len({dict(each.tags)["platform:product"] for each in live.products}) == 21
