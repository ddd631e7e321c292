"""Who uses which version, for commands that may take one away: the recorded inventory, and what is overruled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from harness.catalog.load import Repository
from harness.catalog.release import load_releases
from harness.errors import known_error
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
    """What is known of users. Raises KnownError for a bad inventory and for a version that was never released,
    UsageError for what names no version."""
    for each in forced:
        product, _, version = each.partition("/")
        if not version:
            raise click.UsageError(f"--force {each}: name the version, as PRODUCT/VERSION.")
        released = [one.version for one in load_releases(repository.product(product))]
        if version not in released:
            there = f"there are: {', '.join(released) or 'none'}"
            raise known_error(f"--force {each}", f"{product} has no release {version}", there)
    return Usage(read_inventory(repository.root, inventory), frozenset(forced))
