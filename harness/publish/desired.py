"""What each region of the hub should hold, computed from the frozen releases and the portfolios. Reads no account.

Everything comes from releases/<version>/: what product.yaml says of a version that is not released is not published.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from harness.catalog.load import LoadedProduct, Repository
from harness.catalog.model import Portfolio as PortfolioSpec
from harness.catalog.model import Share as ShareSpec
from harness.catalog.release import MANIFEST, TEMPLATE, Release, load_releases, verify
from harness.errors import Finding, KnownError, Place
from harness.publish.inventory import Inventory
from harness.publish.model import (
    CATALOG_TAG,
    PORTFOLIO_TAG,
    PRODUCT_TAG,
    Attestation,
    Desired,
    Portfolio,
    PortfolioData,
    Principal,
    Product,
    ProductData,
    Share,
    StoredObject,
    Version,
    described,
)


@dataclass(frozen=True)
class Frozen:
    """A product with what is released of it, oldest first; none released is empty. `files`: by version."""

    product: LoadedProduct
    releases: tuple[Release, ...]
    files: Mapping[str, tuple[StoredObject, ...]]


def read_releases(repository: Repository) -> tuple[Frozen, ...]:
    """Every product's releases. Raises KnownError where a manifest cannot be read."""
    return tuple(_read(repository, product) for product in repository.products)


def _read(repository: Repository, product: LoadedProduct) -> Frozen:
    releases = load_releases(product)
    return Frozen(product, releases, {each.version: _files(repository, product.name, each) for each in releases})


def _files(repository: Repository, name: str, release: Release) -> tuple[StoredObject, ...]:
    """Template, assets and manifest. Each key says the digest, so that a listing of the bucket tells the content."""
    manifest, path = release.manifest, release.path
    template = manifest.template
    content = (repository.root / path / MANIFEST).read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    key = template_key(name, release.version, template.sha256)
    return (
        StoredObject(key, f"{path}/{TEMPLATE}", template.sha256, template.bytes),
        *(StoredObject(each.key, f"{path}/{each.key}", each.sha256, each.bytes) for each in manifest.assets),
        StoredObject(f"manifests/{name}/{release.version}/{digest}.json", f"{path}/{MANIFEST}", digest, len(content)),
    )


@dataclass(frozen=True)
class Survey:
    """`broken`: frozen files that changed, so nothing may be published; `unreleased`: work that is not frozen yet."""

    broken: tuple[Finding, ...]
    unreleased: tuple[Finding, ...]


def survey(repository: Repository, frozen: tuple[Frozen, ...]) -> Survey:
    """What stands between the working tree and its publication. Never raises: a broken draft hinders no release."""
    broken: list[Finding] = []
    waiting: list[Finding] = []
    for each in frozen:
        waiting += _not_frozen(each)
        try:
            findings = verify(repository, each.product.name)
        except KnownError as error:
            findings = error.findings
        for finding in findings:
            (broken if finding.place.path.startswith(f"{each.product.path}/releases/") else waiting).append(finding)
    return Survey(tuple(broken), tuple(waiting))


def _not_frozen(frozen: Frozen) -> list[Finding]:
    product = frozen.product
    if not frozen.releases:
        return [without_release(product)]
    if any(each.version == product.version for each in frozen.releases):
        return []
    newest = frozen.releases[-1].version
    problem = f"version {product.version} of {product.name} is not released yet; the newest release is {newest}"
    return [Finding(_place(product), problem, _release(product))]


def without_release(product: LoadedProduct) -> Finding:
    """What is said of a product that cannot be published as yet."""
    return Finding(_place(product), f"{product.name} has no release", _release(product))


def _place(product: LoadedProduct) -> Place:
    return Place(f"{product.path}/product.yaml")


def _release(product: LoadedProduct) -> str:
    return f"`build.py release {product.name}`"


@dataclass(frozen=True)
class Usage:
    """What is known of users, and whom to overrule: PRODUCT/VERSION that may go all the same."""

    inventory: Inventory | None = None
    forced: frozenset[str] = frozenset()

    @property
    def taken(self) -> str:
        """When everybody was asked; empty where nobody, or not everybody, was."""
        return self.inventory.taken if self.inventory and self.inventory.complete else ""


def desired_region(
    repository: Repository,
    frozen: tuple[Frozen, ...],
    region: str,
    names: tuple[str, ...] = (),
    usage: Usage | None = None,
) -> Desired:
    """What `region` should hold of the released products, or of those named.

    Products without a release are left out, from portfolios too; `survey` names them.
    """
    catalog, usage = repository.catalog, usage or Usage()
    chosen = [each for each in frozen if each.releases and (not names or each.product.name in names)]
    products = tuple(_product(repository, each, usage) for each in chosen)
    offered = {each.name for each in products if each.versions}
    roles = {each.product.name: each.product.launch_role for each in chosen if each.product.name in offered}
    # Versions, and products, may share an asset: one object a key.
    objects = {
        each.key: each for product in chosen for release in _kept(product) for each in product.files[release.version]
    }
    return Desired(
        catalog=catalog.catalog,
        region=region,
        bucket=artifact_bucket(catalog.landscape.hub.account, region),
        objects=tuple(sorted(objects.values())),
        products=products,
        portfolios=tuple(_portfolio(repository, each, roles) for each in repository.portfolios),
        left_out=tuple(each.product.name for each in frozen if names and each.product.name not in names),
        released=frozenset(_released_keys(frozen)),
        inventory=usage.taken,
        forced=usage.forced,
    )


def artifact_bucket(hub: str, region: str) -> str:
    """The name of the hub's artifact bucket of a region; the hub foundation makes it."""
    return f"platform-artifacts-{hub}-{region}"


def template_key(product: str, version: str, digest: str) -> str:
    """Where a version's template lies in the artifact bucket."""
    return f"templates/{product}/{version}/{digest}.yaml"


def provenance_key(product: str, version: str, digest: str) -> str:
    """Where the signed statement of a version's origin lies: beside the template of that digest."""
    return template_key(product, version, digest).removesuffix(".yaml") + ".provenance.json"


def _kept(frozen: Frozen) -> tuple[Release, ...]:
    """The releases that the hub should hold."""
    withdrawn = frozen.product.spec.withdrawn
    return tuple(each for each in frozen.releases if withdrawn.get(each.version) != "deleted")


def _attestation(frozen: Frozen, release: Release) -> Attestation:
    key = provenance_key(frozen.product.name, release.version, release.manifest.template.sha256)
    return Attestation(release.version, key, frozen.files[release.version])


def _released_keys(frozen: tuple[Frozen, ...]) -> Iterator[str]:
    for product in frozen:
        yield from (_attestation(product, release).key for release in product.releases)
        yield from (stored.key for files in product.files.values() for stored in files)


def _product(repository: Repository, frozen: Frozen, usage: Usage) -> Product:
    product, catalog, kept = frozen.product, repository.catalog, _kept(frozen)
    support = product.support or catalog.support
    tags = {**product.tags, CATALOG_TAG: catalog.catalog, PRODUCT_TAG: product.name}
    return Product(
        name=product.name,
        data=ProductData(
            name=product.title,
            owner=product.owner,
            description=product.description or product.summary,
            distributor=catalog.title,
            support_description=support.description,
            support_email=support.email,
            support_url=support.url,
        ),
        tags=tuple(sorted(tags.items())),
        versions=tuple(_version(product, each) for each in kept),
        attestations=tuple(_attestation(frozen, each) for each in kept),
        deleted=tuple(each.version for each in frozen.releases if each not in kept),
        users=usage.inventory.users(product.name) if usage.inventory else (),
    )


def _version(product: LoadedProduct, release: Release) -> Version:
    digest = release.manifest.template.sha256
    withdrawal = product.spec.withdrawn.get(release.version)
    return Version(
        name=release.version,
        description=described(release.manifest.notes, digest),
        digest=digest,
        template_key=template_key(product.name, release.version, digest),
        guidance="DEPRECATED" if withdrawal else "DEFAULT",
        active=withdrawal != "inactive",
    )


def _portfolio(repository: Repository, spec: PortfolioSpec, roles: dict[str, str]) -> Portfolio:
    catalog = repository.catalog
    return Portfolio(
        name=spec.portfolio,
        data=PortfolioData(spec.title, spec.description, spec.provider or catalog.owner),
        tags=((CATALOG_TAG, catalog.catalog), (PORTFOLIO_TAG, spec.portfolio)),
        products=tuple(
            (name, spec.launch_constraints.get(name, roles[name])) for name in spec.products if name in roles
        ),
        principals=tuple(Principal(persona_pattern(each), "IAM_PATTERN") for each in spec.principals),
        tag_options=tuple((key, value) for key, values in spec.tag_options.items() for value in values),
        shares=tuple(_share(each) for each in spec.shares),
        receivers=tuple(pair for each in spec.shares for pair in _receivers(repository, each)),
    )


def _receivers(repository: Repository, spec: ShareSpec) -> list[tuple[str, str]]:
    """The accounts of the landscape that a share with a unit, or with the organization, is for."""
    return [
        (spec.organization or spec.organizational_unit or "", account)
        for team in repository.catalog.landscape.teams
        for account in team.accounts.values()
        if spec.organization or spec.organizational_unit == team.organizational_unit
    ]


def persona_pattern(persona: str) -> str:
    """A persona's role by name, whatever the account. In the hub it holds for the hub alone.

    Shares carry it on only where a portfolio says `principals: true`: then whoever may make a role of that name in the
    receiving account may launch, so spokes get the exact role of theirs by `import` instead.
    """
    return f"arn:aws:iam:::role/platform-{persona}"


def _share(spec: ShareSpec) -> Share:
    if spec.organization:
        return Share("ORGANIZATION", spec.organization, spec.tag_options, spec.principals)
    if spec.organizational_unit:
        return Share("ORGANIZATIONAL_UNIT", spec.organizational_unit, spec.tag_options, spec.principals)
    return Share("ACCOUNT", spec.account or "", spec.tag_options, spec.principals)
