"""The moto backend of Service Catalog: a store an account and region, and how one account's store sees the others'."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from types import ModuleType

from moto.core.base_backend import BackendDict, BaseBackend
from moto.core.resource_tagging import TaggableResourcesMixin, TaggedResource

from harness.emulator.servicecatalog.model import Portfolio, Product
from harness.emulator.servicecatalog.store import Store


class ServiceCatalogBackend(BaseBackend, TaggableResourcesMixin):  # type: ignore[misc] # moto is not typed for us
    """One account and region, in the place of moto's own backend."""

    SERVICE_NAMESPACE = "catalog"

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.store = Store(account_id, region_name, self.partition)

    @property
    def _url_module(self) -> ModuleType:
        # moto derives this from the backend's module name, which holds only inside its own package.
        return importlib.import_module("moto.servicecatalog.urls")

    def iter_tagged_resources(self) -> Iterator[TaggedResource]:
        """The account's own portfolios and products, for the Resource Groups Tagging API."""
        found: list[Portfolio | Product] = [*self.store.portfolios.values(), *self.store.products.values()]
        for each in found:
            kind = each.arn.rpartition(":")[2].partition("/")[0]  # portfolio/port-…, product/prod-…
            yield TaggedResource(arn=each.arn, tags=dict(each.tags), resource_type=f"catalog:{kind}")


servicecatalog_backends = BackendDict(ServiceCatalogBackend, "servicecatalog")


def store_of(account_id: str, region: str) -> Store:
    """The state of that account and region."""
    store: Store = servicecatalog_backends[account_id][region].store
    return store


def stores(region: str) -> list[Store]:
    """The state of every account that has used the service in that region."""
    return [backend.store for _, name, backend in list(servicecatalog_backends.iter_backends()) if name == region]
