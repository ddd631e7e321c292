"""A publisher that works as the public Service Catalog factory does, as a baseline for `publish.py`. Nobody else's.

One region, portfolio, product and version after the other; things are looked up by name; each version is described to
learn whether it is there. It does less than `build.py publish`: it repairs nothing, signs nothing, sets no tag options
and takes no lock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.publish.actions import CreateVersion
from harness.publish.apply import token
from harness.publish.aws import pages
from harness.publish.model import Desired, Portfolio, Product, Version


class SequentialPublisher:
    """Publishes to one region."""

    def __init__(self, catalog: Any, storage: Any) -> None:
        """Clients of servicecatalog and s3."""
        self._catalog, self._storage = catalog, storage

    def publish(self, wanted: Desired, contents: Mapping[str, bytes]) -> None:
        """`contents` by the key of the object in the bucket."""
        ids = {each.name: self._product(wanted, each, contents) for each in wanted.products}
        for each in wanted.portfolios:
            self._portfolio(each, ids)

    def _product(self, wanted: Desired, product: Product, contents: Mapping[str, bytes]) -> str:
        first, *later = product.versions
        found = self._catalog.search_products_as_admin(Filters={"FullTextSearch": [product.data.name]})
        views = (each["ProductViewSummary"] for each in found["ProductViewDetails"])
        product_id = next((each["ProductId"] for each in views if each["Name"] == product.data.name), "")
        if not product_id:
            made = self._catalog.create_product(
                Name=product.data.name,
                Owner=product.data.owner,
                ProductType="CLOUD_FORMATION_TEMPLATE",
                ProvisioningArtifactParameters=self._artifact(wanted, first, contents),
                IdempotencyToken=token("first", CreateVersion(product.name, first)),
            )
            product_id = str(made["ProductViewDetail"]["ProductViewSummary"]["ProductId"])
            self._wait(product_id, made["ProvisioningArtifactDetail"]["Id"])
        there = self._versions(product_id)
        for version in later:
            if version.name not in there:
                made = self._catalog.create_provisioning_artifact(
                    ProductId=product_id,
                    Parameters=self._artifact(wanted, version, contents),
                    IdempotencyToken=token("later", CreateVersion(product.name, version)),
                )
                self._wait(product_id, made["ProvisioningArtifactDetail"]["Id"])
        return product_id

    def _versions(self, product_id: str) -> set[str]:
        listed = self._catalog.list_provisioning_artifacts(ProductId=product_id)["ProvisioningArtifactDetails"]
        described = (
            self._catalog.describe_provisioning_artifact(ProductId=product_id, ProvisioningArtifactId=each["Id"])
            for each in listed
        )
        return {each["ProvisioningArtifactDetail"]["Name"] for each in described}

    def _artifact(self, wanted: Desired, version: Version, contents: Mapping[str, bytes]) -> dict[str, Any]:
        key = version.template_key
        self._storage.put_object(Bucket=wanted.bucket, Key=key, Body=contents[key])
        return {
            "Name": version.name,
            "Description": version.description,
            "Type": "CLOUD_FORMATION_TEMPLATE",
            "Info": {"LoadTemplateFromURL": f"https://{wanted.bucket}.s3.{wanted.region}.amazonaws.com/{key}"},
        }

    def _wait(self, product_id: str, version_id: str) -> None:
        while True:
            answer = self._catalog.describe_provisioning_artifact(
                ProductId=product_id, ProvisioningArtifactId=version_id
            )
            if answer["Status"] != "CREATING":
                return

    def _portfolio(self, portfolio: Portfolio, ids: Mapping[str, str]) -> None:
        catalog, name = self._catalog, portfolio.data.display_name
        details = pages(catalog.list_portfolios, "PortfolioDetails")
        portfolio_id = next((each["Id"] for each in details if each["DisplayName"] == name), "")
        if not portfolio_id:
            made = catalog.create_portfolio(
                DisplayName=name, ProviderName=portfolio.data.provider, IdempotencyToken=f"portfolio-{portfolio.name}"
            )
            portfolio_id = made["PortfolioDetail"]["Id"]
        for product, role in portfolio.products:
            self._offer(portfolio_id, ids[product], role)
        granted = {
            each["PrincipalARN"]
            for each in pages(catalog.list_principals_for_portfolio, "Principals", PortfolioId=portfolio_id)
        }
        for principal in portfolio.principals:
            if principal.arn not in granted:
                catalog.associate_principal_with_portfolio(
                    PortfolioId=portfolio_id, PrincipalARN=principal.arn, PrincipalType=principal.type
                )
        for share in portfolio.shares:
            shares = catalog.describe_portfolio_shares(PortfolioId=portfolio_id, Type=share.type)
            if share.id not in {each["PrincipalId"] for each in shares["PortfolioShareDetails"]}:
                node = {"Type": share.type, "Value": share.id}
                catalog.create_portfolio_share(PortfolioId=portfolio_id, OrganizationNode=node)

    def _offer(self, portfolio_id: str, product_id: str, role: str) -> None:
        catalog = self._catalog
        portfolios = catalog.list_portfolios_for_product(ProductId=product_id)["PortfolioDetails"]
        if portfolio_id not in {each["Id"] for each in portfolios}:
            catalog.associate_product_with_portfolio(ProductId=product_id, PortfolioId=portfolio_id)
        found = catalog.list_constraints_for_portfolio(PortfolioId=portfolio_id, ProductId=product_id)
        if not found["ConstraintDetails"]:
            catalog.create_constraint(
                PortfolioId=portfolio_id,
                ProductId=product_id,
                Type="LAUNCH",
                Parameters=json.dumps({"LocalRoleName": role}),
                IdempotencyToken=f"constraint-{product_id}",
            )
