"""The hub of one region as data: what it should hold and what it holds. Decides nothing and calls nobody.

The same vocabulary serves both sides, so that planning is a comparison: the desired side names things (a product by its
folder name), the live side adds the identifiers that Service Catalog gave them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

CATALOG_TAG = "platform:catalog"
PRODUCT_TAG = "platform:product"
PORTFOLIO_TAG = "platform:portfolio"

Guidance = Literal["DEFAULT", "DEPRECATED"]
PrincipalType = Literal["IAM", "IAM_PATTERN"]
# As reads tell them; the last is a share with one account through the organization, which the catalog never makes.
ShareType = Literal["ACCOUNT", "ORGANIZATIONAL_UNIT", "ORGANIZATION", "ORGANIZATION_MEMBER_ACCOUNT"]
Tags = tuple[tuple[str, str], ...]

_DIGEST = re.compile(r"\[sha256:([0-9a-f]{64})\]\s*$")


def described(text: str, digest: str) -> str:
    """The description of a provisioning artifact: the text, and the template's sha256 that plan compares content by."""
    return f"{text} [sha256:{digest}]".strip()


def described_digest(description: str) -> str | None:
    """The sha256 (64 hex digits) that a provisioning artifact's description ends with, if it does."""
    found = _DIGEST.search(description)
    return found.group(1) if found else None


@dataclass(frozen=True, order=True)
class StoredObject:
    """One object that the regional artifact bucket should hold; `source` is a file relative to the repository root."""

    key: str
    source: str
    sha256: str
    size: int  # bytes


@dataclass(frozen=True)
class Version:
    """One released version of a product, as a provisioning artifact."""

    name: str
    description: str  # ends with the digest of the template
    digest: str  # sha256 of the template, 64 hex digits
    template_key: str  # in the artifact bucket
    guidance: Guidance = "DEFAULT"
    active: bool = True


@dataclass(frozen=True)
class Attestation:
    """The signed statement that belongs to a version: where it lies, and the frozen files that it speaks for."""

    version: str
    key: str  # in the artifact bucket
    subjects: tuple[StoredObject, ...]


@dataclass(frozen=True)
class ProductData:
    """What UpdateProduct can change of a product, in the service's own terms."""

    name: str  # the title that people see; never used to find the product
    owner: str
    description: str
    distributor: str
    support_description: str
    support_email: str
    support_url: str


@dataclass(frozen=True)
class Product:
    """A product as it should be; versions oldest first. One that has none left is to be removed.

    `deleted`: versions that are withdrawn for good. `users`: (version, who) of all that the recorded inventory shows.
    """

    name: str
    data: ProductData
    tags: Tags
    versions: tuple[Version, ...]
    attestations: tuple[Attestation, ...] = ()
    deleted: tuple[str, ...] = ()
    users: Tags = ()


@dataclass(frozen=True, order=True)
class Principal:
    """Who may launch from a portfolio: one identity, or a pattern of role names."""

    arn: str
    type: PrincipalType


@dataclass(frozen=True, order=True)
class Share:
    """A receiver of a portfolio, and what travels with it."""

    type: ShareType
    id: str  # account number, organizational unit id or organization id
    share_tag_options: bool = False
    share_principals: bool = False


@dataclass(frozen=True)
class PortfolioData:
    """What UpdatePortfolio can change of a portfolio."""

    display_name: str
    description: str
    provider: str


@dataclass(frozen=True)
class Portfolio:
    """A portfolio as it should be. `products` maps each product to the role its launches run as (LocalRoleName)."""

    name: str
    data: PortfolioData
    tags: Tags
    products: Tags  # (product name, launch role name)
    principals: tuple[Principal, ...] = ()
    tag_options: Tags = ()  # (key, value); a key may come more than once
    shares: tuple[Share, ...] = ()
    receivers: Tags = ()  # (share id, account): accounts of the landscape that a share through the organization reaches


@dataclass(frozen=True)
class Desired:
    """What one region of the hub should hold. `left_out`: the catalog's products that this publish does not touch.

    `released`: the keys of everything that any release has, also of products left out and versions deleted.
    `inventory`: when users were recorded, empty where they never were. `forced`: PRODUCT/VERSION that may go in spite
    of users.
    """

    catalog: str
    region: str
    bucket: str
    objects: tuple[StoredObject, ...]
    products: tuple[Product, ...]
    portfolios: tuple[Portfolio, ...]
    left_out: tuple[str, ...] = ()
    released: frozenset[str] = frozenset()
    inventory: str = ""
    forced: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LiveVersion:
    """A provisioning artifact."""

    id: str
    name: str
    description: str
    guidance: str
    active: bool


@dataclass(frozen=True)
class LiveProduct:
    """A product, whoever made it."""

    id: str
    data: ProductData
    tags: Tags
    versions: tuple[LiveVersion, ...]  # oldest first; not read where the product is of no catalog


@dataclass(frozen=True)
class LiveConstraint:
    """A constraint on a product in a portfolio."""

    id: str
    type: str  # LAUNCH, TEMPLATE, NOTIFICATION, RESOURCE_UPDATE, STACKSET
    product_id: str
    local_role_name: str  # empty when the constraint names no local role


@dataclass(frozen=True)
class LivePortfolio:
    """A portfolio, whoever made it. Of one that is of no catalog, what hangs on it is not read, save its products."""

    id: str
    data: PortfolioData
    tags: Tags
    product_ids: tuple[str, ...] = ()
    principals: tuple[Principal, ...] = ()
    constraints: tuple[LiveConstraint, ...] = ()
    tag_option_ids: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()
    receivers: Tags = ()  # (share id, account): accounts that shares through the organization have reached


@dataclass(frozen=True)
class LiveTagOption:
    """A tag option; one that is not active is offered to nobody."""

    id: str
    key: str
    value: str
    active: bool


@dataclass(frozen=True)
class Live:
    """What one region of the hub holds. `objects` are (key, size in bytes) of the artifact bucket."""

    account: str
    region: str
    objects: tuple[tuple[str, int], ...] = ()
    products: tuple[LiveProduct, ...] = ()
    portfolios: tuple[LivePortfolio, ...] = ()
    tag_options: tuple[LiveTagOption, ...] = ()
