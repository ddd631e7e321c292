"""`build.py roles`: writes the launch roles that the templates ask for."""

from __future__ import annotations

import click

from harness import console
from harness.catalog.load import Repository, load_repository
from harness.catalog.permissions import grants
from harness.catalog.render import render_product
from harness.checks.launching.role import Question, Role, permissions, question_of
from harness.commands import root
from harness.errors import ExitCode


@click.command("roles")
@click.argument("products", nargs=-1)
def command(products: tuple[str, ...]) -> int:
    """Write launch-policy.yaml of each product: what handlers call for its templates, as narrow as the calls are.

    What changes is printed. The roles come into accounts with the foundations: deploy those before you publish.
    """
    repository = load_repository(root())
    chosen = repository.select(products)
    rendered = {each.name: render_product(repository, each.name).text for each in repository.products}
    failed = False
    for product in chosen:
        question = question_of(repository, product, rendered)
        role = question.role()
        for finding in role.findings:
            click.echo(str(finding), err=True)
        failed |= bool(role.findings)
        if not role.findings:
            _write(repository, question, role)
    return ExitCode.FAILED if failed else ExitCode.DONE


def _write(repository: Repository, question: Question, role: Role) -> None:
    if question.stands == role.text:
        console.say(f"{question.path} is as it should be.")
        return
    (repository.root / question.path).write_text(role.text, encoding="utf-8")
    click.echo(f"{question.path} written")
    old, new = permissions(question.stands), permissions(role.text)
    for sign, found in (("+", new - old), ("-", old - new)):
        for grant in grants(found):
            click.echo(f"  {sign} {grant}")
