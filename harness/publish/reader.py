"""Reads what one region of the hub holds into frozen data. Changes nothing, and leaves comparing to `plan.py`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness.publish.aws import explained, pages
from harness.publish.model import (
    Live,
    LiveConstraint,
    LivePortfolio,
    LiveProduct,
    LiveTagOption,
    LiveVersion,
    PortfolioData,
    Principal,
    ProductData,
    Share,
    ShareType,
    Tags,
)

_SHARE_TYPES: tuple[ShareType, ...] = ("ACCOUNT", "ORGANIZATIONAL_UNIT", "ORGANIZATION")
_READERS = 8  # calls at once; the clients are adaptive and slow down by themselves


class HubReader:
    """One region of the hub, to be read. Safe to use from several threads."""

    def __init__(self, catalog: Any, storage: Any, account: str, region: str, bucket: str) -> None:
        """`catalog` and `storage` are boto3 clients of servicecatalog and s3 in `region`."""
        self._catalog, self._storage = catalog, storage
        self._account, self._region, self._bucket = account, region, bucket
        self.place = f"hub {account} in {region}"

    @explained
    def read(self) -> Live:
        """What is live: every product and portfolio with all that plan compares, whoever made it."""
        with ThreadPoolExecutor(_READERS) as pool:
            objects = pool.submit(lambda: tuple(self._objects()))
            tag_options = pool.submit(lambda: tuple(self.tag_options()))
            views = self._pages("search_products_as_admin", "ProductViewDetails")
            products = [pool.submit(self._product, view) for view in views]
            portfolios = [
                pool.submit(self._portfolio, detail) for detail in self._pages("list_portfolios", "PortfolioDetails")
            ]
            return Live(
                account=self._account,
                region=self._region,
                objects=objects.result(),
                products=tuple(each.result() for each in products),
                portfolios=tuple(each.result() for each in portfolios),
                tag_options=tag_options.result(),
            )

    @explained
    def read_portfolios(self) -> tuple[LivePortfolio, ...]:
        """The portfolios alone, whoever made them."""
        details = list(self._pages("list_portfolios", "PortfolioDetails"))
        with ThreadPoolExecutor(_READERS) as pool:
            return tuple(pool.map(self._portfolio, details))

    def _pages(self, operation: str, member: str, **parameters: Any) -> Iterator[Any]:
        for page in self._catalog.get_paginator(operation).paginate(**parameters):
            yield from page[member]

    def _objects(self) -> Iterator[tuple[str, int]]:
        for page in self._storage.get_paginator("list_objects_v2").paginate(Bucket=self._bucket):
            for each in page.get("Contents", ()):
                yield each["Key"], each["Size"]

    def tag_options(self) -> Iterator[LiveTagOption]:
        """All tag options of the account and region."""
        for each in self._pages("list_tag_options", "TagOptionDetails"):
            yield LiveTagOption(each["Id"], each["Key"], each["Value"], each["Active"])

    def _product(self, view: dict[str, Any]) -> LiveProduct:
        summary = view["ProductViewSummary"]
        product_id = summary["ProductId"]
        described = self._catalog.describe_product_as_admin(Id=product_id)
        return LiveProduct(
            id=product_id,
            data=ProductData(
                name=summary.get("Name", ""),
                owner=summary.get("Owner", ""),
                description=summary.get("ShortDescription", ""),
                distributor=summary.get("Distributor", ""),
                support_description=summary.get("SupportDescription", ""),
                support_email=summary.get("SupportEmail", ""),
                support_url=summary.get("SupportUrl", ""),
            ),
            tags=_tags(described.get("Tags", ())),
            versions=self._versions(product_id),
        )

    def _versions(self, product_id: str) -> tuple[LiveVersion, ...]:
        # One call gives Active and Guidance of all versions; the operation shows a token but takes none.
        answer = self._catalog.list_provisioning_artifacts(ProductId=product_id)
        details = sorted(answer["ProvisioningArtifactDetails"], key=lambda each: each["CreatedTime"])
        return tuple(
            LiveVersion(
                id=each["Id"],
                name=each.get("Name", ""),
                description=each.get("Description", ""),
                guidance=each.get("Guidance", "DEFAULT"),
                active=each.get("Active", True),
            )
            for each in details
        )

    def _portfolio(self, detail: dict[str, Any]) -> LivePortfolio:
        portfolio_id = detail["Id"]
        described = self._catalog.describe_portfolio(Id=portfolio_id)
        shares = tuple(self._shares(portfolio_id))
        principals = self._pages("list_principals_for_portfolio", "Principals", PortfolioId=portfolio_id)
        return LivePortfolio(
            id=portfolio_id,
            data=PortfolioData(
                detail.get("DisplayName", ""), detail.get("Description", ""), detail.get("ProviderName", "")
            ),
            tags=_tags(described.get("Tags", ())),
            product_ids=self.products_of(portfolio_id),
            principals=tuple(Principal(each["PrincipalARN"], each["PrincipalType"]) for each in principals),
            constraints=tuple(self._constraints(portfolio_id)),
            tag_option_ids=tuple(each["Id"] for each in described.get("TagOptions", ())),
            shares=shares,
            receivers=tuple(pair for each in shares for pair in self._receivers(portfolio_id, each)),
        )

    def products_of(self, portfolio_id: str) -> tuple[str, ...]:
        """The ids of a portfolio's products."""
        views = self._pages("search_products_as_admin", "ProductViewDetails", PortfolioId=portfolio_id)
        return tuple(each["ProductViewSummary"]["ProductId"] for each in views)

    def _constraints(self, portfolio_id: str) -> Iterator[LiveConstraint]:
        for each in self._pages("list_constraints_for_portfolio", "ConstraintDetails", PortfolioId=portfolio_id):
            role = ""
            if each["Type"] == "LAUNCH":
                described = self._catalog.describe_constraint(Id=each["ConstraintId"])
                role = json.loads(described["ConstraintParameters"]).get("LocalRoleName", "")
            yield LiveConstraint(each["ConstraintId"], each["Type"], each["ProductId"], role)

    def _receivers(self, portfolio_id: str, share: Share) -> Iterator[tuple[str, str]]:
        """The accounts that a share through the organization has reached."""
        if share.type == "ACCOUNT":
            return
        operation = self._catalog.list_portfolio_access
        for account in pages(operation, "AccountIds", PortfolioId=portfolio_id, OrganizationParentId=share.id):
            yield share.id, account

    def _shares(self, portfolio_id: str) -> Iterator[Share]:
        operation = self._catalog.describe_portfolio_shares
        for kind in _SHARE_TYPES:  # one type a call
            for each in pages(operation, "PortfolioShareDetails", PortfolioId=portfolio_id, Type=kind):
                yield Share(
                    kind, each["PrincipalId"], each.get("ShareTagOptions", False), each.get("SharePrincipals", False)
                )


def _tags(listed: Any) -> Tags:
    return tuple(sorted((each["Key"], each["Value"]) for each in listed))
