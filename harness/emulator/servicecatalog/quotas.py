"""The service's quotas, and the one way to hold them. Source: the service's own list of default quotas."""

from __future__ import annotations

from harness.emulator.servicecatalog.errors import LimitExceeded

PORTFOLIOS_PER_REGION = 100
PRODUCTS_PER_REGION = 350
PRODUCTS_PER_PORTFOLIO = 150
VERSIONS_PER_PRODUCT = 100
CONSTRAINTS_PER_PRODUCT_AND_PORTFOLIO = 100
PRINCIPALS_PER_PORTFOLIO = 100
PATTERNS_PER_PORTFOLIO = 10
TAG_OPTIONS_PER_RESOURCE = 25
VALUES_PER_TAG_OPTION = 25
TAGS_PER_RESOURCE = 20
TAGS_PER_PROVISIONED_PRODUCT = 50
TEMPLATE_BYTES = 1024 * 1024


def hold(used: int, limit: int, what: str) -> None:
    """Raise LimitExceeded when one more of `what` would be more than `limit`."""
    if used >= limit:
        raise LimitExceeded(f"Exceeded the limit of {limit} {what}.")
