"""`build.py run`: runs the pipeline of a product on this machine, with data of one's own, in the emulated landscape."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from harness import console
from harness.catalog.load import LoadedExample, LoadedProduct, Repository, load_repository, with_needs
from harness.catalog.model import Run, RunFile
from harness.commands import root
from harness.commands.import_ import demand_place, import_first
from harness.commands.publish import publish_first
from harness.commands.run_report import Row, changes, rows, shown
from harness.commands.targets import Opened, json_option, opened
from harness.errors import ExitCode, KnownError, known_error
from harness.pipelines.parse import read
from harness.publish.executions import ExecutionGateway
from harness.publish.launcher import Launcher, example_parameters, launcher, parse_pairs

_PAUSE = 0.2  # seconds between two looks at an execution
_PLACEHOLDER = re.compile(r"\$\{(\w+)\}")


@click.command("run")
@click.argument("product")
@click.option(
    "--data",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="The data; the product's own if absent.",
)
@click.option(
    "--schema",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    metavar="FILE",
    help="What describes the data; the product's own if absent.",
)
@click.option("--parameter", "parameters", multiple=True, metavar="NAME=VALUE", help="Set a parameter of the pipeline.")
@click.option("--account", default="dev", show_default=True, metavar="ID", help="The account, or its environment.")
@click.option("--name", metavar="NAME", help="The provisioned product to run, where there are several.")
@json_option
def command(
    product: str,
    data: Path | None,
    schema: Path | None,
    parameters: tuple[str, ...],
    account: str,
    name: str | None,
    as_json: bool,
) -> int:
    """Run the pipeline of PRODUCT with your data, follow its steps, and show what they came to.

    It runs in the landscape that `build.py local` serves, or in one of its own. What is not launched yet is launched.
    """
    repository = load_repository(root())
    loaded = repository.product(product)
    spec = _demand_run(loaded)
    account = _account(repository, account)
    demand_place(repository, loaded, account)
    region = repository.catalog.home_region
    if schema is not None and spec.schema_file is None:
        raise click.UsageError(f"{product} takes no --schema.")
    given = parse_pairs("--parameter", parameters)
    with opened(repository, "local") as here:
        outputs = _outputs(repository, here, loaded, spec, account, region, name)
        owner = here.session.administrator(account)
        gateway = ExecutionGateway(
            here.session.client(owner, "sagemaker", region),
            here.session.client(owner, "s3", region),
            f"account {account} in {region}",
        )
        words = {**outputs, "Run": f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"}
        wanted = {key: _filled(loaded, value, words) for key, value in spec.parameters.items()}
        for file, chosen in ((spec.data, data), (spec.schema_file, schema)):
            if file is not None:
                wanted |= _put(gateway, loaded, file, chosen, words)
        pipeline = _filled(loaded, f"${{{spec.pipeline}}}", words)
        arn = gateway.start(pipeline, {**wanted, **given})
        console.say(f"Started {arn}")
        status, reason = _follow(gateway, arn)
        result = rows(gateway, read(gateway.definition(arn)), gateway.steps(arn))
    _show(arn, status, reason, result, as_json)
    return ExitCode.DONE if status == "Succeeded" else ExitCode.FAILED


def _demand_run(product: LoadedProduct) -> Run:
    if product.spec.run is None:
        raise known_error(
            f"{product.path}/product.yaml", f"{product.name} does not say how it is run", "add a section `run`"
        )
    return product.spec.run


def _account(repository: Repository, given: str) -> str:
    """The account that a number, an environment or team-environment names. Raises KnownError."""
    if given.isdigit():
        return given
    teams = repository.catalog.landscape.teams
    named = {f"{team.name}-{environment}": account for team in teams for environment, account in team.accounts.items()}
    found = [account for name, account in named.items() if given == name or name.endswith(f"-{given}")]
    if len(found) != 1:
        problem = f"{given} names {'no account' if not found else 'several accounts'} of a team"
        raise known_error("catalog.yaml", problem, f"there are: {', '.join(named)}")
    return found[0]


def _outputs(
    repository: Repository,
    here: Opened,
    product: LoadedProduct,
    spec: Run,
    account: str,
    region: str,
    name: str | None,
) -> Mapping[str, str]:
    """The outputs of the provisioned product, which is launched, with what it needs, where it is not there."""
    if here.ephemeral:
        publish_first(repository, here.session)
        import_first(repository, here.session, account, region)
    lead = launcher(repository, here.session, product, account, region)
    found = _provisioned(lead, f"{product.name}-{spec.example}", name)
    if found is None:
        for each, example in with_needs(repository, product, product.example(spec.example)):
            found = _launched(repository, here, each, example, account, region)
    assert found is not None  # the product itself comes last
    return lead.gateway.outputs(found)


def _provisioned(lead: Launcher, usual: str, wanted: str | None) -> str | None:
    """The provisioned product to take; None where there is none. Raises KnownError where it is not clear which."""
    offer = lead.offer
    there = [each.name for each in lead.gateway.provisioned(offer) if each.product_id == offer.product_id]
    listed = f"there are: {', '.join(there) or 'none'}"
    if wanted is not None:
        if wanted not in there:
            raise known_error(offer.place, f"no provisioned {offer.product} is called '{wanted}'", listed)
        return wanted
    if usual in there or not there:
        return usual if usual in there else None
    if len(there) > 1:
        raise known_error(offer.place, f"{offer.product} is provisioned several times", f"choose with --name; {listed}")
    return there[0]


def _launched(
    repository: Repository, here: Opened, product: LoadedProduct, example: LoadedExample, account: str, region: str
) -> str:
    """The name of a provisioned product of that example, launched now if need be. Raises KnownError."""
    where, name = account, f"{product.name}-{example.name}"
    if product.for_registry:
        where = repository.catalog.landscape.registry.account
        if here.ephemeral:
            import_first(repository, here.session, where, region)
    lead = launcher(repository, here.session, product, where, region)
    if name not in [each.name for each in lead.gateway.provisioned(lead.offer)]:
        result = lead.launch(name, None, example_parameters(product, example.name), {}, console.say)
        if result.failures:
            raise KnownError(*result.failures)
    return name


def _put(
    gateway: ExecutionGateway, product: LoadedProduct, file: RunFile, chosen: Path | None, words: Mapping[str, str]
) -> dict[str, str]:
    """Puts a file where the product wants it; gives the parameter that names the place."""
    if chosen is None and file.default is None:
        raise click.UsageError("Name the data with --data: the product brings none of its own.")
    path = chosen or product.folder / str(file.default)
    place = _filled(product, file.to, words)
    target = f"{place}{path.name}" if place.endswith("/") else place
    gateway.put(target, path.read_bytes())
    console.say(f"Put {path} to {target}")
    return {file.parameter: place} if file.parameter else {}


def _filled(product: LoadedProduct, text: str, words: Mapping[str, str]) -> str:
    unknown = [each for each in _PLACEHOLDER.findall(text) if each not in words]
    if unknown:
        there = f"there are: {', '.join(sorted(words))}"
        raise known_error(f"{product.path}/product.yaml", f"the stack has no output {unknown[0]}", there)
    return _PLACEHOLDER.sub(lambda match: words[match[1]], text)


def _follow(gateway: ExecutionGateway, arn: str) -> tuple[str, str]:
    """Says each change of a step until the execution is over; gives its status and reason. Ctrl-C stops it."""
    before: dict[str, str] = {}
    try:
        while True:
            status, reason = gateway.state(arn)
            steps = gateway.steps(arn)
            for line in changes(before, steps):
                console.say(line)
            before = {step.name: step.status for step in steps}
            if status not in ("Executing", "Stopping"):
                return status, reason
            time.sleep(_PAUSE)
    except KeyboardInterrupt:
        gateway.stop(arn)
        raise


def _show(arn: str, status: str, reason: str, result: list[Row], as_json: bool) -> None:
    if as_json:
        console.emit_json("run", {"execution": arn, "status": status, "reason": reason or None, "steps": _json(result)})
        return
    cells = [
        (row.name, row.type, row.status, "" if row.seconds is None else f"{row.seconds:.1f}", shown(row.outputs))
        for row in result
    ]
    console.table(("Step", "Type", "Status", "Seconds", "Outputs"), cells)
    if status == "Succeeded":
        return
    failed = [f"{row.name}: {row.reason}" for row in result if row.status == "Failed"]
    click.echo("\n".join(failed or [f"{status}: {reason or arn}"]), err=True)


def _json(result: list[Row]) -> list[dict[str, Any]]:
    return [
        {
            "name": row.name,
            "type": row.type,
            "status": row.status,
            "seconds": row.seconds,
            "outputs": dict(row.outputs),
            "reason": row.reason or None,
        }
        for row in result
    ]
