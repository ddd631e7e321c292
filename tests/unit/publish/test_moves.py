"""Which provisioned products move to a version, and in which order."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.errors import KnownError
from harness.publish.inventory import Inventory, Provisioned
from harness.publish.moves import Chosen, choose, demand_target, waves
from tests.support.repository import TinyRepository

DEV, PREPROD, PROD = "222222222221", "222222222222", "222222222223"


def user(version: str, account: str = DEV, name: str = "mine", product: str = "demo") -> Provisioned:
    return Provisioned(account=account, region="eu-west-1", product=product, version=version, name=name)


def inventory(*users: Provisioned) -> Inventory:
    return Inventory(format=1, taken="2027-01-31T18:00:00Z", complete=True, provisioned=users)


def test_what_is_older_moves_and_what_is_there_newer_unknown_or_anothers_does_not() -> None:
    old, ten = user("1.9.0"), user("1.10.0", name="ten")
    newer, unknown = user("2.1.0", name="newer"), user("pa-abc", name="by-hand")
    there, others = user("2.0.0", name="there"), user("1.0.0", product="other")
    moves = choose(inventory(ten, old, newer, unknown, there, others), "demo", "2.0.0", Chosen())
    assert moves.moving == (ten, old)
    assert (moves.newer, moves.unknown) == ((newer,), (unknown,))
    assert moves.versions == ("1.9.0", "1.10.0")


@pytest.mark.parametrize(
    ("chosen", "names"),
    [
        (Chosen(accounts=(PROD,)), ["b"]),
        (Chosen(names=("a", "b"), versions=("1.0.0",)), ["a"]),
        (Chosen(regions=("eu-central-1",)), []),
    ],
)
def test_only_what_is_chosen_moves(chosen: Chosen, names: list[str]) -> None:
    users = user("1.0.0", name="a"), user("1.1.0", PROD, name="b")
    assert [each.name for each in choose(inventory(*users), "demo", "2.0.0", chosen).moving] == names


def test_production_moves_after_pre_production_after_development() -> None:
    users = user("1.0.0", PROD), user("1.0.0", DEV), user("1.0.0", PREPROD), user("1.0.0", DEV, name="other")
    environments = {DEV: "dev", PREPROD: "preprod", PROD: "prod"}
    groups = waves(users, environments)
    assert [[each.account for each in group] for group in groups] == [[DEV, DEV], [PREPROD], [PROD]]


def test_the_version_to_move_to_is_the_newest_that_is_not_withdrawn(tiny: TinyRepository) -> None:
    loaded = tiny.load().product("demo")
    product = replace(loaded, spec=loaded.spec.model_copy(update={"withdrawn": {"1.10.0": "deprecated"}}))
    released = ("1.0.0", "1.9.0", "1.10.0")
    assert demand_target(product, released, None) == "1.9.0"
    assert demand_target(product, released, "1.0.0") == "1.0.0"
    with pytest.raises(KnownError, match=r"no release 3\.0\.0"):
        demand_target(product, released, "3.0.0")
    with pytest.raises(KnownError, match=r"1\.10\.0 of demo is withdrawn"):
        demand_target(product, released, "1.10.0")
    with pytest.raises(KnownError, match="no release to move to"):
        demand_target(product, (), None)
