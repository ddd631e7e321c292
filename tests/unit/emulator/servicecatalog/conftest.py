"""A served landscape, and accounts in it that no other test has touched."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.emulator import clock
from harness.emulator.server import running_server
from tests.unit.emulator.servicecatalog.accounts import Account, Organization, fresh_account, fresh_organization
from tests.unit.emulator.servicecatalog.offers import Offer, make_offer


@pytest.fixture(scope="package")
def endpoint() -> Iterator[str]:
    """The URL of a served landscape. Accounts in it are never reset: each test takes new ones."""
    with running_server() as emulator:
        yield emulator.url


@pytest.fixture(autouse=True)
def at_once() -> Iterator[None]:
    """Asynchronous work shows its result at once, save where a test says otherwise."""
    with clock.latency_of(0):
        yield


@pytest.fixture
def hub(endpoint: str) -> Account:
    """An account that owns products."""
    return fresh_account(endpoint)


@pytest.fixture
def spoke(endpoint: str) -> Account:
    """An account that launches them."""
    return fresh_account(endpoint)


@pytest.fixture
def landscape(endpoint: str) -> Organization:
    """An organization: a management account, a hub that may share, a unit with two spokes."""
    return fresh_organization(endpoint)


@pytest.fixture
def offer(hub: Account, spoke: Account) -> Offer:
    """A product of the hub that the spoke's lead may launch."""
    return make_offer(hub, spoke)


@pytest.fixture(scope="package")
def empty(endpoint: str) -> Account:
    """An account in which no test makes anything."""
    return fresh_account(endpoint)
