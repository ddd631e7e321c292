"""`build.py render`: the templates as CloudFormation reads them."""

from __future__ import annotations

from pathlib import Path

import click

from harness import console
from harness.catalog import taskcat
from harness.catalog.load import load_repository
from harness.catalog.render import Rendered, additions, foundations, render_foundation, render_product
from harness.commands import root


@click.command("render")
@click.argument("products", nargs=-1)
@click.option("--foundation", is_flag=True, help="Render the foundations of hub and spoke instead of products.")
@click.option("--taskcat", "with_taskcat", is_flag=True, help="Write taskcat's configuration beside the products.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Folder to write to; .build/rendered by default.",
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def command(products: tuple[str, ...], foundation: bool, with_taskcat: bool, out: Path | None, as_json: bool) -> None:
    """Write the rendered templates, and print their paths."""
    if foundation and (products or with_taskcat):
        raise click.UsageError("--foundation renders the foundations alone; leave out products and --taskcat.")
    if with_taskcat and products:
        raise click.UsageError("--taskcat covers every product; name none.")
    repository = load_repository(root())
    rendered: dict[str, Rendered]
    if foundation:
        names = (*foundations(repository.catalog), *additions(repository.root))
        rendered = {f"platform-{name}": render_foundation(repository, name) for name in names}
    else:
        rendered = {each.name: render_product(repository, each.name) for each in repository.select(products)}
    folder = out or repository.root / ".build" / "rendered"
    folder.mkdir(parents=True, exist_ok=True)
    written = {}
    for name, each in rendered.items():
        path = folder / f"{name}.yaml"
        path.write_bytes(each.text.encode())
        written[name] = {"path": str(path), "sha256": each.sha256, "source": each.path}
    if with_taskcat:
        (folder / ".taskcat.yml").write_text(taskcat.configuration(repository), encoding="utf-8")
    if as_json:
        console.emit_json("rendered", {"templates": written})
        return
    for name in written:
        click.echo(written[name]["path"])
