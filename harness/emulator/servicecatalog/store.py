"""Where the emulated Service Catalog keeps its state: one store an account and region. Look-ups only, no rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import RLock
from typing import Any

from harness.emulator import clock
from harness.emulator.servicecatalog.model import (
    Artifact,
    Constraint,
    CopyOperation,
    Plan,
    Portfolio,
    Principal,
    Product,
    ProductAssociation,
    ProvisionedProduct,
    Record,
    Share,
    ShareOperation,
    TagOption,
)

# One lock for all accounts: an imported portfolio is read across stores. Never held while a stack is at work.
LOCK = RLock()


@dataclass(frozen=True)
class Answered:
    """What a request with an idempotency token got."""

    parameters: Mapping[str, Any]
    answer: Mapping[str, Any]


@dataclass
class Store:
    """The state of one account and region. Everything in it is frozen; the dictionaries change."""

    account_id: str
    region: str
    partition: str = "aws"
    portfolios: dict[str, Portfolio] = field(default_factory=dict)
    products: dict[str, Product] = field(default_factory=dict)
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    associations: dict[tuple[str, str], ProductAssociation] = field(default_factory=dict)  # portfolio, product
    principals: dict[tuple[str, str, str], Principal] = field(default_factory=dict)  # portfolio, arn, type
    constraints: dict[str, Constraint] = field(default_factory=dict)
    tag_options: dict[str, TagOption] = field(default_factory=dict)
    tag_option_links: dict[tuple[str, str], None] = field(default_factory=dict)  # resource, tag option
    shares: dict[tuple[str, str, str], Share] = field(default_factory=dict)  # portfolio, type, value
    share_operations: dict[str, ShareOperation] = field(default_factory=dict)
    accepted: dict[str, None] = field(default_factory=dict)  # portfolios of others, accepted account to account
    copies: dict[str, CopyOperation] = field(default_factory=dict)
    provisioned: dict[str, ProvisionedProduct] = field(default_factory=dict)
    records: dict[str, Record] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    answered: dict[tuple[str, str], Answered] = field(default_factory=dict)  # operation, token

    def arn(self, service: str, resource: str) -> str:
        """An ARN in this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account_id}:{resource}"

    def versions(self, product_id: str) -> list[Artifact]:
        """The provisioning artifacts of a product that are there now, oldest first."""
        for artifact in [each for each in self.artifacts.values() if each.doomed and clock.reached(each.ready)]:
            del self.artifacts[artifact.id]
        return [each for each in self.artifacts.values() if each.product_id == product_id]

    def products_in(self, portfolio_id: str) -> list[ProductAssociation]:
        """The products of a portfolio whose association can be seen by now."""
        return [
            each
            for each in self.associations.values()
            if each.portfolio_id == portfolio_id and clock.reached(each.visible)
        ]

    def constraints_on(self, portfolio_id: str, product_id: str | None = None) -> list[Constraint]:
        """The constraints of a portfolio, or of one of its products."""
        return [
            each
            for each in self.constraints.values()
            if each.portfolio_id == portfolio_id and product_id in (None, each.product_id)
        ]

    def tag_options_of(self, resource_id: str) -> list[TagOption]:
        """The tag options of a portfolio or product."""
        return [self.tag_options[option] for resource, option in self.tag_option_links if resource == resource_id]

    def shares_of(self, portfolio_id: str) -> list[Share]:
        """Whom a portfolio is shared with."""
        return [each for each in self.shares.values() if each.portfolio_id == portfolio_id]
