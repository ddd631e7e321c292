"""`build.py inventory`: records what is provisioned in every spoke, for `retire`, `publish` and `update` to read."""

from __future__ import annotations

from pathlib import Path

import click

from harness import console
from harness.catalog.load import load_repository
from harness.commands import root
from harness.commands.targets import demand_folder, demand_lasting, json_option, opened, target_option
from harness.errors import ExitCode
from harness.publish.collect import asked_accounts, collect
from harness.publish.inventory import FILE, write_inventory
from harness.publish.session import SPOKE_ADMINISTRATOR, TargetName
from harness.publish.show import count


@click.command("inventory")
@click.option(
    "--out", type=click.Path(path_type=Path, dir_okay=False), metavar="FILE", help=f"Record it there; {FILE} if absent."
)
@click.option("--role", default=SPOKE_ADMINISTRATOR, show_default=True, help="Role to assume in the spokes (aws).")
@target_option
@json_option
def command(out: Path | None, role: str, target: TargetName, as_json: bool) -> int:
    """Record the provisioned products of every spoke: product, version, status, owner.

    Where an account does not answer, the record says that it is not complete, and the exit code is 1.
    """
    repository = load_repository(root())
    path = out or repository.root / FILE
    demand_folder(path)
    demand_lasting(repository, target)
    with (
        opened(repository, target) as here,
        console.progress("Asking spokes", len(asked_accounts(repository))) as tick,
    ):
        collected = collect(repository, here.session, role, tick)
    inventory = collected.inventory
    write_inventory(path, inventory)
    if as_json:
        findings = [console.finding_json(each) for each in collected.unasked]
        record = inventory.model_dump(mode="json", exclude={"format"})
        console.emit_json("inventory", {"file": str(path), **record, "findings": findings})
        return ExitCode.FAILED if findings else ExitCode.DONE
    if inventory.provisioned:
        console.table(
            ("Product", "Version", "Account", "Region", "Name", "Status", "Owner"),
            [
                (each.product, each.version, each.account, each.region, each.name, each.status, each.owner)
                for each in inventory.provisioned
            ],
        )
    for finding in collected.unasked:
        click.echo(str(finding), err=True)
    whole = "" if inventory.complete else ", which is not complete"
    console.say(f"{count(len(inventory.provisioned), 'provisioned product')}, recorded in {path}{whole}.")
    return ExitCode.DONE if inventory.complete else ExitCode.FAILED
