"""Quotas are told before they are reached, with what could go."""

from __future__ import annotations

from dataclasses import replace

from harness.publish.model import Live, Version
from harness.publish.plan import make_plan
from harness.publish.quotas import VERSIONS_PER_PRODUCT
from tests.unit.publish.hubs import desired, digest, product, version
from tests.unit.publish.test_plan import published

EMPTY = Live("111111111111", "eu-west-1")


def versions(number: int, **first: object) -> tuple[Version, ...]:
    made = [version(f"1.{each}.0", digest("a")[0]) for each in range(number)]
    return (replace(made[0], **first), *made[1:])  # type: ignore[arg-type]


def test_far_from_a_quota_nothing_is_told() -> None:
    assert make_plan(desired(product("domain", *versions(20))), EMPTY).forecasts == ()


def test_near_the_versions_of_a_product_the_oldest_are_proposed() -> None:
    (told,) = make_plan(desired(product("domain", *versions(81))), EMPTY).forecasts
    assert (told.what, told.used, told.quota) == ("versions of domain", 81, VERSIONS_PER_PRODUCT)
    assert told.proposal == "`build.py retire domain 1.0.0 1.1.0`"


def test_versions_withdrawn_already_are_proposed_first_and_used_ones_never() -> None:
    made = list(versions(81))
    made[40] = replace(made[40], guidance="DEPRECATED", active=False)
    crowded = replace(product("domain", *made), users=(("1.0.0", "ada"),))
    (told,) = make_plan(desired(crowded), EMPTY).forecasts
    assert told.proposal == "`build.py retire domain 1.40.0 1.1.0`"


def test_versions_that_somebody_made_by_hand_count_too() -> None:
    live = published(desired()).read()
    (only,) = live.products
    strange = tuple(replace(only.versions[0], id=f"pa-{each}", name=f"hand-{each}") for each in range(99))
    crowded = replace(live, products=(replace(only, versions=(*only.versions, *strange)),))
    wanted = desired(product("domain", version("1.0.0"), version("1.1.0", "b")))
    (told,) = make_plan(wanted, crowded).forecasts
    assert str(told).startswith("101 versions of domain, more than 100 by AWS's default quota")


def test_products_of_others_count_in_a_region() -> None:
    live = published(desired()).read()
    others = tuple(replace(live.products[0], id=f"prod-{each}", tags=()) for each in range(300))
    (told,) = make_plan(desired(), replace(live, products=(*live.products, *others))).forecasts
    assert (told.what, told.used) == ("products in the region", 301)
