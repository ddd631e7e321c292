"""Who uses which version, for commands that may take one away: the recorded inventory, and what is overruled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from harness.catalog.load import Repository
from harness.publish.desired import Usage
from harness.publish.inventory import FILE, read_inventory

inventory_option: Callable[[Any], Any] = click.option(
    "--inventory",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help=f"The recorded inventory of provisioned products; {FILE} if absent.",
)
force_option: Callable[[Any], Any] = click.option(
    "--force",
    multiple=True,
    metavar="PRODUCT/VERSION",
    help="Withdraw this version in spite of its users; may be given several times.",
)


def usage_of(repository: Repository, inventory: Path | None, forced: tuple[str, ...]) -> Usage:
    """What is known of users. Raises KnownError for a bad inventory, UsageError for a version that is no version."""
    for each in forced:
        product, _, version = each.partition("/")
        if not version:
            raise click.UsageError(f"--force {each}: name the version, as PRODUCT/VERSION.")
        repository.product(product)
    return Usage(read_inventory(repository.root, inventory), frozenset(forced))
