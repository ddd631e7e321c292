"""`build.py list`: the products, their versions and where they are offered."""

from __future__ import annotations

import click

from harness import console
from harness.catalog.load import LoadedProduct, Repository, load_repository
from harness.catalog.release import load_releases
from harness.commands import root


@click.command("list")
@click.argument("products", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def command(products: tuple[str, ...], as_json: bool) -> None:
    """Show the products, their versions and portfolios."""
    repository = load_repository(root())
    chosen = repository.select(products)
    if as_json:
        console.emit_json("products", {"products": [_json(repository, each) for each in chosen]})
        return
    rows = [
        (each.name, each.version, _newest(each) or "none", _offered(repository, each), each.summary) for each in chosen
    ]
    console.table(("Product", "Version", "Newest release", "Portfolios", "Summary"), rows)


def _json(repository: Repository, product: LoadedProduct) -> dict[str, object]:
    return {
        "name": product.name,
        "version": product.version,
        "releases": [each.version for each in load_releases(product)],
        "portfolios": _portfolios(repository, product),
        "title": product.title,
        "summary": product.summary,
        "examples": [each.name for each in product.examples],
    }


def _newest(product: LoadedProduct) -> str:
    releases = load_releases(product)
    return releases[-1].version if releases else ""


def _portfolios(repository: Repository, product: LoadedProduct) -> list[str]:
    return [each.portfolio for each in repository.portfolios if product.name in each.products]


def _offered(repository: Repository, product: LoadedProduct) -> str:
    return ", ".join(_portfolios(repository, product)) or "none"
