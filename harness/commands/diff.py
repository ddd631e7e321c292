"""`build.py diff`: what changes between two versions of a product, for launchers and for stacks that update."""

from __future__ import annotations

import click

from harness import console
from harness.catalog.load import LoadedProduct, Repository, load_repository
from harness.catalog.release import Release, damages, load_releases
from harness.catalog.versions import version_key
from harness.cfn.model import StackError
from harness.cfn.template import parse_template
from harness.checks.alone import Alone
from harness.checks.answers import Answers
from harness.checks.compare import Comparison
from harness.checks.updates import UpdatePath
from harness.checks.versions import drafted_version, released_version
from harness.commands import root
from harness.commands.diff_report import Line, as_json, markdown, text
from harness.errors import ExitCode, Finding, KnownError, known_error


@click.command("diff")
@click.argument("product", required=False)
@click.argument("older", metavar="[FROM]", required=False)
@click.argument("newer", metavar="[TO]", required=False)
@click.option("--json", "json_wanted", is_flag=True, help="Print JSON.")
@click.option("--markdown", "markdown_wanted", is_flag=True, help="Print Markdown, for a pull request.")
def command(product: str | None, older: str | None, newer: str | None, json_wanted: bool, markdown_wanted: bool) -> int:
    """Show what changes from version FROM of PRODUCT to version TO.

    FROM is the newest release if it is left out, TO the working tree. Without PRODUCT: which products need a release.
    """
    if json_wanted and markdown_wanted:
        raise click.UsageError("--json and --markdown: choose one")
    repository = load_repository(root())
    answers = Answers(root())
    alone = Alone(repository, answers, answers.scan())
    findings: list[Finding] = []
    if product:
        lines = [Line(repository.product(product), compared(repository, alone, product, older, newer))]
    else:
        lines = []
        for each in repository.products:
            try:
                lines.append(_line(repository, alone, each))
            except KnownError as error:
                findings += error.findings
    if json_wanted:
        result = {"products": [as_json(line) for line in lines]}
        console.emit_json("diff", {**result, "findings": [console.finding_json(each) for each in findings]})
    elif markdown_wanted:
        click.echo(markdown(lines))
    elif product:
        click.echo(text(lines[0]))
    else:
        columns = ("Product", "Newest release", "Working tree", "Difference")
        console.table(columns, [(each.product.name, each.newest, each.product.version, each.verdict) for each in lines])
    for finding in findings:
        click.echo(str(finding), err=True)
    return ExitCode.FAILED if findings else ExitCode.DONE


def compared(repository: Repository, alone: Alone, name: str, older: str | None, newer: str | None) -> Comparison:
    """Two versions of a product, updates rehearsed. Raises KnownError for versions that cannot be compared."""
    path = _path(repository, alone, repository.product(name), older, newer)
    try:
        parse_template(path.newer.rendering.text)
    except StackError as error:
        raise known_error(path.newer.rendering.path, error.message, f"`build.py check {name}` says more") from None
    (comparison,) = alone.rehearse([path]).comparisons(name)
    return comparison


def _line(repository: Repository, alone: Alone, product: LoadedProduct) -> Line:
    """Where the working tree stands beside the newest release."""
    releases = load_releases(product)
    if not releases:
        return Line(product, None)
    newest = releases[-1]
    if newest.manifest.template.sha256 == alone.rendering(product).sha256:
        return Line(product, None, newest.version)
    return Line(product, compared(repository, alone, product.name, None, None), newest.version)


def _path(
    repository: Repository, alone: Alone, product: LoadedProduct, older: str | None, newer: str | None
) -> UpdatePath:
    """Raises KnownError for versions that there are not, in the wrong order, or damaged."""
    releases = {each.version: each for each in load_releases(product)}
    if not releases:
        remedy = f"`build.py release {product.name}` makes the first one"
        raise known_error(f"{product.path}/product.yaml", f"{product.name} has no release to compare with", remedy)
    start = _release(product, releases, older) if older else list(releases.values())[-1]
    end = None if newer is None or newer == product.version not in releases else _release(product, releases, newer)
    _demand_order(product, start.version, end.version if end else None)
    damage = [finding for each in (start, end) if each for finding in damages(product, each)]
    if damage:
        raise KnownError(*damage)
    return UpdatePath(
        product,
        released_version(repository, product, start),
        released_version(repository, product, end)
        if end
        else drafted_version(repository, product, alone.rendering(product)),
    )


def _release(product: LoadedProduct, releases: dict[str, Release], version: str) -> Release:
    if version not in releases:
        known = f"there are: {', '.join(releases)}"
        raise known_error(f"{product.path}/releases", f"{product.name} has no release {version}", known)
    return releases[version]


def _demand_order(product: LoadedProduct, older: str, newer: str | None) -> None:
    if newer is None:
        if version_key(product.version) < version_key(older):
            problem = f"the working tree states {product.version}, which is older than release {older}"
            remedy = f"set a version after {older}, or name two releases"
            raise known_error(f"{product.path}/product.yaml", problem, remedy)
    elif version_key(older) > version_key(newer):
        remedy = f"`build.py diff {product.name} {newer} {older}`"
        raise known_error(f"{product.path}/releases", f"{older} is newer than {newer}", remedy)
    elif older == newer:
        problem = f"{older} cannot be compared with itself"
        remedy = f"name two versions, or leave the second out: `build.py diff {product.name} {older}`"
        raise known_error(f"{product.path}/releases", problem, remedy)
