"""A region of the hub in memory, as strict as Service Catalog is, and small things to put into it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from harness.errors import known_error
from harness.publish.apply import Means, apply_plan
from harness.publish.model import (
    CATALOG_TAG,
    PORTFOLIO_TAG,
    PRODUCT_TAG,
    Attestation,
    Desired,
    Live,
    LiveConstraint,
    LivePortfolio,
    LiveProduct,
    LiveTagOption,
    LiveVersion,
    Portfolio,
    PortfolioData,
    Principal,
    Product,
    ProductData,
    Share,
    StoredObject,
    Tags,
    Version,
    described,
)
from harness.publish.plan import Plan, make_plan
from harness.publish.provenance import Origin

CATALOG = "tiny"
LEAD = Principal("arn:aws:iam:::role/platform-lead", "IAM_PATTERN")
UNIT = Share("ORGANIZATIONAL_UNIT", "ou-plat-workload", True, False)


def digest(letter: str) -> str:
    return letter * 64


def version(name: str, letter: str = "a", **changes: object) -> Version:
    key = f"templates/domain/{name}/{digest(letter)}.yaml"
    made = Version(name, described("Better.", digest(letter)), digest(letter), key)
    return replace(made, **changes)  # type: ignore[arg-type]


def product(name: str = "domain", *versions: Version, title: str = "") -> Product:
    data = ProductData(
        title or name.title(), "Team", "A product.", "Catalog", "Ask.", "a@example.com", "https://b.example"
    )
    tags = ((CATALOG_TAG, CATALOG), (PRODUCT_TAG, name))
    versions = versions or (version("1.0.0"),)
    return Product(name, data, tags, versions, tuple(attestation(name, each) for each in versions))


def template(name: str, version: Version) -> StoredObject:
    return StoredObject(
        version.template_key, f"products/{name}/releases/{version.name}/template.yaml", version.digest, 10
    )


def attestation(name: str, version: Version) -> Attestation:
    key = version.template_key.replace(".yaml", ".provenance.json")
    return Attestation(version.name, key, (template(name, version),))


def portfolio(*products: str, shares: tuple[Share, ...] = (UNIT,)) -> Portfolio:
    return Portfolio(
        name="ml",
        data=PortfolioData("ML", "All of it.", "Team"),
        tags=((CATALOG_TAG, CATALOG), (PORTFOLIO_TAG, "ml")),
        products=tuple((name, f"platform-launch-{name}") for name in products or ("domain",)),
        principals=(LEAD,),
        tag_options=(("class", "internal"), ("class", "secret")),
        shares=shares,
        receivers=((UNIT.id, "222222222221"),),
    )


def desired(*products: Product, region: str = "eu-west-1", left_out: tuple[str, ...] = ()) -> Desired:
    chosen = products or (product(),)
    return Desired(
        catalog=CATALOG,
        region=region,
        bucket=f"platform-artifacts-111111111111-{region}",
        objects=tuple(
            {each.template_key: template(one.name, each) for one in chosen for each in one.versions}.values()
        ),
        products=chosen,
        portfolios=(portfolio(*(each.name for each in chosen)),),
        left_out=left_out,
        released=frozenset(each.key for one in chosen for each in one.attestations),
    )


def means(**changes: object) -> Means:
    """What performing needs: frozen files of the right size, and an origin of nothing known."""
    made = Means(read=lambda stored: b"x" * stored.size, origin=lambda _attestation: Origin())
    return replace(made, **changes)  # type: ignore[arg-type]


class Killed(BaseException):
    """The process dies here."""


class FakeHub:
    """Holds what it is told to; refuses what Service Catalog would, and notices what must not happen.

    `die_at`: number of the call, from 1, at which the process dies, before its effect or (`after_effect`) after it.
    `fail`: names of methods that fail in a way we understand.
    """

    def __init__(self, region: str = "eu-west-1") -> None:
        self.live = Live("111111111111", region)
        self.calls: list[str] = []
        self.die_at, self.after_effect = 0, False
        self.fail: set[str] = set()
        self.overlaps: list[str] = []
        self.holder = ""
        self._busy: set[str] = set()
        self._tokens: dict[str, object] = {}
        self._lock = threading.RLock()
        self._number = 0

    def read(self) -> Live:
        return self.live

    @contextmanager
    def exclusively(
        self, wait: float, tell: Callable[[str], None], stop: threading.Event
    ) -> Iterator[Callable[[], None]]:
        if self.holder:
            raise known_error("hub", f"{self.holder} is publishing there", "wait")
        yield lambda: None

    def attest(self, key: str, payload: bytes) -> None:
        with self._call("attest"):
            self._store(key, len(payload))

    @contextmanager
    def _call(self, name: str, exclusive: str = "") -> Iterator[None]:
        with self._lock:
            self.calls.append(name)
            number = len(self.calls)
            if name in self.fail:
                raise known_error("hub", f"{name} failed", "try again")
            if number == self.die_at and not self.after_effect:
                raise Killed
            if exclusive and exclusive in self._busy:
                self.overlaps.append(exclusive)
            self._busy.add(exclusive)
        if exclusive:
            time.sleep(0.001)  # gives a parallel call the chance to be noticed
        with self._lock:
            yield
            self._busy.discard(exclusive)
            if number == self.die_at:
                raise Killed

    def _id(self, prefix: str) -> str:
        self._number += 1
        return f"{prefix}-{self._number}"

    def _portfolio(self, portfolio_id: str, **changes: object) -> None:
        assert any(each.id == portfolio_id for each in self.live.portfolios)
        changed = (
            replace(each, **changes) if each.id == portfolio_id else each  # type: ignore[arg-type]
            for each in self.live.portfolios
        )
        self.live = replace(self.live, portfolios=tuple(changed))

    def portfolio(self, portfolio_id: str) -> LivePortfolio:
        return next(each for each in self.live.portfolios if each.id == portfolio_id)

    def _products(self, product_id: str, changed: LiveProduct) -> None:
        products = tuple(changed if each.id == product_id else each for each in self.live.products)
        self.live = replace(self.live, products=products)

    def product(self, product_id: str) -> LiveProduct:
        return next(each for each in self.live.products if each.id == product_id)

    def upload(self, key: str, content: bytes) -> None:
        with self._call("upload"):
            self._store(key, len(content))

    def _store(self, key: str, size: int) -> None:
        kept = tuple(each for each in self.live.objects if each[0] != key)
        self.live = replace(self.live, objects=(*kept, (key, size)))

    def create_tag_option(self, key: str, value: str) -> str:
        with self._call("create_tag_option"):
            made = LiveTagOption(self._id("tag"), key, value, True)
            self.live = replace(self.live, tag_options=(*self.live.tag_options, made))
            return made.id

    def activate_tag_option(self, tag_option_id: str) -> None:
        with self._call("activate_tag_option"):
            options = (replace(each, active=each.active or each.id == tag_option_id) for each in self.live.tag_options)
            self.live = replace(self.live, tag_options=tuple(options))

    def create_portfolio(self, data: PortfolioData, tags: Tags, token: str) -> str:
        with self._call("create_portfolio"):
            made = LivePortfolio(self._id("port"), data, tags)
            self.live = replace(self.live, portfolios=(*self.live.portfolios, made))
            return made.id

    def update_portfolio(self, portfolio_id: str, data: PortfolioData, tags: Tags) -> None:
        with self._call("update_portfolio"):
            kept = {**dict(self.portfolio(portfolio_id).tags), **dict(tags)}
            self._portfolio(portfolio_id, data=data, tags=tuple(sorted(kept.items())))

    def create_product(self, data: ProductData, tags: Tags, version: Version, token: str) -> tuple[str, str]:
        with self._call("create_product"):
            self._demand_template(version)
            first = LiveVersion(self._id("pa"), version.name, version.description, "DEFAULT", True)
            made = LiveProduct(self._id("prod"), data, tags, (first,))
            self.live = replace(self.live, products=(*self.live.products, made))
            return made.id, first.id

    def update_product(self, product_id: str, data: ProductData, tags: Tags) -> None:
        with self._call("update_product"):
            live = self.product(product_id)
            kept = {**dict(live.tags), **dict(tags)}
            self._products(product_id, replace(live, data=data, tags=tuple(sorted(kept.items()))))

    def create_version(self, product_id: str, version: Version, token: str) -> str:
        with self._call("create_version", exclusive=product_id):
            self._demand_template(version)
            live = self.product(product_id)
            made = LiveVersion(self._id("pa"), version.name, version.description, "DEFAULT", True)
            self._products(product_id, replace(live, versions=(*live.versions, made)))
            return made.id

    def _demand_template(self, version: Version) -> None:
        assert version.template_key in dict(self.live.objects), "no template at the URL"

    def update_version(self, product_id: str, version_id: str, guidance: str, active: bool) -> None:
        with self._call("update_version", exclusive=product_id):
            live = self.product(product_id)
            versions = (
                replace(each, guidance=guidance, active=active) if each.id == version_id else each
                for each in live.versions
            )
            self._products(product_id, replace(live, versions=tuple(versions)))

    def delete_version(self, product_id: str, version_id: str) -> None:
        with self._call("delete_version", exclusive=product_id):
            live = self.product(product_id)
            kept = tuple(each for each in live.versions if each.id != version_id)
            assert kept, "ResourceInUse: the last version cannot be deleted"
            self._products(product_id, replace(live, versions=kept))

    def delete_constraint(self, constraint_id: str) -> None:
        with self._call("delete_constraint"):
            for live in self.live.portfolios:
                kept = tuple(each for each in live.constraints if each.id != constraint_id)
                self._portfolio(live.id, constraints=kept)

    def disassociate_product(self, product_id: str, portfolio_id: str) -> None:
        with self._call("disassociate_product"):
            live = self.portfolio(portfolio_id)
            assert all(each.product_id != product_id for each in live.constraints), "ResourceInUse: constraints"
            self._portfolio(portfolio_id, product_ids=tuple(each for each in live.product_ids if each != product_id))

    def delete_product(self, product_id: str) -> None:
        with self._call("delete_product"):
            held = [each.id for each in self.live.portfolios if product_id in each.product_ids]
            assert not held, "ResourceInUse: a portfolio has it"
            kept = tuple(each for each in self.live.products if each.id != product_id)
            self.live = replace(self.live, products=kept)

    def associate_product(self, product_id: str, portfolio_id: str) -> None:
        with self._call("associate_product"):
            assert self.product(product_id)
            self._portfolio(portfolio_id, product_ids=(*self.portfolio(portfolio_id).product_ids, product_id))

    def create_launch_constraint(self, product_id: str, portfolio_id: str, local_role_name: str, token: str) -> None:
        with self._call("create_launch_constraint"):
            live = self.portfolio(portfolio_id)
            assert product_id in live.product_ids, "ResourceNotFound: the product is not in the portfolio"
            made = LiveConstraint(self._id("cons"), "LAUNCH", product_id, local_role_name)
            self._portfolio(portfolio_id, constraints=(*live.constraints, made))

    def update_launch_constraint(self, constraint_id: str, local_role_name: str) -> None:
        with self._call("update_launch_constraint"):
            for live in self.live.portfolios:
                changed = (
                    replace(each, local_role_name=local_role_name) if each.id == constraint_id else each
                    for each in live.constraints
                )
                self._portfolio(live.id, constraints=tuple(changed))

    def associate_principal(self, portfolio_id: str, principal: Principal) -> None:
        with self._call("associate_principal"):
            self._portfolio(portfolio_id, principals=(*self.portfolio(portfolio_id).principals, principal))

    def associate_tag_option(self, portfolio_id: str, tag_option_id: str) -> None:
        with self._call("associate_tag_option"):
            ids = (*self.portfolio(portfolio_id).tag_option_ids, tag_option_id)
            self._portfolio(portfolio_id, tag_option_ids=ids)

    def create_share(self, portfolio_id: str, share: Share) -> None:
        with self._call("create_share", exclusive="shares"):
            live = self.portfolio(portfolio_id)
            reached = (*live.receivers, (share.id, "222222222221"))
            self._portfolio(portfolio_id, shares=(*live.shares, share), receivers=reached)

    def update_share(self, portfolio_id: str, share: Share) -> None:
        with self._call("update_share", exclusive="shares"):
            others = (each for each in self.portfolio(portfolio_id).shares if each.id != share.id)
            self._portfolio(portfolio_id, shares=(*others, share))


def published(wanted: Desired) -> FakeHub:
    """A hub that holds what was wanted."""
    hub = FakeHub(wanted.region)
    plan = Plan(CATALOG, (make_plan(wanted, hub.read()),))
    apply_plan(plan, {wanted.region: hub}, means())
    hub.calls.clear()
    return hub
