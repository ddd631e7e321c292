"""How versions and products leave: deprecated, inactive, deleted, and the product last. Pure; performs nothing.

Each publish takes a version one guarded step: nothing is deleted that could still be launched when the publish began,
and nothing that the recorded inventory shows somebody on, unless that version is overruled by name. Without a
complete inventory, nobody knows of users, and nothing is deleted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from harness.errors import Finding, Place
from harness.publish import actions as act
from harness.publish.actions import Action
from harness.publish.model import Desired, LivePortfolio, LiveProduct, LiveVersion, Product

_SHOWN = 3  # users named in a refusal


@dataclass(frozen=True)
class Refusal:
    """A step that is not taken because somebody would be hurt, or because nobody knows."""

    region: str
    product: str
    version: str
    reason: str
    remedy: str

    def finding(self) -> Finding:
        """As a person can act on it."""
        place = Place(f"products/{self.product}/product.yaml")
        problem = f"version {self.version} of {self.product} stays in {self.region}: {self.reason}"
        return Finding(place, problem, self.remedy)


@dataclass(frozen=True)
class Retirement:
    """What a product's withdrawals come to. `held`: versions that are deprecated and no more than that for now.

    `later`: what a later publish does, and why not this one.
    """

    actions: tuple[Action, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    later: tuple[str, ...] = ()
    held: frozenset[str] = frozenset()


def retire(
    desired: Desired,
    product: Product,
    live: LiveProduct,
    portfolios: Sequence[LivePortfolio],
    ours: Mapping[str, LivePortfolio],
) -> Retirement:
    """The next step of every withdrawn version of `product`. `ours`: the catalog's own `portfolios`, by name."""
    found = [each for each in live.versions if each.name in product.deleted]
    refusals = list(_guarded(desired, product, live))
    held = frozenset(each.version for each in refusals)
    free = [each for each in found if each.name not in held]
    closing = [each for each in free if each.active]
    actions: list[Action] = [
        act.UpdateVersion(product.name, each.name, "DEPRECATED", each.name in held and each.active)
        for each in found
        if each in closing or (each.name in held and each.guidance != "DEPRECATED")
    ]
    later = [
        f"version {each.name} of {product.name} is made inactive first; the publish after that deletes it"
        for each in closing
    ]
    if not product.versions:
        unknown = [each for each in live.versions if each.name not in product.deleted]
        if unknown:
            others = ", ".join(f"{each.name} ({each.id})" for each in unknown)
            later.append(f"{product.name} is kept for its versions {others}, which have no release here")
        elif not held and not closing:
            removal = _removal(desired, product, live, portfolios, ours)
            if isinstance(removal, Refusal):
                refusals.append(removal)
            else:
                actions += removal
            return Retirement(tuple(actions), tuple(refusals), tuple(later), held)
    gone = [each for each in free if not each.active]
    if len(gone) == len(live.versions) and not product.versions:
        gone = gone[:-1]  # a product keeps one version at least; the last one goes with it
    actions += [act.DeleteVersion(product.name, each.name) for each in gone]
    return Retirement(tuple(actions), tuple(refusals), tuple(later), held)


def _guarded(desired: Desired, product: Product, live: LiveProduct) -> Iterator[Refusal]:
    """What must not happen to users: their version inactive, or gone."""
    inactive = {each.name for each in product.versions if not each.active}
    for version in live.versions:
        if f"{product.name}/{version.name}" in desired.forced:
            continue
        users = [who for name, who in product.users if name == version.name]
        goes = version.name in product.deleted
        if users and (goes or (version.name in inactive and version.active)):
            yield _refusal(desired, product, version, _in_use(users))
        elif goes and not version.active and not desired.inventory:
            yield _refusal(desired, product, version, "no complete inventory says whether somebody uses it")


def _in_use(users: Sequence[str]) -> str:
    more = f" and {len(users) - _SHOWN} more" if len(users) > _SHOWN else ""
    return f"in use by {', '.join(users[:_SHOWN])}{more}"


def _refusal(desired: Desired, product: Product, version: LiveVersion, reason: str) -> Refusal:
    name = f"{product.name}/{version.name}"
    remedy = f"record the inventory, move its users to another version, then publish again; or `--force {name}`"
    return Refusal(desired.region, product.name, version.name, reason, remedy)


def _removal(
    desired: Desired,
    product: Product,
    live: LiveProduct,
    portfolios: Sequence[LivePortfolio],
    ours: Mapping[str, LivePortfolio],
) -> Refusal | list[Action]:
    strangers = [each for each in portfolios if live.id in each.product_ids and each not in ours.values()]
    if strangers:
        names = ", ".join(f"{each.data.display_name} ({each.id})" for each in strangers)
        remedy = "have it taken out of there; this catalog leaves portfolios of others alone"
        last = live.versions[-1].name if live.versions else ""
        return Refusal(
            desired.region, product.name, last, f"the product is in portfolio {names}, not of this catalog", remedy
        )
    actions: list[Action] = []
    for name, portfolio in ours.items():
        actions += [
            act.DeleteConstraint(product.name, name, each.id)
            for each in portfolio.constraints
            if each.product_id == live.id
        ]
        if live.id in portfolio.product_ids:
            actions.append(act.DisassociateProduct(product.name, name))
    return [*actions, act.DeleteProduct(product.name)]
