"""The target of a command: an emulated landscape, served or of its own, or AWS. Shared by the commands that publish."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from harness import console
from harness.catalog.load import Repository
from harness.errors import ExitCode, known_error
from harness.publish.session import Session, TargetName

target_option: Callable[[Any], Any] = click.option(
    "--target",
    type=click.Choice(["local", "aws"]),
    default="local",
    show_default=True,
    help="The emulated landscape on this machine, or the real one.",
)
yes_option: Callable[[Any], Any] = click.option("--yes", is_flag=True, help="Do not ask.")


def _told(context: click.Context, _option: click.Parameter, as_json: bool) -> bool:
    console.speak_to_program(as_json)
    context.call_on_close(lambda: console.speak_to_program(False))  # the command is over
    return as_json


json_option: Callable[[Any], Any] = click.option(
    "--json",
    "as_json",
    is_flag=True,
    callback=_told,
    help="Print the result as a JSON document, and on stderr what happens on the way: a JSON object a line.",
)

markdown_option: Callable[[Any], Any] = click.option(
    "--markdown", is_flag=True, help="Print the result as Markdown, for a pull request or a build page."
)


@dataclass(frozen=True)
class Opened:
    """A session at a target. `ephemeral`: the landscape was made for this command and goes with it."""

    session: Session
    ephemeral: bool


@contextmanager
def opened(repository: Repository, target: TargetName, role: str = "") -> Iterator[Opened]:
    """A session at `target` for the block. The local one uses a served landscape, or lays out one of its own.

    `role`: who goes to the hub of the target aws, if not the publisher.
    """
    if target == "aws":
        yield Opened(Session("aws", repository.catalog, role=role), ephemeral=False)
        return
    from harness.emulator.landscape import local_landscape
    from harness.emulator.server import find_served

    ephemeral = find_served(repository.root) is None
    if ephemeral:
        console.say("No landscape is served (`build.py local`): making one for this command …")
    with local_landscape(repository, lambda line: console.say(f"  {line}")) as emulator:
        yield Opened(Session("local", repository.catalog, emulator.url), ephemeral)


def demand_lasting(repository: Repository, target: TargetName) -> None:
    """Raises KnownError where the command is about what an earlier one launched, and no landscape has lasted."""
    if target == "local":
        from harness.emulator.server import find_served

        if find_served(repository.root) is None:
            raise known_error(
                "target local",
                "no landscape is served, so nothing that was launched is there",
                "serve one with `build.py local` in another terminal, then publish, import and launch",
            )


def demand_regions(repository: Repository, regions: Iterable[str]) -> None:
    """Raises KnownError for a region that is none of the catalog's."""
    for region in regions:
        if region not in repository.catalog.regions:
            there = f"there are: {', '.join(repository.catalog.regions)}"
            raise known_error("catalog.yaml", f"region {region} is none of the catalog's", there)


def demand_folder(file: Path) -> None:
    """Raises KnownError where a file is to be written into a folder that is not there: before anything is asked."""
    if not file.parent.is_dir():
        raise known_error(str(file), "its folder does not exist", f"`mkdir -p {file.parent}`, or name another file")


def demand_one_form(as_json: bool, markdown: bool) -> None:
    """Raises UsageError where the result is wanted in two forms."""
    if as_json and markdown:
        raise click.UsageError("--json and --markdown: choose one.")


def declined(kind: str, as_json: bool) -> int:
    """What is said when a person did not agree. Returns the exit code."""
    console.say("Nothing was done.")
    if as_json:
        console.emit_json(kind, {"declined": True, "findings": []})
    return ExitCode.DONE


def agreed(question: str, target: str, yes: bool) -> bool:
    """Whether to go on: asks at a terminal when the target is not local. Raises UsageError where nobody can answer."""
    if target == "local" or yes:
        return True
    if not sys.stdin.isatty():
        raise click.UsageError(f"{question} Nobody is there to answer: say --yes.")
    return click.confirm(question, err=True)
