"""`build.py publish`: prints the plan, asks, performs it, and says what came of it."""

from __future__ import annotations

import time
from pathlib import Path

import click

from harness import console
from harness.catalog.load import Repository, load_repository
from harness.checks.answers import Answers
from harness.commands import root
from harness.commands.plan import as_data, failures, tell
from harness.commands.targets import (
    agreed,
    declined,
    demand_one_form,
    json_option,
    markdown_option,
    opened,
    target_option,
    yes_option,
)
from harness.commands.usage import force_option, inventory_option, usage_of
from harness.errors import ExitCode, KnownError
from harness.publish import show
from harness.publish.actions import Action
from harness.publish.apply import Means, Outcome, Tell, apply_plan
from harness.publish.origin import Origins
from harness.publish.planfile import read_plan
from harness.publish.prepare import Prepared, frozen_reader, prepare, prepare_saved
from harness.publish.session import Session, TargetName
from harness.publish.summary import Performed, outcome_markdown


@click.command("publish")
@click.argument("products", nargs=-1)
@click.option(
    "--plan",
    "saved",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Perform this plan, as `plan --out` saved it; refused where the hub has moved since.",
)
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    default=0,
    metavar="SECONDS",
    help="How long to wait for somebody else who is publishing; not at all if absent.",
)
@inventory_option
@force_option
@target_option
@yes_option
@json_option
@markdown_option
def command(
    products: tuple[str, ...],
    saved: Path | None,
    wait: float,
    inventory: Path | None,
    force: tuple[str, ...],
    target: TargetName,
    yes: bool,
    as_json: bool,
    markdown: bool,
) -> int:
    """Bring the hub's portfolios to what is released: all products, or those named."""
    demand_one_form(as_json, markdown)
    if saved and (products or inventory or force):
        raise click.UsageError("With --plan, everything stands in the file.")
    repository = load_repository(root())
    # Before anything is opened: a plan that is none concerns no landscape.
    plan = read_plan(saved, repository.catalog.catalog, target) if saved else None
    usage = None if plan else usage_of(repository, inventory, force)
    with opened(repository, target) as here:
        if plan is not None:
            prepared = prepare_saved(repository, here.session, plan)
        else:
            prepared = prepare(repository, here.session, products, usage)
        if prepared.plan.conflicts:
            raise KnownError(*failures(prepared))
        if not (as_json or markdown):
            tell(prepared)
        hub = here.session.hub_account
        changes = prepared.plan.size
        if changes and not agreed(f"Perform that ({show.count(changes, 'action')}) in hub {hub}?", target, yes):
            return declined("publish", as_json)
        started = time.monotonic()
        outcomes = perform(repository, prepared, wait)
        seconds = time.monotonic() - started
        failed = dict.fromkeys(finding for each in outcomes for finding in each.failures)  # lanes fail alike
        performed = Performed(outcomes, prepared.silent, [*failed, *failures(prepared)], seconds)
    if as_json:
        findings = [console.finding_json(each) for each in performed.findings]
        result = {"outcomes": show.outcomes_json(outcomes), "silent": list(prepared.silent), "findings": findings}
        console.emit_json("publish", {**as_data(prepared), **result})
    elif markdown:
        click.echo(outcome_markdown(performed, hub))
    else:
        _report(performed, hub, changes)
        if performed.is_whole and (changes or here.ephemeral):
            _say_how_to_go_on(repository, here.ephemeral, target)
    return ExitCode.FAILED if performed.findings else ExitCode.DONE


def _report(performed: Performed, hub: str, changes: int) -> None:
    """What was done, what is left and where, and what went wrong."""
    if changes:
        left = sum(len(each.left) for each in performed.outcomes)
        rest = f", {show.count(left, 'action')} left" if left else ""
        done = f"Published to hub {hub}" if performed.is_whole else f"Not all published to hub {hub}{rest}"
        click.echo(f"{done}: {show.summary(performed.outcomes)} done in {performed.seconds:.1f} s.")
    for each in performed.outcomes:
        if each.left:
            first, number = each.left[0], show.count(len(each.left), "action")
            click.echo(f"Left in {each.region}: {number}, from {show.label(first)} {first.subject} on.")
    for region in performed.silent:
        click.echo(f"Left in {region}: not known, for it did not answer.")
    for finding in performed.findings:
        click.echo(str(finding), err=True)


def perform(repository: Repository, prepared: Prepared, wait: float = 0) -> tuple[Outcome, ...]:
    """Perform the plan with progress on stderr."""
    with console.progress("Publishing", prepared.plan.size) as tick:

        def done(region: str, action: Action) -> None:
            line = f"{region}: {show.label(action)} {action.subject} {action.detail}"
            tick(line, region=region, action=action.kind, subject=action.subject, detail=action.detail)

        return apply_plan(prepared.plan, prepared.hubs, _means(repository, prepared, tell=done, wait=wait))


def _means(repository: Repository, prepared: Prepared, tell: Tell, wait: float = 0) -> Means:
    return Means(
        read=frozen_reader(repository),
        origin=Origins(repository.root, checked(repository)).of,
        tell=tell,
        say=console.say,
        again=prepared.again,
        wait=wait,
    )


def checked(repository: Repository) -> dict[str, dict[str, str]]:
    """What the last `build.py check` has found of each product, where nothing has changed since; it is not run here."""
    answers = Answers(repository.root)
    inputs = answers.scan()
    found: dict[str, dict[str, str]] = {}
    for product in repository.products:
        report = answers.recall(inputs, (product.name,))
        if report is not None:
            found[product.name] = {
                "build.py check": f"{len(report.findings)} findings" if report.findings else "passed"
            }
    return found


def publish_first(repository: Repository, session: Session) -> None:
    """Publish everything, for a command that works on a landscape of its own. Raises KnownError when it fails."""
    prepared = prepare(repository, session)
    console.say(f"Publishing first, as nothing is on this landscape yet: {show.count(prepared.plan.size, 'action')} …")
    outcomes = apply_plan(prepared.plan, prepared.hubs, _means(repository, prepared, lambda _region, _action: None))
    problems = [*failures(prepared), *(finding for each in outcomes for finding in each.failures)]
    if problems:
        raise KnownError(*problems)


def _say_how_to_go_on(repository: Repository, ephemeral: bool, target: str) -> None:
    option = "" if target == "local" else f" --target {target}"
    if ephemeral:
        console.say("That landscape was made for this command and is gone; `build.py local` serves one that stays.")
    teams = repository.catalog.landscape.teams
    if teams:
        team = teams[0]
        environment, account = next(iter(team.accounts.items()))
        console.say(
            f"Next: `build.py import --all{option}`, then `build.py launch PRODUCT --account {account}{option}` "
            f"({team.name} {environment})."
        )
