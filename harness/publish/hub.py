"""What performing a plan asks of a region of the hub: a protocol. AWS is one (`gateway.py`), a test's fake another."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Protocol

from harness.publish.model import (
    Live,
    PortfolioData,
    Principal,
    ProductData,
    Share,
    Tags,
    Version,
)


class Hub(Protocol):
    """One region of the hub. A method returns when its effect can be seen, and raises KnownError when it cannot be had.

    `token` makes a repeated creation harmless. `template` is the key of an object in the artifact bucket.
    """

    def exclusively(
        self, wait: float, tell: Callable[[str], None], stop: threading.Event
    ) -> AbstractContextManager[Callable[[], None]]:
        """The right to publish there, for a block; it may take `wait` seconds, unless `stop` is set. Gives a check that
        it is still held."""

    def read(self) -> Live: ...

    def attest(self, key: str, payload: bytes) -> None:
        """Sign a statement with the hub's key and put it into the artifact bucket."""

    def upload(self, key: str, content: bytes) -> None: ...

    def create_tag_option(self, key: str, value: str) -> str: ...

    def activate_tag_option(self, tag_option_id: str) -> None: ...

    def create_portfolio(self, data: PortfolioData, tags: Tags, token: str) -> str: ...

    def update_portfolio(self, portfolio_id: str, data: PortfolioData, tags: Tags) -> None: ...

    def create_product(self, data: ProductData, tags: Tags, version: Version, token: str) -> tuple[str, str]: ...

    def update_product(self, product_id: str, data: ProductData, tags: Tags) -> None: ...

    def create_version(self, product_id: str, version: Version, token: str) -> str: ...

    def update_version(self, product_id: str, version_id: str, guidance: str, active: bool) -> None: ...

    def delete_version(self, product_id: str, version_id: str) -> None: ...

    def delete_constraint(self, constraint_id: str) -> None: ...

    def disassociate_product(self, product_id: str, portfolio_id: str) -> None: ...

    def delete_product(self, product_id: str) -> None: ...

    def associate_product(self, product_id: str, portfolio_id: str) -> None: ...

    def create_launch_constraint(
        self, product_id: str, portfolio_id: str, local_role_name: str, token: str
    ) -> None: ...

    def update_launch_constraint(self, constraint_id: str, local_role_name: str) -> None: ...

    def associate_principal(self, portfolio_id: str, principal: Principal) -> None: ...

    def associate_tag_option(self, portfolio_id: str, tag_option_id: str) -> None: ...

    def create_share(self, portfolio_id: str, share: Share) -> None: ...

    def update_share(self, portfolio_id: str, share: Share) -> None: ...
