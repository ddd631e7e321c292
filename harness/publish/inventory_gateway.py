"""What is provisioned in one spoke and region by anybody, through boto3. Knows no catalog; see `collect.py`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from harness.publish.aws import explained, pages

_PAGE = 100  # the most that SearchProvisionedProducts gives at once
_EVERYBODY = {"Key": "Account", "Value": "self"}


@dataclass(frozen=True)
class Found:
    """A provisioned product by the service's identifiers. `version_name` as the spoke saw it when it was launched."""

    name: str
    product_id: str
    version_id: str
    version_name: str
    status: str
    owner: str


class InventoryGateway:
    """One spoke in one region."""

    def __init__(self, catalog: Any, account: str, region: str) -> None:
        """`catalog` is a client of servicecatalog, of an administrator of the spoke."""
        self._catalog = catalog
        self.place = f"account {account} in {region}"

    @explained
    def provisioned(self) -> tuple[Found, ...]:
        """Everything that is provisioned there. Raises KnownError where the spoke cannot be asked."""
        search = self._catalog.search_provisioned_products
        found = pages(search, "ProvisionedProducts", AccessLevelFilter=_EVERYBODY, PageSize=_PAGE)
        return tuple(
            Found(
                name=each["Name"],
                product_id=each.get("ProductId", ""),
                version_id=each.get("ProvisioningArtifactId", ""),
                version_name=each.get("ProvisioningArtifactName", ""),
                status=each.get("Status", ""),
                owner=each.get("UserArn", ""),
            )
            for each in found
        )
