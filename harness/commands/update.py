"""`build.py update`: moves provisioned products to a version, as their leads, its impact shown first."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import click

from harness import console
from harness.catalog.load import LoadedProduct, Repository, load_repository
from harness.catalog.release import load_releases
from harness.checks.alone import Alone
from harness.checks.answers import Answers
from harness.commands import root
from harness.commands.diff import compared
from harness.commands.diff_report import Line, text
from harness.commands.diff_report import as_json as line_json
from harness.commands.targets import (
    agreed,
    declined,
    demand_lasting,
    demand_regions,
    json_option,
    opened,
    target_option,
    yes_option,
)
from harness.commands.usage import inventory_option
from harness.errors import ExitCode, Finding, KnownError, Place, known_error
from harness.publish.collect import asked_accounts
from harness.publish.inventory import Inventory, Provisioned, read_inventory
from harness.publish.launch import Result
from harness.publish.launcher import launcher
from harness.publish.moves import Chosen, Moves, choose, demand_target, waves
from harness.publish.session import Session, TargetName
from harness.publish.show import count
from harness.publish.spoke import spoke_accounts

_AT_ONCE = 8  # updates side by side


@click.command("update")
@click.argument("product")
@click.option("--to", metavar="VERSION", help="The version to move to; the newest release if absent.")
@click.option("--from", "versions", multiple=True, metavar="VERSION", help="Only what is on that version.")
@click.option("--account", "accounts", multiple=True, metavar="ID", help="Only in that account.")
@click.option("--region", "regions", multiple=True, metavar="REGION", help="Only in that region.")
@click.option("--name", "names", multiple=True, metavar="NAME", help="Only provisioned products of that name.")
@inventory_option
@target_option
@yes_option
@json_option
def command(
    product: str,
    to: str | None,
    versions: tuple[str, ...],
    accounts: tuple[str, ...],
    regions: tuple[str, ...],
    names: tuple[str, ...],
    inventory: Path | None,
    target: TargetName,
    yes: bool,
    as_json: bool,
) -> int:
    """Move the provisioned products of PRODUCT, in all spokes or those chosen, to a version.

    Who is there is told by the recorded inventory. Development accounts go first, then pre-production; where one fails,
    those after it are left. Parameters keep their values.
    """
    repository = load_repository(root())
    loaded = repository.product(product)
    demand_regions(repository, regions)
    _demand_accounts(repository, accounts)
    goal = demand_target(loaded, (each.version for each in load_releases(loaded)), to)
    moves = choose(_recorded(repository, inventory), product, goal, Chosen(accounts, regions, names, versions))
    impact = _impact(repository, loaded, moves, goal)
    if not as_json:
        _show(moves, impact, goal)
    demand_lasting(repository, target)
    with opened(repository, target) as here:
        question = f"Update {count(len(moves.moving), 'provisioned product')} of {product} to {goal}?"
        if moves.moving and not agreed(question, target, yes):
            return declined("update", as_json)
        environments = {each.account: each.environment for each in spoke_accounts(repository)}
        with console.progress("Updating", len(moves.moving)) as tick:
            done, left = _perform(here.session, repository, loaded, goal, waves(moves.moving, environments), tick)
    findings = [finding for _, result in done for finding in result.failures]
    findings += [_left(each) for each in left]
    if as_json:
        _emit(goal, impact, done, findings)
    else:
        moved = sum(not result.failures for _, result in done)
        done_so_far = f"Updated {count(moved, 'provisioned product')} of {len(moves.moving)} to {goal}."
        click.echo(done_so_far if moves.moving else "Nothing to do.")
        for finding in findings:
            click.echo(str(finding), err=True)
        if moved:
            console.say("The recorded inventory is older than that: `build.py inventory`.")
    return ExitCode.FAILED if findings else ExitCode.DONE


def _demand_accounts(repository: Repository, accounts: tuple[str, ...]) -> None:
    known = asked_accounts(repository)
    for each in accounts:
        if each not in known:
            there = f"there are: {', '.join(known)}"
            raise known_error("catalog.yaml", f"account {each} is none of the landscape's", there)


def _recorded(repository: Repository, path: Path | None) -> Inventory:
    found = read_inventory(repository.root, path)
    if found is None:
        raise known_error("inventory.json", "nobody has recorded who uses which version", "`build.py inventory`")
    return found


def _impact(repository: Repository, product: LoadedProduct, moves: Moves, goal: str) -> tuple[Line, ...]:
    """What the update does to a stack of each version that is left, by rehearsal. Raises KnownError where it cannot."""
    if not moves.moving:
        return ()
    answers = Answers(repository.root)
    alone = Alone(repository, answers, answers.scan())
    return tuple(Line(product, compared(repository, alone, product.name, each, goal), each) for each in moves.versions)


def _show(moves: Moves, impact: tuple[Line, ...], goal: str) -> None:
    for line in impact:
        click.echo(f"{text(line)}\n")
    if moves.moving:
        rows = [(each.account, each.region, each.name, each.version, goal) for each in moves.moving]
        console.table(("Account", "Region", "Name", "From", "To"), rows)
    for each in moves.newer:
        console.say(f"{each} is on {each.version} already and stays.")
    for each in moves.unknown:
        console.say(f"{each} is on {each.version}, which is no release of the catalog, and stays.")


def _perform(
    session: Session,
    repository: Repository,
    product: LoadedProduct,
    goal: str,
    groups: tuple[tuple[Provisioned, ...], ...],
    tick: Callable[[str], None],
) -> tuple[list[tuple[Provisioned, Result]], list[Provisioned]]:
    """One group after the other, each side by side. Returns what was tried, and what was not after a failure."""

    def move(each: Provisioned) -> Result:
        try:
            result = launcher(repository, session, product, each.account, each.region).update(each.name, goal, {})
        except KnownError as error:
            result = Result(each.name, "update", "", failures=error.findings)
        tick(f"{each}: {'failed' if result.failures else goal}")
        return result

    done: list[tuple[Provisioned, Result]] = []
    for number, group in enumerate(groups):
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            results = list(pool.map(move, group))
        done += zip(group, results, strict=True)
        if any(result.failures for result in results):
            return done, [each for later in groups[number + 1 :] for each in later]
    return done, []


def _left(each: Provisioned) -> Finding:
    problem = f"{each.name} was not updated in {each.region}, for updates before it failed"
    return Finding(Place(f"account {each.account}"), problem, "correct those, then run `build.py update` again")


def _emit(goal: str, impact: tuple[Line, ...], done: list[tuple[Provisioned, Result]], findings: list[Finding]) -> None:
    rows = [
        {
            **each.model_dump(mode="json"),
            "to": goal,
            "succeeded": not result.failures,
            "record": result.record_id,
        }
        for each, result in done
    ]
    shown = [console.finding_json(each) for each in findings]
    console.emit_json("update", {"impact": [line_json(each) for each in impact], "updates": rows, "findings": shown})
