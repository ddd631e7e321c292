"""`build.py import`: brings spoke accounts to what a launch needs, and says exactly what only others can give."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor

import click

from harness import console
from harness.catalog.load import LoadedProduct, Repository, load_repository
from harness.commands import root
from harness.commands.publish import publish_first
from harness.commands.targets import agreed, declined, json_option, opened, target_option, yes_option
from harness.errors import ExitCode, Finding, KnownError, known_error
from harness.publish.prepare import Offering, PreparedImport, offering, prepare_import
from harness.publish.session import SPOKE_ADMINISTRATOR, Session, TargetName
from harness.publish.spoke import REGISTRY, SpokeAccount, spoke_accounts

_AT_ONCE = 16  # spokes looked at side by side


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
    """Import portfolios into spokes, in every region: accept shares, grant them to the personas, check the baseline."""
    repository = load_repository(root())
    if everything == bool(accounts):
        raise click.UsageError("Name accounts with --account, or all of them with --all.")
    named = dict.fromkeys(accounts)
    spokes = spoke_accounts(repository) if everything else tuple(spoke_of(repository, each) for each in named)
    _demand_known(repository, portfolios)
    with opened(repository, target) as here:
        if here.ephemeral:
            publish_first(repository, here.session)
        prepared, unseen = _prepare_all(repository, here.session, spokes, portfolios, role)
        changes = sum(len(each.plan.actions) for each in prepared)
        if changes and not agreed(f"Actions to perform in {len(spokes)} of the spokes: {changes}. Go on?", target, yes):
            return declined("import", as_json)
        rows, failures = perform(prepared)
    lacks = [finding for each in prepared for finding in each.plan.lacks]
    findings = list(dict.fromkeys([*unseen, *failures, *lacks]))  # what an account lacks is found in each region
    if as_json:
        keys = ("account", "region", "done")
        data = {"done": [dict(zip(keys, row, strict=True)) for row in rows]}
        console.emit_json("import", {**data, "findings": [console.finding_json(each) for each in findings]})
        return ExitCode.FAILED if findings else ExitCode.DONE
    if rows:
        console.table(("Account", "Region", "Done"), rows)
    elif not findings:
        click.echo("Nothing to do.")
    for finding in findings:
        click.echo(str(finding), err=True)
    return ExitCode.FAILED if findings else ExitCode.DONE


def perform(prepared: list[PreparedImport]) -> tuple[list[tuple[str, str, str]], list[Finding]]:
    """Perform every spoke's plan; a failure stops that account and region alone. Returns (account, region, done)."""
    rows: list[tuple[str, str, str]] = []
    failures: list[Finding] = []
    with console.progress("Importing", sum(len(each.plan.actions) for each in prepared)) as tick:
        for each in prepared:
            if not each.plan.actions:
                continue
            needs = each.plan.needs
            try:
                gateway = each.open()
                for action in each.plan.actions:
                    gateway.perform(action)
                    rows.append((needs.spoke.account, needs.region, str(action)))
                    tick(f"{needs.spoke.account} {needs.region}: {action}")
            except KnownError as error:
                failures += error.findings
    return rows, failures


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


def _prepare_all(
    repository: Repository,
    session: Session,
    spokes: tuple[SpokeAccount, ...],
    portfolios: tuple[str, ...],
    role: str,
) -> tuple[list[PreparedImport], list[Finding]]:
    """Look at every spoke in every region, many at once; one that cannot be seen is told and holds up no other."""
    offers = [offering(repository, session, region, portfolios) for region in repository.catalog.regions]
    places = list(itertools.product(spokes, offers))
    with console.progress("Looking at spokes", len(places)) as tick, ThreadPoolExecutor(_AT_ONCE) as pool:

        def look(place: tuple[SpokeAccount, Offering]) -> PreparedImport | KnownError:
            spoke, offered = place
            try:
                return prepare_import(repository, session, spoke, offered, role)
            except KnownError as error:
                return error
            finally:
                tick(f"{spoke.account} {offered.region}")

        seen = list(pool.map(look, places))
    unseen = [finding for each in seen if isinstance(each, KnownError) for finding in each.findings]
    return [each for each in seen if isinstance(each, PreparedImport)], unseen


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
