"""`build.py release`: freezes the versions that product.yaml states."""

from __future__ import annotations

import click

from harness import console
from harness.catalog.load import load_repository
from harness.catalog.release import freeze
from harness.checks.alone import Alone, demand_step
from harness.checks.answers import Answers
from harness.commands import root
from harness.errors import ExitCode, Finding, KnownError


@click.command("release")
@click.argument("products", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print what was released as JSON.")
def command(products: tuple[str, ...], as_json: bool) -> int:
    """Freeze the version of each product, unless it is frozen already. One that cannot be frozen stops no other.

    The difference to the newest release decides the least version step, and every stack must survive the update.
    """
    repository = load_repository(root())
    answers = Answers(root())
    alone = Alone(repository, answers, answers.scan())
    released = []
    findings: list[Finding] = []
    for product in repository.select(products):
        try:
            demand_step(repository, alone, product)
            release = freeze(repository, product)
        except KnownError as error:
            findings += error.findings
            continue
        if release is None:
            console.say(f"{product.name} {product.version} is released already.")
        else:
            released.append(release)
    if as_json:
        console.emit_json(
            "releases",
            {
                "releases": [
                    {"product": each.manifest.product, "version": each.version, "path": each.path} for each in released
                ],
                "findings": [console.finding_json(each) for each in findings],
            },
        )
    else:
        for each in released:
            click.echo(f"{each.manifest.product} {each.version} → {each.path}")
        for finding in findings:
            click.echo(str(finding), err=True)
    return ExitCode.FAILED if findings else ExitCode.DONE
