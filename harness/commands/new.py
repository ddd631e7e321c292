"""`build.py new`: scaffolds a product."""

from __future__ import annotations

import click

from harness import console
from harness.catalog.load import load_repository
from harness.catalog.scaffold import scaffold
from harness.commands import root


@click.command("new")
@click.argument("name")
@click.option("--title", default="", help="Title in the console; made from the name by default.")
def command(name: str, title: str) -> None:
    """Scaffold the product NAME in products/: a bucket to begin with, which passes every check."""
    repository = load_repository(root())
    for path in scaffold(repository, name, title):
        click.echo(path.relative_to(repository.root).as_posix())
    portfolios = " or ".join(f"portfolios/{each.portfolio}.yaml" for each in repository.portfolios)
    console.say(
        f"Offer it: add `- {name}` to the products of {portfolios}. Then `build.py check {name}`.\n"
        "Its launch role comes with the foundations: deploy them again before it is published "
        "(in a served landscape that happens by itself)."
    )
