"""`build.py launch`: launches, updates and terminates a product in a spoke, as a lead would through Service Catalog."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness import console
from harness.catalog.load import LoadedProduct, Repository, load_repository, with_needs
from harness.commands import root
from harness.commands.import_ import demand_place, import_first
from harness.commands.launch_set import launch_set
from harness.commands.publish import publish_first
from harness.commands.targets import (
    Opened,
    agreed,
    declined,
    demand_lasting,
    demand_regions,
    json_option,
    opened,
    target_option,
    yes_option,
)
from harness.errors import ExitCode, KnownError
from harness.publish.launch import Result
from harness.publish.launcher import demand_name, example_parameters, launcher, parse_pairs
from harness.publish.session import TargetName


@click.command("launch")
@click.argument("product")
@click.option("--account", required=True, metavar="ID", help="The account to launch in.")
@click.option("--region", metavar="REGION", help="Where; the home region if absent.")
@click.option("--example", metavar="NAME", help="Take the parameters of products/PRODUCT/examples/NAME.yaml.")
@click.option(
    "--parameter", "parameters", multiple=True, metavar="KEY=VALUE", help="Set a parameter; may be given several times."
)
@click.option("--tag", "tags", multiple=True, metavar="KEY=VALUE", help="Tag a launch, or choose among tag options.")
@click.option("--name", metavar="NAME", help="Name of the provisioned product; PRODUCT or PRODUCT-EXAMPLE if absent.")
@click.option("--version", metavar="VERSION", help="Version to launch or update to; the newest if absent.")
@click.option("--update", is_flag=True, help="Update the provisioned product of that name.")
@click.option("--terminate", is_flag=True, help="Terminate the provisioned product of that name.")
@click.option(
    "--for-each",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="Bring a set of launches to what FILE says: launch new ones, update changed ones, terminate those gone. "
    "docs/examples/users.yaml is such a file.",
)
@target_option
@yes_option
@json_option
def command(
    product: str,
    account: str,
    region: str | None,
    example: str | None,
    parameters: tuple[str, ...],
    tags: tuple[str, ...],
    name: str | None,
    version: str | None,
    update: bool,
    terminate: bool,
    for_each: Path | None,
    target: TargetName,
    yes: bool,
    as_json: bool,
) -> int:
    """Launch PRODUCT in a spoke as its lead, follow it, print its outputs; or update or terminate it."""
    if sum((update, terminate, for_each is not None)) > 1:
        raise click.UsageError("Choose one of --update, --terminate and --for-each.")
    if for_each and (example or parameters or name):
        raise click.UsageError("With --for-each, names and parameters stand in the file.")
    if terminate and (version or parameters):
        raise click.UsageError("--terminate takes neither --version nor --parameter.")
    if tags and (update or terminate or for_each):
        raise click.UsageError("--tag is for a launch alone; with --for-each, tags stand in the file.")
    repository = load_repository(root())
    loaded = repository.product(product)
    demand_place(repository, loaded, account)
    region = region or repository.catalog.home_region
    demand_regions(repository, (region,))
    given = {
        **(example_parameters(loaded, example) if example else {}),
        **parse_pairs("--parameter", parameters),
    }
    chosen_tags = parse_pairs("--tag", tags)
    name = name or (f"{product}-{example}" if example else product)
    demand_name(name)
    if update or terminate:
        demand_lasting(repository, target)
    with opened(repository, target) as here:
        _make_ready(repository, here, loaded, account, region, example)
        lead = launcher(repository, here.session, loaded, account, region)
        if for_each:
            return launch_set(lead, for_each, version, target, yes, as_json)
        if terminate:
            if not agreed(f"Terminate {name} in account {account}?", target, yes):
                return declined("launch", as_json)
            result = lead.terminate(name)
        elif update:
            result = lead.update(name, version, given)
        else:
            result = lead.launch(name, version, given, chosen_tags, console.say)
    _show(result, as_json)
    return ExitCode.FAILED if result.failures else ExitCode.DONE


def _make_ready(
    repository: Repository, here: Opened, product: LoadedProduct, account: str, region: str, example: str | None
) -> None:
    """On a landscape of the command's own: publish, import, and launch what the example (or the first) needs."""
    if not here.ephemeral:
        return
    publish_first(repository, here.session)
    import_first(repository, here.session, account, region)
    if not (example or product.examples):
        return
    wanted = product.example(example) if example else product.examples[0]
    for needed, its_example in with_needs(repository, product, wanted)[:-1]:
        name = f"{needed.name}-{its_example.name}"
        console.say(f"Launching {name}, which this needs …")
        where = account
        if needed.for_registry:
            where = repository.catalog.landscape.registry.account
            import_first(repository, here.session, where, region)
        lead = launcher(repository, here.session, needed, where, region)
        result = lead.launch(name, None, example_parameters(needed, its_example.name), {}, console.say)
        if result.failures:
            raise KnownError(*result.failures)


def _show(result: Result, as_json: bool) -> None:
    if as_json:
        console.emit_json("launch", result_json(result))
        return
    for finding in result.failures:
        click.echo(str(finding), err=True)
    if not result.failures:
        console.say(f"{result.name}: {result.action} succeeded (record {result.record_id}).")
        if result.outputs:
            console.table(("Output", "Value", "Description"), result.outputs)
        if result.schema_only:
            console.say(
                f"Known by their schema only, with nothing real behind them here: {', '.join(result.schema_only)}."
            )


def result_json(result: Result) -> dict[str, Any]:
    """What came of one request."""
    return {
        "name": result.name,
        "action": result.action,
        "record": result.record_id or None,
        "succeeded": not result.failures,
        "outputs": {key: value for key, value, _ in result.outputs},
        "schema_only": list(result.schema_only),
        "findings": [console.finding_json(each) for each in result.failures],
    }
