"""What rules about documents share: from a finding inside a document to one in a launch."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from harness.checks.stackrules import Broken, Location
from harness.errors import Finding
from harness.pipelines.references import ReferenceSyntaxError, parse_path


def told(logical_id: str, path: Location, found: Iterable[Finding]) -> Iterator[Broken]:
    """Findings of a document that stands at `path`, as what breaks a rule there."""
    for each in found:
        where = each.place.path
        problem = f"{where}: {each.problem}" if where else each.problem
        yield Broken(logical_id, path, problem, inside=location(where), remedy=each.remedy)


def location(path: str) -> Location:
    """`Steps[2].Arguments` as (Steps, 2, Arguments); empty where it cannot be read."""
    try:
        return parse_path(path) if path else ()
    except ReferenceSyntaxError:
        return ()


def told_of_json(
    logical_id: str, path: Location, document: Any, problems: Callable[[Any], Iterable[Finding]]
) -> Iterator[Broken]:
    """The same for a document that is JSON text or data already; a text that is no JSON is told as such."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError as error:
            yield Broken(logical_id, path, f"it is no JSON: {error}", remedy="correct the document")
            return
        yield from told(logical_id, path, problems(document))
        return
    for each in problems(document):
        where = each.place.path
        problem = f"{where}: {each.problem}" if where else each.problem
        yield Broken(logical_id, (*path, *location(where)), problem, remedy=each.remedy)
