"""What a person sees: tables and results on stdout, progress on stderr; plain lines where there is no terminal.

For a program (`--json`) the result is a document on stdout, and what happens on the way a JSON object a line on stderr.
Knows nothing of what it shows. NO_COLOR is rich's to honour.
"""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from harness.errors import Finding

JSON_FORMAT = 1  # of every --json document; raised when a reader would have to change


class Ticker(Protocol):
    """What progress() gives: call it once for each thing done, with a line that says what. `parts`: for a program."""

    def __call__(self, line: str, **parts: str) -> None: ...


class _Listener:
    """Who reads stderr: one for the process, as its stderr is."""

    is_program = False


def speak_to_program(is_program: bool) -> None:
    """Whether a program reads stderr from now on: then each line there is an event, a JSON object."""
    _Listener.is_program = is_program


def say(line: str) -> None:
    """One line of progress, on stderr."""
    if _Listener.is_program:
        _emit_event("message", {"text": line.strip()})
    else:
        click.echo(line, err=True)


def _emit_event(kind: str, data: Mapping[str, Any]) -> None:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    event = {"format": JSON_FORMAT, "kind": kind, "time": now, **data}
    click.echo(json.dumps(event, ensure_ascii=False), err=True)


def emit_json(kind: str, data: Mapping[str, Any]) -> None:
    """A result for a machine, on stdout: {"format": 1, "kind": kind, …}."""
    click.echo(json.dumps({"format": JSON_FORMAT, "kind": kind, **data}, indent=2, ensure_ascii=False))


def finding_json(finding: Finding) -> dict[str, Any]:
    """A finding as --json shows it."""
    return {
        "path": finding.place.path,
        "line": finding.place.line or None,
        "rule": finding.rule or None,
        "problem": finding.problem,
        "remedy": finding.remedy,
    }


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """A table on stdout: drawn on a terminal, tab-separated elsewhere so that other programs can read it."""
    if not sys.stdout.isatty():
        for row in [columns, *rows]:
            click.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    drawn = Table(show_edge=False)
    for column in columns:
        drawn.add_column(column, overflow="fold")  # a name or an ARN cut short could not be copied
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))  # not markup: a title may hold [brackets]
    Console().print(drawn)


@contextmanager
def progress(title: str, total: int) -> Iterator[Ticker]:
    """Shows that `total` things are being done: a bar on a terminal, a line or an event for each elsewhere."""
    if _Listener.is_program:
        yield _counting(title, total)
        return
    if not sys.stderr.isatty():
        yield lambda line, **_parts: say(f"  {line}")
        return
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)

        def tick(line: str, **_parts: str) -> None:
            bar.update(task, advance=1, description=f"{title}: {line}")

        yield tick


def _counting(title: str, total: int) -> Ticker:
    lock, done = threading.Lock(), 0

    def tick(line: str, **parts: str) -> None:
        nonlocal done
        with lock:  # called from several threads
            done += 1
            _emit_event("progress", {"title": title, "done": done, "total": total, "text": line, **parts})

    return tick
