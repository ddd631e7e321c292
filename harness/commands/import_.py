"""`build.py import`: brings spoke accounts to what a launch needs, and says exactly what only others can give."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import click

from harness import console
from harness.catalog.load import LoadedProduct, Repository, load_repository
from harness.commands import import_report as report
from harness.commands import root
from harness.commands.publish import publish_first
from harness.commands.targets import agreed, declined, json_option, opened, target_option, yes_option
from harness.errors import ExitCode, Finding, KnownError, known_error
from harness.publish.holding import holding
from harness.publish.inventory import Provisioned
from harness.publish.prepare import Offering, PreparedImport, launched, offering, prepare_import
from harness.publish.session import SPOKE_ADMINISTRATOR, Session, TargetName
from harness.publish.show import count
from harness.publish.spoke import REGISTRY, ImportAction, SpokeAccount, spoke_accounts

_AT_ONCE = 16  # spokes looked at, and brought on, side by side


@click.command("import")
@click.option("--account", "accounts", multiple=True, metavar="ID", help="A spoke account; may be given several times.")
@click.option("--all", "everything", is_flag=True, help="Every spoke of the landscape.")
@click.option("--portfolio", "portfolios", multiple=True, metavar="NAME", help="Only that portfolio.")
@click.option("--role", default=SPOKE_ADMINISTRATOR, show_default=True, help="Role to assume in the spoke (aws).")
@target_option
@yes_option
@json_option
def command(
    accounts: tuple[str, ...],
    everything: bool,
    portfolios: tuple[str, ...],
    role: str,
    target: TargetName,
    yes: bool,
    as_json: bool,
) -> int:
    """Import portfolios into spokes, in every region: accept shares, grant them to the personas, check the baseline.

    With --all, each spoke is told: what it has, what it lacks, and the versions in use there.
    """
    repository = load_repository(root())
    if everything == bool(accounts):
        raise click.UsageError("Name accounts with --account, or all of them with --all.")
    named = dict.fromkeys(accounts)
    spokes = spoke_accounts(repository) if everything else tuple(spoke_of(repository, each) for each in named)
    _demand_known(repository, portfolios)
    with opened(repository, target) as here:
        if here.ephemeral:
            publish_first(repository, here.session)
        seen, unseen = look_at_all(repository, here.session, Wanted(spokes, portfolios, role, everything))
        changes = sum(len(each.prepared.plan.actions) for each in seen)
        changed = len({each.prepared.plan.needs.spoke for each in seen if each.prepared.plan.actions})
        question = f"Perform {count(changes, 'action')} in {count(changed, 'account')}?"
        if changes and not agreed(question, target, yes):
            return declined("import", as_json)
        done, failures = perform([each.prepared for each in seen])
    lacks = [finding for each in seen for finding in each.prepared.plan.lacks]
    findings = list(dict.fromkeys([*unseen, *failures, *lacks]))  # what an account lacks is found in each region
    rows = [_row(each.prepared, action) for each, actions in zip(seen, done, strict=True) for action in actions]
    holdings = [
        holding(each.prepared.plan, each.prepared.state, actions, each.launched)
        for each, actions in zip(seen, done, strict=True)
        if everything
    ]
    if as_json:
        keys = ("account", "region", "done")
        data = {"done": [dict(zip(keys, row, strict=True)) for row in rows]}
        shown = {"accounts": [report.as_json(each) for each in holdings]} if everything else {}
        console.emit_json("import", {**data, **shown, "findings": [console.finding_json(each) for each in findings]})
        return ExitCode.FAILED if findings else ExitCode.DONE
    if rows:
        console.table(("Account", "Region", "Done"), rows)
    elif not findings:
        click.echo("Nothing to do.")
    if holdings:
        click.echo()
        console.table(report.COLUMNS, [report.row(each) for each in holdings])
    for finding in findings:
        click.echo(str(finding), err=True)
    return ExitCode.FAILED if findings else ExitCode.DONE


@dataclass(frozen=True)
class Wanted:
    """What is asked of which spokes, with which role there. `launched`: also what is in use."""

    spokes: tuple[SpokeAccount, ...]
    portfolios: tuple[str, ...]
    role: str
    launched: bool


@dataclass(frozen=True)
class Seen:
    """One spoke in one region, ready to be imported into."""

    prepared: PreparedImport
    launched: tuple[Provisioned, ...]


def perform(prepared: Sequence[PreparedImport]) -> tuple[list[list[ImportAction]], list[Finding]]:
    """Perform the plans of spokes side by side; a failure stops that account and region alone.

    Returns what was done in each.
    """
    done: list[list[ImportAction]] = [[] for _ in prepared]
    total = sum(len(each.plan.actions) for each in prepared)
    with console.progress("Importing", total) as tick, ThreadPoolExecutor(_AT_ONCE) as pool:

        def bring(each: PreparedImport, mine: list[ImportAction]) -> tuple[Finding, ...]:
            if not each.plan.actions:
                return ()
            needs = each.plan.needs
            try:
                gateway = each.open()
                for action in each.plan.actions:
                    gateway.perform(action)
                    mine.append(action)
                    tick(f"{needs.spoke.account} {needs.region}: {action}")
            except KnownError as error:
                return error.findings
            return ()

        failures = list(pool.map(bring, prepared, done))
    return done, [finding for findings in failures for finding in findings]


def _row(prepared: PreparedImport, action: ImportAction) -> tuple[str, str, str]:
    needs = prepared.plan.needs
    return needs.spoke.account, needs.region, str(action)


def import_first(repository: Repository, session: Session, account: str, region: str) -> None:
    """Import into one spoke and region, for a command on its own landscape. Raises KnownError for what lacks.

    The hub has its own portfolios and imports nothing.
    """
    if account == session.hub_account:
        return
    console.say(f"Importing into {account} in {region} …")
    prepared = prepare_import(repository, session, spoke_of(repository, account), offering(repository, session, region))
    gateway = prepared.open()
    for action in prepared.plan.actions:
        gateway.perform(action)
    if prepared.plan.lacks:
        raise KnownError(*prepared.plan.lacks)


def look_at_all(repository: Repository, session: Session, wanted: Wanted) -> tuple[list[Seen], list[Finding]]:
    """Look at every spoke in every region, many at once; what cannot be seen is told and holds up nothing else.

    Raises KnownError where the hub answers in no region.
    """
    offers, unseen = _offers(repository, session, wanted.portfolios)
    if not offers:
        raise KnownError(*unseen)
    places = list(itertools.product(wanted.spokes, offers))
    with console.progress("Looking at spokes", len(places)) as tick, ThreadPoolExecutor(_AT_ONCE) as pool:

        def look(place: tuple[SpokeAccount, Offering]) -> tuple[Seen | None, tuple[Finding, ...]]:
            spoke, offered = place
            try:
                prepared = prepare_import(repository, session, spoke, offered, wanted.role)
            except KnownError as error:
                return None, error.findings
            finally:
                tick(f"{spoke.account} {offered.region}")
            try:
                there = launched(session, spoke, offered, wanted.role) if wanted.launched else ()
            except KnownError as error:
                return Seen(prepared, ()), error.findings
            return Seen(prepared, there), ()

        looked = list(pool.map(look, places))
    unseen += [finding for _, findings in looked for finding in findings]
    return [seen for seen, _ in looked if seen is not None], unseen


def _offers(
    repository: Repository, session: Session, portfolios: tuple[str, ...]
) -> tuple[list[Offering], list[Finding]]:
    """What the hub offers in each region, and why a region does not answer."""

    def ask(region: str) -> Offering | KnownError:
        try:
            return offering(repository, session, region, portfolios)
        except KnownError as error:
            return error

    regions = repository.catalog.regions
    with ThreadPoolExecutor(len(regions)) as pool:
        answers = list(pool.map(ask, regions))
    unseen = [finding for each in answers if isinstance(each, KnownError) for finding in each.findings]
    return [each for each in answers if isinstance(each, Offering)], unseen


def spoke_of(repository: Repository, account: str) -> SpokeAccount:
    """The spoke of that account number. Raises KnownError that lists those there are."""
    spokes = spoke_accounts(repository)
    for each in spokes:
        if each.account == account:
            return each
    there = ", ".join(f"{each.account} ({each.team} {each.environment})" for each in spokes) or "none"
    raise known_error("catalog.yaml", f"account {account} is no spoke of the landscape", f"there are: {there}")


def demand_place(repository: Repository, product: LoadedProduct, account: str) -> None:
    """Raises KnownError where that product is not launched in that account."""
    registry = repository.catalog.landscape.registry.account
    if product.for_registry:
        if account != registry:
            problem = f"{product.name} is launched in the account of the model registry, not in {account}"
            raise known_error("catalog.yaml", problem, f"--account {registry}")
        return
    environment = spoke_of(repository, account).environment
    if environment == REGISTRY:
        problem = f"{product.name} is launched in a team's account, and {account} is the model registry's"
        raise known_error("catalog.yaml", problem, "name one of a team's with --account")
    if environment not in product.spec.environments:
        problem = (
            f"{product.name} is launched in {' or '.join(product.spec.environments)}, and {account} is {environment}"
        )
        raise known_error(f"{product.path}/product.yaml", problem, "name such an account with --account")


def _demand_known(repository: Repository, portfolios: tuple[str, ...]) -> None:
    known = [each.portfolio for each in repository.portfolios]
    for name in portfolios:
        if name not in known:
            raise known_error("portfolios", f"no portfolio '{name}'", f"there are: {', '.join(known) or 'none'}")
