"""What the identifiers of a region's products and versions mean in the catalog. Pure; spokes see the same ones."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from harness.publish.inventory import Provisioned
from harness.publish.inventory_gateway import Found
from harness.publish.model import CATALOG_TAG, PRODUCT_TAG, LiveProduct


@dataclass(frozen=True)
class Names:
    """What the identifiers of a region mean in the catalog."""

    products: Mapping[str, str]
    versions: Mapping[str, str]

    def provisioned(self, account: str, region: str, found: Iterable[Found]) -> Iterator[Provisioned]:
        """What is of the catalog. A version that the hub has no more keeps the name that the spoke knows."""
        for each in found:
            if each.product_id in self.products:
                yield Provisioned(
                    account=account,
                    region=region,
                    product=self.products[each.product_id],
                    version=self.versions.get(each.version_id) or each.version_name or each.version_id,
                    name=each.name,
                    status=each.status,
                    owner=each.owner,
                )


def names_of(catalog: str, products: Iterable[LiveProduct]) -> Names:
    """The catalog's own of a region's live products."""
    mine = [(dict(each.tags).get(PRODUCT_TAG), each) for each in products if (CATALOG_TAG, catalog) in each.tags]
    return Names(
        products={each.id: name for name, each in mine if name},
        versions={version.id: version.name for _, each in mine for version in each.versions},
    )
