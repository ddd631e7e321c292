"""Control ServiceCatalog.1; see the class."""

from __future__ import annotations

from collections.abc import Iterator

from harness.cfn.model import ResourceState
from harness.checks import stackrules


class PortfolioSharing(stackrules.Control):
    """This resource shares with one account, whatever organization it is in; the hub shares by `build.py publish`."""

    id = "E9431"
    control = "ServiceCatalog.1"
    types = ("AWS::ServiceCatalog::PortfolioShare",)
    shortdesc = "Portfolios are shared within the organization only"
    description = shortdesc
    remedy = "share with the organization or its units, in portfolios/*.yaml"

    def wrong(self, resource: ResourceState, stack: stackrules.Stack) -> Iterator[tuple[stackrules.Location, str]]:
        yield ("AccountId",), "shares with an account instead of an organization"
