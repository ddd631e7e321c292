"""Reads what one region of the hub holds into frozen data. Changes nothing, and leaves comparing to `plan.py`.

Calls, for P products of the catalog with any number of versions: 4 + P for the content (the bucket, products,
portfolios, tags; the versions of each product). For what people can change by hand around it: 1 for the tag options, 8
for each portfolio, one more for each organization node that it is shared with and for each launch constraint, whose
role no list shows. Lists have pages: 1000 objects, 20 products, principals, constraints and tag options, 100 of
anything else. What is somebody else's costs 1 a product (its tags, which the tagging index does not show; of ours too
where it lags) and 2 a portfolio.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, get_args

from harness.publish.aws import explained, pages
from harness.publish.model import (
    CATALOG_TAG,
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

_SHARE_TYPES: tuple[ShareType, ...] = get_args(ShareType)
_PAGE = 100  # the most that lists give at once, save for those that give 20
_READERS = 16  # calls at once; clients slow down by themselves where the service asks for it (`pacing.py`)
_UNSEEN = ("locks/",)  # in the bucket, but nothing that is published


@dataclass(frozen=True)
class Clients:
    """Clients of one region: servicecatalog, s3, kms and resourcegroupstaggingapi."""

    catalog: Any
    storage: Any
    keys: Any
    tagging: Any


class HubReader:
    """One region of the hub, to be read. Safe to use from several threads."""

    def __init__(self, clients: Clients, account: str, region: str, bucket: str) -> None:
        self._catalog, self._storage, self._tagging = clients.catalog, clients.storage, clients.tagging
        self._account, self._region, self._bucket = account, region, bucket
        self.place = f"hub {account} in {region}"

    @explained
    def read(self) -> Live:
        """What is live: every product and portfolio with all that plan compares, whoever made it."""
        with ThreadPoolExecutor(_READERS) as pool:
            objects = pool.submit(lambda: tuple(self._objects()))
            tag_options = pool.submit(lambda: tuple(self.tag_options()))
            tags = pool.submit(self._indexed_tags)
            details = pool.submit(lambda: list(self._portfolio_details()))
            products = [pool.submit(self._product, view, tags) for view in self._views()]
            portfolios = self._portfolios(pool, details.result())
            return Live(
                account=self._account,
                region=self._region,
                objects=objects.result(),
                products=tuple(each.result() for each in products),
                portfolios=portfolios,
                tag_options=tag_options.result(),
            )

    def _views(self) -> Iterator[dict[str, Any]]:
        return pages(self._catalog.search_products_as_admin, "ProductViewDetails")

    def _portfolio_details(self) -> Iterator[dict[str, Any]]:
        return pages(self._catalog.list_portfolios, "PortfolioDetails", PageSize=_PAGE)

    def _objects(self) -> Iterator[tuple[str, int]]:
        token: dict[str, str] = {}
        while True:
            answer = self._storage.list_objects_v2(Bucket=self._bucket, **token)
            for each in answer.get("Contents", ()):
                if not each["Key"].startswith(_UNSEEN):
                    yield each["Key"], each["Size"]
            if not answer.get("IsTruncated"):
                return
            token = {"ContinuationToken": answer["NextContinuationToken"]}

    def _indexed_tags(self) -> Mapping[str, Tags]:
        """Product ARN → tags, of the products that the tagging index knows as some catalog's."""
        found: dict[str, Tags] = {}
        token = ""
        while True:
            answer = self._tagging.get_resources(
                ResourceTypeFilters=["catalog:product"],
                TagFilters=[{"Key": CATALOG_TAG}],
                ResourcesPerPage=_PAGE,
                PaginationToken=token,
            )
            found |= {each["ResourceARN"]: _tags(each["Tags"]) for each in answer["ResourceTagMappingList"]}
            token = answer.get("PaginationToken") or ""
            if not token:
                return found

    def tag_options(self) -> Iterator[LiveTagOption]:
        """All tag options of the account and region."""
        for each in pages(self._catalog.list_tag_options, "TagOptionDetails"):
            yield LiveTagOption(each["Id"], each["Key"], each["Value"], each["Active"])

    def _product(self, view: dict[str, Any], indexed: Future[Mapping[str, Tags]]) -> LiveProduct:
        summary = view["ProductViewSummary"]
        product_id = summary["ProductId"]
        tags = indexed.result().get(view["ProductARN"])
        if tags is None:  # somebody else's, or too new for the index
            tags = _tags(self._catalog.describe_product_as_admin(Id=product_id).get("Tags", ()))
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
            tags=tags,
            versions=self._versions(product_id) if _is_of_a_catalog(tags) else (),
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

    def _portfolios(self, pool: ThreadPoolExecutor, details: list[dict[str, Any]]) -> tuple[LivePortfolio, ...]:
        # Rounds, all begun from here: a task that waited for another could keep it from a thread.
        described = [pool.submit(self._catalog.describe_portfolio, Id=each["Id"]) for each in details]
        begun = [self._begin(pool, each.result()) for each in described]
        gone_on = [self._go_on(pool, each) for each in begun]
        return tuple(_put_together(*each) for each in zip(begun, gone_on, strict=True))

    def _begin(self, pool: ThreadPoolExecutor, described: dict[str, Any]) -> _Begun:
        portfolio_id = described["PortfolioDetail"]["Id"]

        def ask(operation: Callable[..., dict[str, Any]], member: str) -> Future[list[Any]]:
            return pool.submit(lambda: list(pages(operation, member, PortfolioId=portfolio_id)))

        product_ids = pool.submit(self._products_of, portfolio_id)
        if not _is_of_a_catalog(_tags(described.get("Tags", ()))):
            return _Begun(described, product_ids)
        return _Begun(
            described,
            product_ids,
            principals=[ask(self._catalog.list_principals_for_portfolio, "Principals")],
            constraints=[ask(self._catalog.list_constraints_for_portfolio, "ConstraintDetails")],
            shares=[pool.submit(self._shares, portfolio_id, kind) for kind in _SHARE_TYPES],
        )

    def _go_on(self, pool: ThreadPoolExecutor, begun: _Begun) -> _GoneOn:
        portfolio_id = begun.described["PortfolioDetail"]["Id"]
        return _GoneOn(
            constraints=[pool.submit(self._constraint, one) for each in begun.constraints for one in each.result()],
            receivers=[
                pool.submit(self._receivers, portfolio_id, share) for each in begun.shares for share in each.result()
            ],
        )

    def _products_of(self, portfolio_id: str) -> tuple[str, ...]:
        """The ids of a portfolio's products."""
        views = pages(self._catalog.search_products_as_admin, "ProductViewDetails", PortfolioId=portfolio_id)
        return tuple(each["ProductViewSummary"]["ProductId"] for each in views)

    def _constraint(self, detail: dict[str, Any]) -> LiveConstraint:
        role = ""
        if detail["Type"] == "LAUNCH":
            described = self._catalog.describe_constraint(Id=detail["ConstraintId"])
            role = json.loads(described["ConstraintParameters"]).get("LocalRoleName", "")
        return LiveConstraint(detail["ConstraintId"], detail["Type"], detail["ProductId"], role)

    def _receivers(self, portfolio_id: str, share: Share) -> Tags:
        """The accounts that a share through the organization has reached."""
        if share.type in ("ACCOUNT", "ORGANIZATION_MEMBER_ACCOUNT"):
            return ()
        operation = self._catalog.list_portfolio_access
        accounts = pages(
            operation, "AccountIds", PortfolioId=portfolio_id, OrganizationParentId=share.id, PageSize=_PAGE
        )
        return tuple((share.id, account) for account in accounts)

    def _shares(self, portfolio_id: str, kind: ShareType) -> tuple[Share, ...]:
        operation = self._catalog.describe_portfolio_shares  # one type a call
        return tuple(
            Share(kind, each["PrincipalId"], each.get("ShareTagOptions", False), each.get("SharePrincipals", False))
            for each in pages(operation, "PortfolioShareDetails", PortfolioId=portfolio_id, Type=kind, PageSize=_PAGE)
        )


@dataclass(frozen=True)
class _Begun:
    """A portfolio, and what is asked of it at once. Of one that is of no catalog nothing more than its products."""

    described: dict[str, Any]
    product_ids: Future[tuple[str, ...]]
    principals: Sequence[Future[list[Any]]] = ()
    constraints: Sequence[Future[list[Any]]] = ()
    shares: Sequence[Future[tuple[Share, ...]]] = ()


@dataclass(frozen=True)
class _GoneOn:
    """What is asked after that."""

    constraints: list[Future[LiveConstraint]]
    receivers: list[Future[Tags]]


def _put_together(begun: _Begun, gone_on: _GoneOn) -> LivePortfolio:
    described = begun.described
    detail = described["PortfolioDetail"]
    return LivePortfolio(
        id=detail["Id"],
        data=PortfolioData(
            detail.get("DisplayName", ""), detail.get("Description", ""), detail.get("ProviderName", "")
        ),
        tags=_tags(described.get("Tags", ())),
        product_ids=begun.product_ids.result(),
        principals=tuple(
            Principal(one["PrincipalARN"], one["PrincipalType"]) for each in begun.principals for one in each.result()
        ),
        constraints=tuple(each.result() for each in gone_on.constraints),
        tag_option_ids=tuple(each["Id"] for each in described.get("TagOptions", ())),
        shares=tuple(share for each in begun.shares for share in each.result()),
        receivers=tuple(pair for each in gone_on.receivers for pair in each.result()),
    )


def _is_of_a_catalog(tags: Tags) -> bool:
    return CATALOG_TAG in dict(tags)


def _tags(listed: Any) -> Tags:
    return tuple(sorted((each["Key"], each["Value"]) for each in listed))
