"""`build.py verify`: holds what a spoke is offered against what the hub has signed."""

from __future__ import annotations

import click

from harness import console
from harness.catalog.load import Repository, load_repository
from harness.commands import root
from harness.commands.import_ import import_first, spoke_of
from harness.commands.publish import publish_first
from harness.commands.targets import demand_regions, json_option, opened, target_option
from harness.errors import ExitCode, Finding, KnownError
from harness.publish.session import SPOKE_ADMINISTRATOR, Session, TargetName
from harness.publish.verification import Verdict
from harness.publish.verify_gateway import VerifyGateway


@click.command("verify")
@click.option("--account", required=True, metavar="ID", help="The spoke to look from.")
@click.option("--region", "regions", multiple=True, metavar="REGION", help="Where; every region if absent.")
@click.option("--role", default=SPOKE_ADMINISTRATOR, show_default=True, help="Role to assume in the spoke (aws).")
@target_option
@json_option
def command(account: str, regions: tuple[str, ...], role: str, target: TargetName, as_json: bool) -> int:
    """Prove that every version a spoke can launch is one that the hub's publisher signed, byte by byte."""
    repository = load_repository(root())
    spoke_of(repository, account)
    demand_regions(repository, regions)
    verdicts: list[Verdict] = []
    findings: list[Finding] = []
    with opened(repository, target) as here:
        if here.ephemeral:
            publish_first(repository, here.session)
        for region in regions or repository.catalog.regions:
            if here.ephemeral:
                import_first(repository, here.session, account, region)
            try:
                verdicts += verify_gateway(repository, here.session, account, region, role).verify(
                    repository.catalog.catalog
                )
            except KnownError as error:  # the other regions are looked at all the same
                findings += error.findings
    findings += [finding for each in verdicts for finding in each.findings]
    if as_json:
        data = {"versions": [_row_json(each) for each in verdicts]}
        console.emit_json("verify", {**data, "findings": [console.finding_json(each) for each in findings]})
        return ExitCode.FAILED if findings else ExitCode.DONE
    if verdicts:
        console.table(("Region", "Product", "Version", "Commit", "Checks", "Result"), [_row(each) for each in verdicts])
    elif not findings:
        click.echo(f"Account {account} is offered nothing.")
    for finding in findings:
        click.echo(str(finding), err=True)
    return ExitCode.FAILED if findings else ExitCode.DONE


def verify_gateway(repository: Repository, session: Session, account: str, region: str, role: str) -> VerifyGateway:
    """The spoke's view in `region`."""
    administrator = session.administrator(account, role)
    catalog, storage, keys = (session.paced(administrator, each, region) for each in ("servicecatalog", "s3", "kms"))
    return VerifyGateway(catalog, storage, keys, account, region, repository.catalog.landscape.hub.account)


def _row(verdict: Verdict) -> tuple[str, ...]:
    offer, origin = verdict.offer, verdict.statement.origin if verdict.statement else None
    commit = origin.commit[:12] if origin and origin.commit else "not known"
    checks = ", ".join(f"{name} {result}" for name, result in origin.checks.items()) if origin else ""
    result = "not proved" if verdict.findings else "as signed"
    return offer.region, offer.product or offer.title, offer.version, commit, checks or "not known", result


def _row_json(verdict: Verdict) -> dict[str, object]:
    offer, origin = verdict.offer, verdict.statement.origin if verdict.statement else None
    return {
        "region": offer.region,
        "portfolio": offer.portfolio,
        "product": offer.product or None,
        "title": offer.title,
        "version": offer.version,
        "verified": not verdict.findings,
        "commit": origin.commit or None if origin else None,
        "tools": dict(origin.tools) if origin else {},
        "checks": dict(origin.checks) if origin else {},
    }
