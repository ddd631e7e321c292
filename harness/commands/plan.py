"""`build.py plan`: shows what publish would do, and does nothing. Saves it where asked, to be performed as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness import console
from harness.catalog.load import load_repository
from harness.commands import root
from harness.commands.targets import demand_folder, demand_one_form, json_option, markdown_option, opened, target_option
from harness.commands.usage import force_option, inventory_option, usage_of
from harness.errors import ExitCode, Finding
from harness.publish import show
from harness.publish.planfile import write_plan
from harness.publish.prepare import Prepared, prepare
from harness.publish.session import TargetName
from harness.publish.summary import plan_markdown


@click.command("plan")
@click.argument("products", nargs=-1)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Save the plan, to be reviewed and then performed as it is: `publish --plan FILE`.",
)
@inventory_option
@force_option
@click.option("--role", default="", help="Role that reads the hub (aws); the publisher's if absent.")
@target_option
@json_option
@markdown_option
def command(
    products: tuple[str, ...],
    out: Path | None,
    inventory: Path | None,
    force: tuple[str, ...],
    role: str,
    target: TargetName,
    as_json: bool,
    markdown: bool,
) -> int:
    """Show what publish would do to the hub, for all products or those named."""
    demand_one_form(as_json, markdown)
    if out is not None:
        demand_folder(out)
    repository = load_repository(root())
    usage = usage_of(repository, inventory, force)
    with opened(repository, target, role) as here:
        prepared = prepare(repository, here.session, products, usage)
        problems = failures(prepared)
        if out is not None:
            write_plan(out, prepared.plan, target)
            console.say(f"Saved to {out}; perform it with `build.py publish --plan {out}`.")
        if as_json:
            console.emit_json("plan", as_data(prepared))
        elif markdown:
            click.echo(plan_markdown(prepared.plan, here.session.hub_account, prepared.unreleased, problems))
        else:
            tell(prepared)
            for finding in problems:
                click.echo(str(finding), err=True)
    return ExitCode.FAILED if problems else ExitCode.DONE


def failures(prepared: Prepared) -> tuple[Finding, ...]:
    """What keeps the plan from being the whole truth: conflicts, steps not taken, regions that did not answer."""
    plan = prepared.plan
    in_the_way = (*(each.finding() for each in plan.conflicts), *(each.finding() for each in plan.refusals))
    return (*in_the_way, *prepared.unread)


def tell(prepared: Prepared) -> None:
    """The plan as a table on stdout; what is not part of it on stderr."""
    rows = show.rows(prepared.plan)
    if rows:
        console.table(show.COLUMNS, rows)
    else:
        click.echo("Nothing to do.")
    for notice in show.notices(prepared.plan):
        console.say(f"Note: {notice}")
    for forecast in show.forecasts(prepared.plan):
        console.say(f"Quota: {forecast}")
    for finding in prepared.unreleased:
        console.say(f"Not published: {finding}")


def as_data(prepared: Prepared) -> dict[str, Any]:
    """The plan with what surrounds it, for --json."""
    return {
        **show.plan_json(prepared.plan),
        "unreleased": [console.finding_json(each) for each in prepared.unreleased],
        "findings": [console.finding_json(each) for each in failures(prepared)],
    }
