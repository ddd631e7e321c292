"""How near a plan brings a region to the quotas of Service Catalog, and what could be retired. Decides nothing else.

Source: Service Catalog's default quotas. An account may have been given more, so a forecast is told and stops nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.publish.model import Desired, Live, LiveProduct, Product

PORTFOLIOS_PER_REGION = 100
PRODUCTS_PER_REGION = 350
PRODUCTS_PER_PORTFOLIO = 150
VERSIONS_PER_PRODUCT = 100
CONSTRAINTS_PER_PRODUCT_AND_PORTFOLIO = 100
PRINCIPALS_PER_PORTFOLIO = 100
PATTERNS_PER_PORTFOLIO = 10
TAG_OPTIONS_PER_RESOURCE = 25
NEAR = 0.8  # of a quota


@dataclass(frozen=True)
class Forecast:
    """A quota that is nearly used up, or exceeded, once the plan is performed. `proposal`: what to do about it."""

    region: str
    what: str  # e.g. versions of studio-domain
    used: int
    quota: int
    proposal: str

    def __str__(self) -> str:
        state = "more than" if self.used > self.quota else "of"
        return f"{self.used} {self.what}, {state} {self.quota} by AWS's default quota: {self.proposal}"


def forecast(
    desired: Desired, live: Live, products: dict[str, LiveProduct], ids: dict[str, frozenset[str]]
) -> Iterator[Forecast]:
    """What is near its quota after the plan. `products`: live ones by name; `ids`: product ids by portfolio name."""
    raised = "have the quota raised (Service Quotas, servicecatalog)"
    kept = [each for each in desired.products if each.versions]
    new = sum(each.name not in products for each in kept)
    gone = sum(each.name in products for each in desired.products if not each.versions)
    yield from _near(desired, "products in the region", len(live.products) + new - gone, PRODUCTS_PER_REGION, raised)
    for product in kept:
        yield from _versions(desired, product, products.get(product.name))
    for portfolio in desired.portfolios:
        there = {name for name, each in products.items() if each.id in ids.get(portfolio.name, frozenset())}
        held = len(ids.get(portfolio.name, frozenset())) + len({name for name, _ in portfolio.products} - there)
        where = f"of portfolio {portfolio.name}"
        yield from _near(desired, f"products {where}", held, PRODUCTS_PER_PORTFOLIO, "split the portfolio")
        patterns = sum(each.type == "IAM_PATTERN" for each in portfolio.principals)
        fewer = "name fewer personas in it"
        yield from _near(desired, f"principal name patterns {where}", patterns, PATTERNS_PER_PORTFOLIO, fewer)
        options = len(portfolio.tag_options)
        yield from _near(desired, f"tag options {where}", options, TAG_OPTIONS_PER_RESOURCE, "offer fewer values")


def _near(desired: Desired, what: str, used: int, quota: int, proposal: str) -> Iterator[Forecast]:
    if used >= NEAR * quota and used > 1:
        yield Forecast(desired.region, what, used, quota, proposal)


def _versions(desired: Desired, product: Product, live: LiveProduct | None) -> Iterator[Forecast]:
    wanted = {each.name for each in product.versions}
    others = [each.name for each in live.versions if each.name not in wanted | {*product.deleted}] if live else []
    used = len(wanted) + len(others)
    excess = max(1, used - int(NEAR * VERSIONS_PER_PRODUCT) + 1)
    yield from _near(desired, f"versions of {product.name}", used, VERSIONS_PER_PRODUCT, _to_retire(product, excess))


def _to_retire(product: Product, number: int) -> str:
    """The versions that can go first: those withdrawn, then the oldest; never the newest, nor one with users."""
    used = {version for version, _ in product.users}
    free = [each for each in product.versions[:-1] if each.name not in used]
    first = sorted(free, key=lambda each: (each.active, each.guidance == "DEFAULT"))  # stable: then oldest first
    chosen = [each.name for each in first[:number]]
    return f"`build.py retire {product.name} {' '.join(chosen)}`" if chosen else "have the quota raised"
