"""`build.py publish`: prints the plan, asks, performs it, and says what came of it."""

from __future__ import annotations

import time

import click

from harness import console
from harness.catalog.load import Repository, load_repository
from harness.commands import root
from harness.commands.plan import as_data, failures, tell
from harness.commands.targets import agreed, declined, json_option, opened, target_option, yes_option
from harness.errors import ExitCode, KnownError
from harness.publish import show
from harness.publish.actions import Action
from harness.publish.apply import Outcome, apply_plan
from harness.publish.prepare import Prepared, frozen_reader, prepare
from harness.publish.session import Session, TargetName


@click.command("publish")
@click.argument("products", nargs=-1)
@target_option
@yes_option
@json_option
def command(products: tuple[str, ...], target: TargetName, yes: bool, as_json: bool) -> int:
    """Bring the hub's portfolios to what is released: all products, or those named."""
    repository = load_repository(root())
    with opened(repository, target) as here:
        prepared = prepare(repository, here.session, products)
        if prepared.plan.conflicts:
            raise KnownError(*failures(prepared))
        if not as_json:
            tell(prepared)
        hub = here.session.hub_account
        changes = prepared.plan.size
        if changes and not agreed(f"Perform these {changes} actions in hub {hub}?", target, yes):
            return declined("publish", as_json)
        started = time.monotonic()
        outcomes = perform(repository, prepared)
        seconds = time.monotonic() - started
        failed = dict.fromkeys(finding for each in outcomes for finding in each.failures)  # lanes fail alike
        problems = [*failed, *prepared.unread]
    if as_json:
        result = {
            "outcomes": show.outcomes_json(outcomes),
            "findings": [console.finding_json(each) for each in problems],
        }
        console.emit_json("publish", {**as_data(prepared), **result})
        return ExitCode.FAILED if problems else ExitCode.DONE
    if changes:
        left = sum(len(each.left) for each in outcomes)
        done = f"Not all published to hub {hub}, {left} actions left" if left else f"Published to hub {hub}"
        click.echo(f"{done}: {show.summary(outcomes)} done in {seconds:.1f} s.")
    for finding in problems:
        click.echo(str(finding), err=True)
    if not problems:
        _say_how_to_go_on(repository, here.ephemeral, target)
    return ExitCode.FAILED if problems else ExitCode.DONE


def perform(repository: Repository, prepared: Prepared) -> tuple[Outcome, ...]:
    """Perform the plan with progress on stderr."""
    with console.progress("Publishing", prepared.plan.size) as tick:

        def done(region: str, action: Action) -> None:
            tick(f"{region}: {show.label(action)} {action.subject} {action.detail}")

        return apply_plan(prepared.plan, prepared.hubs, frozen_reader(repository), done)


def publish_first(repository: Repository, session: Session) -> None:
    """Publish everything, for a command that works on a landscape of its own. Raises KnownError when it fails."""
    prepared = prepare(repository, session)
    console.say(f"Publishing first, as nothing is on this landscape yet: {prepared.plan.size} actions …")
    outcomes = apply_plan(prepared.plan, prepared.hubs, frozen_reader(repository), lambda _region, _action: None)
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
