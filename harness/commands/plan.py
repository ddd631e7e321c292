"""`build.py plan`: shows what publish would do, and does nothing."""

from __future__ import annotations

from typing import Any

import click

from harness import console
from harness.catalog.load import load_repository
from harness.commands import root
from harness.commands.targets import json_option, opened, target_option
from harness.errors import ExitCode, Finding
from harness.publish import show
from harness.publish.prepare import Prepared, prepare
from harness.publish.session import TargetName


@click.command("plan")
@click.argument("products", nargs=-1)
@target_option
@json_option
def command(products: tuple[str, ...], target: TargetName, as_json: bool) -> int:
    """Show what publish would do to the hub, for all products or those named."""
    repository = load_repository(root())
    with opened(repository, target) as here:
        prepared = prepare(repository, here.session, products)
        problems = failures(prepared)
        if as_json:
            console.emit_json("plan", as_data(prepared))
        else:
            tell(prepared)
            for finding in problems:
                click.echo(str(finding), err=True)
    return ExitCode.FAILED if problems else ExitCode.DONE


def failures(prepared: Prepared) -> tuple[Finding, ...]:
    """What keeps the plan from being the whole truth: conflicts, and regions that did not answer."""
    return (*(each.finding() for each in prepared.plan.conflicts), *prepared.unread)


def tell(prepared: Prepared) -> None:
    """The plan as a table on stdout; what is not part of it on stderr."""
    rows = show.rows(prepared.plan)
    if rows:
        console.table(show.COLUMNS, rows)
    else:
        click.echo("Nothing to do.")
    for notice in show.notices(prepared.plan):
        console.say(f"Note: {notice}")
    for finding in prepared.unreleased:
        console.say(f"Not published: {finding}")


def as_data(prepared: Prepared) -> dict[str, Any]:
    """The plan with what surrounds it, for --json."""
    return {
        **show.plan_json(prepared.plan),
        "unreleased": [console.finding_json(each) for each in prepared.unreleased],
        "findings": [console.finding_json(each) for each in failures(prepared)],
    }
