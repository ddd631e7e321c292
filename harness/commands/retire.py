"""`build.py retire`: takes versions one step on their way out, in product.yaml; `publish` performs it in the hub."""

from __future__ import annotations

from pathlib import Path

import click

from harness import console
from harness.catalog.load import load_repository
from harness.catalog.release import load_releases
from harness.commands import root
from harness.commands.targets import json_option
from harness.commands.usage import force_option, inventory_option, usage_of
from harness.errors import ExitCode
from harness.publish.withdrawals import next_steps, written

_MEANS = {
    "deprecated": "takes no new launch; who has it may update to it still",
    "inactive": "takes neither launch nor update",
    "deleted": "goes from the hub; a product whose versions are all deleted goes too",
}


@click.command("retire")
@click.argument("product")
@click.argument("versions", nargs=-1, required=True)
@inventory_option
@force_option
@json_option
def command(
    product: str, versions: tuple[str, ...], inventory: Path | None, force: tuple[str, ...], as_json: bool
) -> int:
    """Withdraw VERSIONS of PRODUCT by one step: deprecated, then inactive, then deleted.

    Inactive and deleted are refused while the recorded inventory shows somebody on a version, deleted also without
    an inventory, unless the version is named with --force. Publish after each step.
    """
    repository = load_repository(root())
    loaded = repository.product(product)
    released = tuple(each.version for each in load_releases(loaded))
    usage = usage_of(repository, inventory, force)
    steps = next_steps(loaded, released, tuple(dict.fromkeys(versions)), usage)
    path = loaded.folder / "product.yaml"
    path.write_text(written(loaded, path.read_text(encoding="utf-8"), steps), encoding="utf-8")
    if as_json:
        console.emit_json("retire", {"product": product, "versions": steps, "findings": []})
        return ExitCode.DONE
    for version, state in steps.items():
        click.echo(f"{product} {version} will be {state}: it {_MEANS[state]}.")
    forced = "".join(f" --force {each}" for each in force)
    if usage.inventory and set(steps.values()) != {"deprecated"}:
        console.say(f"Who uses them is known as of {usage.inventory.taken}.")
    console.say(f"Written to {loaded.path}/product.yaml. Next: `build.py publish {product}{forced}`.")
    return ExitCode.DONE
