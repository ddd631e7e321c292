"""`retire` takes one step in product.yaml, where nobody is hurt by it."""

from __future__ import annotations

import pytest

from harness.catalog.load import LoadedProduct
from harness.errors import KnownError
from harness.publish.desired import Usage
from harness.publish.inventory import Inventory, Provisioned
from harness.publish.withdrawals import next_steps, written
from tests.support.repository import TinyRepository

USER = Provisioned(
    account="222222222221", region="eu-west-1", product="demo", version="1.0.0", name="mine", status="AVAILABLE"
)


def usage(*users: Provisioned, complete: bool = True, forced: tuple[str, ...] = ()) -> Usage:
    inventory = Inventory(format=1, taken="2027-01-31T18:00:00Z", complete=complete, provisioned=users)
    return Usage(inventory, frozenset(forced))


def withdrawn(tiny: TinyRepository, text: str) -> LoadedProduct:
    """The product with that in product.yaml, and two releases."""
    for version in ("1.0.0", "1.1.0"):
        tiny.write(f"products/demo/releases/{version}/manifest.json", "{}")
    path = tiny.root / "products/demo/product.yaml"
    path.write_text(path.read_text() + text)
    return tiny.load().product("demo")


def step(product: LoadedProduct, given: Usage) -> str:
    return next_steps(product, ("1.0.0", "1.1.0"), ("1.0.0",), given)["1.0.0"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", "deprecated"),
        ("withdrawn: {1.0.0: deprecated}\n", "inactive"),
        ("withdrawn: {1.0.0: inactive}\n", "deleted"),
    ],
)
def test_each_step_follows_the_one_before(tiny: TinyRepository, before: str, after: str) -> None:
    assert step(withdrawn(tiny, before), usage()) == after


def test_deprecation_hurts_nobody(tiny: TinyRepository) -> None:
    assert step(withdrawn(tiny, ""), Usage()) == "deprecated"
    assert step(withdrawn(tiny, ""), usage(USER)) == "deprecated"


@pytest.mark.parametrize("state", ["deprecated", "inactive"])
def test_a_version_in_use_goes_no_further_unless_it_is_named(tiny: TinyRepository, state: str) -> None:
    product = withdrawn(tiny, f"withdrawn: {{1.0.0: {state}}}\n")
    with pytest.raises(KnownError, match=r"in use by mine in account 222222222221 \(eu-west-1\)"):
        step(product, usage(USER))
    assert step(product, usage(USER, forced=("demo/1.0.0",)))


@pytest.mark.parametrize("known", [Usage(), usage(complete=False)])
def test_where_nobody_knows_of_users_a_version_is_not_deleted(tiny: TinyRepository, known: Usage) -> None:
    with pytest.raises(KnownError, match="no complete inventory"):
        step(withdrawn(tiny, "withdrawn: {1.0.0: inactive}\n"), known)


def test_a_version_that_was_never_released_or_is_gone_cannot_be_retired(tiny: TinyRepository) -> None:
    product = withdrawn(tiny, "withdrawn: {1.0.0: deleted}\n")
    with pytest.raises(KnownError) as caught:
        next_steps(product, ("1.0.0",), ("1.0.0", "9.9.9"), usage())
    told = [each.problem for each in caught.value.findings]
    assert told == ["version 1.0.0 of demo is withdrawn for good already", "no release 9.9.9 of demo"]


@pytest.mark.parametrize(
    "before",
    [
        "",
        "withdrawn: {1.0.0: deprecated}\n",
        "withdrawn:\n  1.0.0: deprecated\n",
        "withdrawn:\n  # why\n  1.0.0: inactive\n",
    ],
)
def test_product_yaml_says_it_and_keeps_the_rest(tiny: TinyRepository, before: str) -> None:
    product = withdrawn(tiny, f"{before}tags: {{cost: '1'}}  # of the team\n")
    path = tiny.root / "products/demo/product.yaml"
    path.write_text(written(product, path.read_text(), {"1.1.0": "deprecated"}))
    again = tiny.load().product("demo")
    assert again.spec.withdrawn == {**product.spec.withdrawn, "1.1.0": "deprecated"}
    assert again.spec.tags == {"cost": "1"} and "# of the team" in path.read_text()
