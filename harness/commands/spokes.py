"""`build.py spokes`: brings the stack set of the spokes' foundation to the catalog, and follows it."""

from __future__ import annotations

import click

from harness import console
from harness.catalog.load import load_repository
from harness.commands import root
from harness.commands.targets import agreed, declined, demand_lasting, json_option, opened, target_option, yes_option
from harness.errors import ExitCode, Finding
from harness.publish.launcher import parse_pairs
from harness.publish.session import Session, TargetName
from harness.publish.show import count
from harness.publish.stackset import plan_stack_set, problems, wanted_stack_sets
from harness.publish.stackset_gateway import StackSetGateway


@click.command("spokes")
@click.option(
    "--by-unit", is_flag=True, help="A stack set for each organizational unit, where there are more than 200 accounts."
)
@click.option(
    "--parameter", "parameters", multiple=True, metavar="KEY=VALUE", help="Set a parameter; others keep their values."
)
@click.option("--bucket", metavar="NAME", help="The hub's bucket, in the home region, to lay the template in.")
@target_option
@yes_option
@json_option
def command(
    by_unit: bool, parameters: tuple[str, ...], bucket: str | None, target: TargetName, yes: bool, as_json: bool
) -> int:
    """Create or update the stack set that gives every account of the teams' units its foundation.

    It is service-managed with automatic deployment: accounts that join a unit later get theirs by themselves.
    """
    repository = load_repository(root())
    catalog = repository.catalog
    given = tuple(parse_pairs("--parameter", parameters).items())
    wanted = wanted_stack_sets(repository, by_unit, given)
    demand_lasting(repository, target)
    with opened(repository, target) as here:
        gateway = _gateway(here.session, catalog.home_region, bucket)
        planned = [(each, plan_stack_set(each, gateway.read(each.name))) for each in wanted]
        actions = [action for _, each in planned for action in each]
        if not as_json:
            for action in actions:
                click.echo(str(action))
        accounts = sum(each.accounts for each in wanted)
        if actions and not agreed(f"Perform that, for {count(accounts, 'account')}?", target, yes):
            return declined("spokes", as_json)
        for each, its_actions in planned:
            for action in its_actions:
                gateway.perform(each, action, lambda line: console.say(f"  {line}"))
        instances = {each.name: gateway.instances(each.name) for each in wanted}
    findings: list[Finding] = [finding for name, its in instances.items() for finding in problems(name, its)]
    if as_json:
        rows = [
            {"stack_set": name, "account": one.account, "region": one.region, "status": one.status}
            for name, its in instances.items()
            for one in its
        ]
        shown = [console.finding_json(each) for each in findings]
        console.emit_json("spokes", {"done": [str(each) for each in actions], "stacks": rows, "findings": shown})
        return ExitCode.FAILED if findings else ExitCode.DONE
    for finding in findings:
        click.echo(str(finding), err=True)
    if not findings:
        stacks = sum(len(each) for each in instances.values())
        current = f"{count(stacks, 'stack')} current"
        click.echo(f"Done: {current}." if actions else f"Nothing to do: {current}.")
    return ExitCode.FAILED if findings else ExitCode.DONE


def _gateway(session: Session, region: str, bucket: str | None) -> StackSetGateway:
    hub = session.hub_account
    identity = session.administrator(hub)
    stacks, storage = (session.client(identity, each, region) for each in ("cloudformation", "s3"))
    delegated = hub != session.catalog.organization.management_account
    place = f"stack sets of hub {hub} in {region}"
    return StackSetGateway(stacks, storage, place, bucket or f"platform-foundation-{hub}-{region}", delegated)
