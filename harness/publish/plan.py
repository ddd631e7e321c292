"""Live and desired state in, a list of actions out. It only figures out what calls we should make; it makes none.

What is live and unknown to the catalog is reported and left alone. What is live in another form is set right. Content
is compared by digest: a version of the same name with other bytes is a conflict, never an update.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, replace

from harness.errors import Finding, Place
from harness.publish import actions as act
from harness.publish.actions import Action
from harness.publish.fingerprint import fingerprint
from harness.publish.model import (
    CATALOG_TAG,
    PORTFOLIO_TAG,
    PRODUCT_TAG,
    Desired,
    Live,
    LivePortfolio,
    LiveProduct,
    LiveVersion,
    Portfolio,
    PortfolioData,
    Product,
    ProductData,
    Tags,
    Version,
    described_digest,
)
from harness.publish.quotas import Forecast, forecast
from harness.publish.retirement import Refusal, Retirement, retire

FORMAT = 1
_SHOWN = 60  # characters of a text that was changed


@dataclass(frozen=True)
class Known:
    """The identifiers that live things have already, by the catalog's names."""

    products: Tags = ()  # (product name, prod-…)
    portfolios: Tags = ()  # (portfolio name, port-…)
    versions: tuple[tuple[str, str, str], ...] = ()  # (product name, version name, pa-…)
    tag_options: tuple[tuple[str, str, str], ...] = ()  # (key, value, tag-…)


@dataclass(frozen=True)
class Conflict:
    """A version that is live with other bytes than those released under its name."""

    region: str
    product: str
    version: str
    live: str  # sha256, or empty when the live one states none
    released: str

    def finding(self) -> Finding:
        live = f"is live with sha256 {self.live}" if self.live else "is live without a digest, made by something else"
        return Finding(
            Place(f"products/{self.product}/releases/{self.version}"),
            f"version {self.version} of {self.product} {live} in {self.region}, "
            f"but is released with sha256 {self.released}",
            "a published version never changes: restore the release from the history, or set a new version in "
            f"products/{self.product}/product.yaml and `build.py release {self.product}`",
        )


@dataclass(frozen=True)
class RegionPlan:
    """What to do in one region. `notices` are live things that are left alone, `later` what a next publish does.

    `fingerprint`: of the live state that it was made from; elsewhere, or later, the plan may be wrong.
    """

    account: str
    region: str
    bucket: str
    fingerprint: str
    known: Known
    actions: tuple[Action, ...]
    conflicts: tuple[Conflict, ...]
    refusals: tuple[Refusal, ...]
    forecasts: tuple[Forecast, ...]
    notices: tuple[str, ...]
    later: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What to do in the whole hub."""

    catalog: str
    regions: tuple[RegionPlan, ...]
    format: int = FORMAT

    @property
    def size(self) -> int:
        """The number of actions."""
        return sum(len(each.actions) for each in self.regions)

    @property
    def conflicts(self) -> tuple[Conflict, ...]:
        return tuple(conflict for region in self.regions for conflict in region.conflicts)

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        return tuple(refusal for region in self.regions for refusal in region.refusals)


def make_plan(desired: Desired, live: Live) -> RegionPlan:
    """Everything that brings a region from `live` to `desired`, in an order that can be performed."""
    planner = _Planner(desired, live)
    planned = sorted(planner.actions(), key=lambda action: action.stage)  # stable: within a stage as yielded
    return RegionPlan(
        account=live.account,
        region=desired.region,
        bucket=desired.bucket,
        fingerprint=fingerprint(live),
        known=planner.known(),
        actions=tuple(planned),
        conflicts=tuple(planner.conflicts()),
        refusals=tuple(refusal for each in planner.retirements.values() for refusal in each.refusals),
        forecasts=tuple(planner.forecasts()),
        notices=tuple(planner.notices()),
        later=tuple(line for each in planner.retirements.values() for line in each.later),
    )


class _Planner:
    """Pairs what is desired with what is live, by tag."""

    def __init__(self, desired: Desired, live: Live) -> None:
        self.desired, self.live = desired, live
        self.products: dict[str, LiveProduct] = {}
        self.portfolios: dict[str, LivePortfolio] = {}
        for product in live.products:
            if name := _named(product.tags, desired.catalog, PRODUCT_TAG):
                self.products.setdefault(name, product)
        for portfolio in live.portfolios:
            if name := _named(portfolio.tags, desired.catalog, PORTFOLIO_TAG):
                self.portfolios.setdefault(name, portfolio)
        self.stored = dict(live.objects)
        self.retirements: dict[str, Retirement] = {
            each.name: retire(desired, each, self.products[each.name], live.portfolios, self.portfolios)
            for each in desired.products
            if each.name in self.products
        }

    def known(self) -> Known:
        return Known(
            products=tuple((name, each.id) for name, each in self.products.items()),
            portfolios=tuple((name, each.id) for name, each in self.portfolios.items()),
            versions=tuple(
                (name, version.name, version.id)
                for name, each in self.products.items()
                for version in _by_name(each).values()
            ),
            tag_options=tuple((each.key, each.value, each.id) for each in self.live.tag_options),
        )

    def actions(self) -> Iterator[Action]:
        yield from self._uploads()
        yield from self._tag_options()
        for product in self.desired.products:
            yield from self._product(product)
        for portfolio in self.desired.portfolios:
            yield from self._portfolio(portfolio)

    def _uploads(self) -> Iterator[Action]:
        for each in self.desired.objects:
            if self.stored.get(each.key) != each.size:  # keys say the digest
                yield act.UploadObject(each)

    def _tag_options(self) -> Iterator[Action]:
        live = {(each.key, each.value): each for each in self.live.tag_options}
        wanted = dict.fromkeys(pair for each in self.desired.portfolios for pair in each.tag_options)
        for key, value in wanted:
            if (key, value) not in live:
                yield act.CreateTagOption(key, value)
            elif not live[key, value].active:
                yield act.ActivateTagOption(key, value)

    def _product(self, product: Product) -> Iterator[Action]:
        live = self.products.get(product.name)
        there = _by_name(live) if live else {}
        # A statement is made anew with the version, whatever an interrupted publish has left at its place.
        for attestation in product.attestations:
            if attestation.version not in there or attestation.key not in self.stored:
                yield act.AttestVersion(product.name, attestation)
        later = list(product.versions)
        if live is None and later:
            first = later.pop(0)
            yield act.CreateProduct(product.name, product.data, product.tags, first)
            yield from _guide(product, first, None)
        elif live is not None and later:
            changed = (*_changed(product.data, live.data), *_changed_tags(product.tags, live.tags))
            if changed:
                yield act.UpdateProduct(product.name, product.data, product.tags, changed)
        retirement = self.retirements.get(product.name)
        for version in later:
            if version.name not in there:
                yield act.CreateVersion(product.name, version)
            if retirement is not None and version.name in retirement.held:
                version = replace(version, active=True)
            yield from _guide(product, version, there.get(version.name))
        if retirement is not None:
            yield from retirement.actions

    def _portfolio(self, portfolio: Portfolio) -> Iterator[Action]:
        live = self.portfolios.get(portfolio.name)
        if live is None:
            yield act.CreatePortfolio(portfolio.name, portfolio.data, portfolio.tags)
        elif changed := (*_changed(portfolio.data, live.data), *_changed_tags(portfolio.tags, live.tags)):
            yield act.UpdatePortfolio(portfolio.name, portfolio.data, portfolio.tags, changed)
        for product, role in portfolio.products:
            yield from self._association(portfolio.name, live, product, role)
        for principal in portfolio.principals:
            if live is None or principal not in live.principals:
                yield act.AssociatePrincipal(portfolio.name, principal)
        offered = self._offered(live)
        for key, value in portfolio.tag_options:
            if (key, value) not in offered:
                yield act.AssociateTagOption(portfolio.name, key, value)
        shares = {(each.type, each.id): each for each in live.shares} if live else {}
        for share in portfolio.shares:
            if (share.type, share.id) not in shares:
                yield act.CreateShare(portfolio.name, share)
                continue
            # A share whose operation ended with errors is there all the same, for some accounts and not for others.
            unreached = sorted(
                account
                for share_id, account in set(portfolio.receivers) - set(live.receivers if live else ())
                if share_id == share.id
            )
            if shares[share.type, share.id] != share or unreached:
                yield act.UpdateShare(portfolio.name, share, tuple(unreached))

    def _association(self, portfolio: str, live: LivePortfolio | None, product: str, role: str) -> Iterator[Action]:
        known = self.products.get(product)
        if live is None or known is None or known.id not in live.product_ids:
            yield act.AssociateProduct(product, portfolio)
            yield act.CreateLaunchConstraint(product, portfolio, role)
            return
        launch = [each for each in live.constraints if each.type == "LAUNCH" and each.product_id == known.id]
        if not launch:
            yield act.CreateLaunchConstraint(product, portfolio, role)
        elif launch[0].local_role_name != role:
            yield act.UpdateLaunchConstraint(product, portfolio, role, launch[0].id, launch[0].local_role_name)

    def _offered(self, live: LivePortfolio | None) -> set[tuple[str, str]]:
        ids = live.tag_option_ids if live else ()
        return {(each.key, each.value) for each in self.live.tag_options if each.id in ids}

    def conflicts(self) -> Iterator[Conflict]:
        for product in self.desired.products:
            live = self.products.get(product.name)
            released = {each.name: each.digest for each in product.versions}
            for version in live.versions if live else ():
                digest = described_digest(version.description) or ""
                if version.name in released and digest != released[version.name]:
                    yield Conflict(self.desired.region, product.name, version.name, digest, released[version.name])

    def forecasts(self) -> Iterator[Forecast]:
        ids = {name: frozenset(each.product_ids) for name, each in self.portfolios.items()}
        yield from forecast(self.desired, self.live, self.products, ids)

    def notices(self) -> Iterator[str]:
        yield from self._unknown_products()
        unknown = sorted(set(self.stored) - self.desired.released - {each.key for each in self.desired.objects})
        if unknown:
            others = f" and {len(unknown) - 1} more" if len(unknown) > 1 else ""
            yield f"the artifact bucket holds {unknown[0]}{others}, which no release has"
        for portfolio in self.live.portfolios:
            name = _named(portfolio.tags, self.desired.catalog, PORTFOLIO_TAG)
            wanted = next((each for each in self.desired.portfolios if each.name == name), None)
            label = f"portfolio {portfolio.data.display_name} ({portfolio.id})"
            if name and self.portfolios[name] is not portfolio:
                yield f"{label} carries the tags of {name} a second time"
            elif wanted is None:
                yield f"{label} is not of this catalog"
            else:
                yield from self._unknown_within(wanted, portfolio)

    def _unknown_products(self) -> Iterator[str]:
        desired = {each.name: each for each in self.desired.products}
        for product in self.live.products:
            name = _named(product.tags, self.desired.catalog, PRODUCT_TAG)
            label = f"product {product.data.name} ({product.id})"
            if name and self.products[name] is not product:
                yield f"{label} carries the tags of {name} a second time"
            elif name in desired:
                released = {*(each.name for each in desired[name].versions), *desired[name].deleted}
                for version in product.versions:
                    if version.name not in released:
                        yield f"version {version.name} ({version.id}) of {name} has no release here"
                    elif _by_name(product)[version.name] is not version:
                        yield f"version {version.name} ({version.id}) of {name} is there twice"
            elif name not in self.desired.left_out:
                yield f"{label} is not of this catalog"

    def _unknown_within(self, wanted: Portfolio, live: LivePortfolio) -> Iterator[str]:
        leaving = (each.name for each in self.desired.products if not each.versions)
        names = [*(name for name, _ in wanted.products), *self.desired.left_out, *leaving]
        products = {self.products[name].id: name for name in names if name in self.products}
        titles = {each.id: f"{each.data.name} ({each.id})" for each in self.live.products}
        yield from (
            f"{wanted.name} holds the product {titles.get(each, each)}, which it does not name"
            for each in live.product_ids
            if each not in products
        )
        for principal in sorted(set(live.principals) - set(wanted.principals)):
            yield f"{wanted.name} is granted to {principal.arn}, which the catalog does not name"
        for constraint in live.constraints:
            if constraint.type != "LAUNCH":
                product = products.get(constraint.product_id, constraint.product_id)
                yield f"{wanted.name} has a {constraint.type} constraint ({constraint.id}) on {product}"
        receivers = {(each.type, each.id) for each in wanted.shares}
        yield from (
            f"{wanted.name} is shared with {each.id}, which the catalog does not name"
            for each in live.shares
            if (each.type, each.id) not in receivers
        )
        for key, value in sorted(self._offered(live) - set(wanted.tag_options)):
            yield f"{wanted.name} offers the tag option {key}={value}, which the catalog does not name"


def _named(tags: Tags, catalog: str, tag: str) -> str | None:
    """The catalog's name of a live thing, from its tags; None when it is not of this catalog."""
    values = dict(tags)
    return values.get(tag) if values.get(CATALOG_TAG) == catalog else None


def _by_name(product: LiveProduct) -> dict[str, LiveVersion]:
    """The live versions by name; of two with one name the first made, for names are not unique."""
    return {version.name: version for version in reversed(product.versions)}


def _guide(product: Product, version: Version, live: LiveVersion | None) -> Iterator[Action]:
    guidance, active = (live.guidance, live.active) if live else ("DEFAULT", True)
    if (guidance, active) != (version.guidance, version.active):
        yield act.UpdateVersion(product.name, version.name, version.guidance, version.active)


def _changed(desired: ProductData | PortfolioData, live: ProductData | PortfolioData) -> tuple[str, ...]:
    names = [each.name for each in fields(desired)]
    return tuple(
        f"{name.replace('_', ' ')} ({_was(getattr(live, name))})"
        for name in names
        if getattr(desired, name) != getattr(live, name)
    )


def _changed_tags(desired: Tags, live: Tags) -> tuple[str, ...]:
    before = dict(live)
    return tuple(f"tag {key} ({_was(before.get(key, ''))})" for key, _ in sorted(set(desired) - set(live)))


def _was(value: str) -> str:
    shown = value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…"
    return f"was “{shown}”" if shown else "was missing"
