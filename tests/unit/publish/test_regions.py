"""A region that is down keeps no other from being published, and is told."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from harness.catalog.release import freeze
from harness.commands.import_ import Wanted, look_at_all
from harness.commands.plan import failures
from harness.commands.publish import perform
from harness.emulator import clock
from harness.emulator.server import running_server
from harness.errors import KnownError
from harness.publish.collect import collect
from harness.publish.prepare import Prepared, prepare
from harness.publish.session import Identity, Session
from harness.publish.spoke import spoke_accounts
from tests.support.repository import TinyRepository
from tests.unit.publish.faults import EmulatedHub, emulated_hub
from tests.unit.publish.hubs import desired, product

DOWN, UP = "eu-central-1", "eu-west-1"
NOBODY = "http://127.0.0.1:9"  # the discard port: nothing listens


class Outage(Session):
    """A session for which one region is not there."""

    def paced(self, identity: Identity, service: str, region: str) -> Any:
        """A client, of nobody where the region is down."""
        if region == DOWN:
            return Session("local", self.catalog, NOBODY).paced(identity, service, region)
        return super().paced(identity, service, region)


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    with running_server() as emulator, clock.latency_of(0):
        yield emulator.url


@pytest.fixture
def hub(endpoint: str) -> EmulatedHub:
    wanted = desired(product("demo"))
    return emulated_hub(endpoint, wanted)


@pytest.fixture
def prepared(endpoint: str, hub: EmulatedHub, tiny: TinyRepository) -> tuple[TinyRepository, Prepared]:
    """A plan for a hub of which one region is down."""
    text = (tiny.root / "catalog.yaml").read_text()
    tiny.write("catalog.yaml", text.replace("111111111111", hub.account))
    repository = tiny.load()
    freeze(repository, repository.product("demo"))
    return tiny, prepare(repository, Outage("local", repository.catalog, endpoint))


def test_a_region_that_is_down_holds_up_no_other(hub: EmulatedHub, prepared: tuple[TinyRepository, Prepared]) -> None:
    tiny, plan = prepared
    (outcome,) = perform(tiny.load(), plan)
    assert (outcome.region, outcome.left, outcome.failures) == (UP, (), ())
    assert [each.data.name for each in hub.live().products] == ["Demo"]
    (finding,) = failures(plan)
    assert finding.place.path == f"hub {hub.account} in {DOWN}" and "cannot be reached" in finding.problem


def test_what_spokes_have_is_told_for_the_regions_that_answer(
    endpoint: str, prepared: tuple[TinyRepository, Prepared]
) -> None:
    tiny, _ = prepared
    tiny.write("templates/foundation/contract.yaml", "[]\n")
    repository = tiny.load()
    spokes = spoke_accounts(repository)
    session = Outage("local", repository.catalog, endpoint)
    seen, unseen = look_at_all(repository, session, Wanted(spokes, (), "", launched=True))
    assert [(each.prepared.plan.needs.spoke, each.prepared.plan.needs.region) for each in seen] == [
        (spoke, UP) for spoke in spokes
    ]
    (finding,) = unseen
    assert DOWN in finding.place.path and "cannot be reached" in finding.problem


def test_an_inventory_without_a_region_is_not_complete(
    endpoint: str, prepared: tuple[TinyRepository, Prepared]
) -> None:
    repository = prepared[0].load()
    collected = collect(repository, Outage("local", repository.catalog, endpoint))
    assert not collected.inventory.complete
    assert [DOWN in each.place.path for each in collected.unasked] == [True]


def test_a_dead_endpoint_is_given_up_within_seconds(tiny: TinyRepository) -> None:
    repository = tiny.load()
    freeze(repository, repository.product("demo"))
    begun = time.monotonic()
    with pytest.raises(KnownError, match="cannot be reached"):
        prepare(repository, Session("local", repository.catalog, NOBODY))
    assert time.monotonic() - begun < 5
