"""`build.py new`: scaffolds a product."""

from __future__ import annotations

import click

from harness import console
from harness.catalog.load import load_repository
from harness.catalog.render import render_product
from harness.catalog.scaffold import scaffold
from harness.checks.launching.role import question_of
from harness.commands import root


@click.command("new")
@click.argument("name")
@click.option("--title", default="", help="Title in the console; made from the name by default.")
def command(name: str, title: str) -> None:
    """Scaffold the product NAME in products/: a bucket to begin with, which passes every check."""
    repository = load_repository(root())
    made = [path.relative_to(repository.root).as_posix() for path in scaffold(repository, name, title)]
    repository = load_repository(root())
    rendered = {each.name: render_product(repository, each.name).text for each in repository.products}
    question = question_of(repository, repository.product(name), rendered)
    (repository.root / question.path).write_text(question.role().text, encoding="utf-8")
    for path in sorted([*made, question.path]):
        click.echo(path)
    portfolios = " or ".join(f"portfolios/{each.portfolio}.yaml" for each in repository.portfolios)
    console.say(
        f"Offer it: add `- {name}` to the products of {portfolios}. Then `build.py check {name}`.\n"
        "Its launch role comes with the foundations: deploy them again before it is published "
        "(in a served landscape that happens by itself)."
    )
