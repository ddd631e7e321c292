"""The inventory of all spokes: what is launched there, by the hub's names, and who could not be asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.emulator import clock
from harness.emulator.server import running_server
from harness.publish.collect import Collected, asked_accounts, collect
from harness.publish.inventory import Provisioned, read_inventory, write_inventory
from harness.publish.inventory_gateway import Found
from harness.publish.model import CATALOG_TAG, PRODUCT_TAG, LiveProduct, LiveVersion, ProductData
from harness.publish.names import names_of
from harness.publish.session import Session
from tests.support.repository import TinyRepository, tiny_repository
from tests.unit.emulator.servicecatalog.accounts import Account, token

HUB, DEV, HOME, SECOND = "111111111111", "222222222221", "eu-west-1", "eu-central-1"
DATA = ProductData("Demo", "Team", "", "", "", "", "")


@dataclass(frozen=True)
class Spokes:
    """A tiny catalog with one product published by hand in the home region, and launched in dev as `mine`."""

    tiny: TinyRepository
    url: str
    owner: str

    def collect(self) -> Collected:
        repository = self.tiny.load()
        return collect(repository, Session("local", repository.catalog, self.url))


def make_bucket(hub: Account, region: str) -> None:
    """The hub's artifact bucket of a region."""
    place = {"LocationConstraint": region}
    client = hub.client("s3", region=region)
    client.create_bucket(Bucket=f"platform-artifacts-{HUB}-{region}", CreateBucketConfiguration=place)


@pytest.fixture(scope="module")
def spokes(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Spokes]:
    tiny = tiny_repository(tmp_path_factory.mktemp("inventory"))
    with running_server() as emulator, clock.latency_of(0):
        hub, dev = Account(HUB, emulator.url), Account(DEV, emulator.url)
        for region in (HOME, SECOND):
            make_bucket(hub, region)
        lead = dev.person("platform-lead")
        for title, tags in (("Demo", {CATALOG_TAG: "ml-platform", PRODUCT_TAG: "demo"}), ("Theirs", {})):
            product, version = hub.product(title)
            hub.client().update_product(Id=product, AddTags=[{"Key": k, "Value": v} for k, v in tags.items()])
            portfolio = hub.portfolio(title)
            hub.offer(product, portfolio)
            hub.client().create_portfolio_share(PortfolioId=portfolio, AccountId=DEV)
            dev.client().accept_portfolio_share(PortfolioId=portfolio)
            dev.client().associate_principal_with_portfolio(
                PortfolioId=portfolio, PrincipalARN=lead.arn, PrincipalType="IAM"
            )
            lead.client().provision_product(
                ProductId=product,
                ProvisioningArtifactId=version,
                ProvisionedProductName=f"my-{title.lower()}",
                ProvisionToken=token(),
            )
        yield Spokes(tiny, emulator.url, lead.arn)


def test_everybodys_launches_are_found_by_the_hubs_names_and_those_of_other_catalogs_are_not(spokes: Spokes) -> None:
    collected = spokes.collect()
    assert collected.unasked == ()
    assert collected.inventory.complete
    assert collected.inventory.provisioned == (
        Provisioned(
            account=DEV,
            region=HOME,
            product="demo",
            version="1.0.0",
            name="my-demo",
            status="AVAILABLE",
            owner=spokes.owner,
        ),
    )


def test_what_is_recorded_says_to_retire_who_is_on_a_version(spokes: Spokes, tmp_path: Path) -> None:
    path = tmp_path / "inventory.json"
    write_inventory(path, spokes.collect().inventory)
    found = read_inventory(tmp_path, path)
    assert found is not None
    assert found.users("demo") == (("1.0.0", f"my-demo in account {DEV} ({HOME})"),)


def test_a_region_that_cannot_be_asked_is_told_and_leaves_the_inventory_incomplete(spokes: Spokes) -> None:
    hub = Account(HUB, spokes.url)
    hub.client("s3", region=SECOND).delete_bucket(Bucket=f"platform-artifacts-{HUB}-{SECOND}")
    try:
        collected = spokes.collect()
    finally:
        make_bucket(hub, SECOND)
    assert not collected.inventory.complete
    assert [each.name for each in collected.inventory.provisioned] == ["my-demo"]
    assert [each.place.path for each in collected.unasked] == [f"hub {HUB} in {SECOND}"]


def test_the_hub_is_asked_too_and_nobody_twice(tiny: TinyRepository) -> None:
    accounts = asked_accounts(tiny.load())
    assert sorted(accounts) == sorted({HUB, DEV, "222222222222", "222222222223"})


def test_a_version_that_the_hub_has_no_more_keeps_the_name_that_its_user_knows() -> None:
    tags = ((CATALOG_TAG, "tiny"), (PRODUCT_TAG, "demo"))
    live = LiveProduct("prod-1", DATA, tags, (LiveVersion("pa-2", "2.0.0", "", "DEFAULT", True),))
    found = [Found("old", "prod-1", "pa-1", "1.0.0", "AVAILABLE", ""), Found("new", "prod-1", "pa-2", "x", "ERROR", "")]
    names = names_of("tiny", [live])
    assert [(each.name, each.version) for each in names.provisioned(DEV, HOME, found)] == [
        ("old", "1.0.0"),
        ("new", "2.0.0"),
    ]
