"""The little language inside a definition: what `Get`, `Std:Join` and `Std:JsonGet` name. It resolves nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

GET, JOIN, JSON_GET = "Get", "Std:Join", "Std:JsonGet"
FUNCTIONS = (GET, JOIN, JSON_GET)
EXECUTION_VARIABLES = (
    "PipelineName", "PipelineArn", "PipelineExecutionId", "PipelineExecutionArn", "StartDateTime", "CurrentDateTime",
)  # fmt: skip
_SEGMENT = re.compile(r"""\.?(?P<name>[^.\[\]'"]+)|\[(?P<index>\d+)\]|\[(?P<quote>['"])(?P<key>.*?)(?P=quote)\]""")


class ReferenceSyntaxError(ValueError):
    """A path that cannot be read; the message says why."""


@dataclass(frozen=True)
class Reference:
    """What a `Get` names: `root` is Parameters, Execution or Steps, then a name, then the way into its properties."""

    root: str
    name: str
    path: tuple[str | int, ...] = ()

    @property
    def property_file(self) -> str | None:
        """The property file that is meant, where one is."""
        if self.root == "Steps" and len(self.path) == 2 and self.path[0] == "PropertyFiles":
            return str(self.path[1])
        return None


def parse(text: str) -> Reference:
    """What stands in a `Get`, such as Steps.Train.ModelArtifacts.S3ModelArtifacts. Raises ReferenceSyntaxError."""
    segments = parse_path(text)
    root = str(segments[0])
    if root not in ("Parameters", "Execution", "Steps"):
        raise ReferenceSyntaxError(f"'{text}' begins with none of Parameters, Execution and Steps")
    if len(segments) < 2 or not isinstance(segments[1], str):
        raise ReferenceSyntaxError(f"'{text}' names nothing of {root}")
    if root != "Steps" and len(segments) > 2:
        raise ReferenceSyntaxError(f"'{text}' goes into a value that has no properties")
    return Reference(root, segments[1], segments[2:])


def parse_path(text: str) -> tuple[str | int, ...]:
    """a.b[0]['c d'] as its segments; an index is an int. Raises ReferenceSyntaxError."""
    found: list[str | int] = []
    position = 0
    while position < len(text):
        match = _SEGMENT.match(text, position)
        if match is None or (match["name"] and position and text[position] != "."):
            raise ReferenceSyntaxError(f"'{text}' cannot be read from '{text[position:]}' on")
        if match["index"] is not None:
            found.append(int(match["index"]))
        else:
            found.append(match["name"] if match["name"] is not None else match["key"])
        position = match.end()
    if not found:
        raise ReferenceSyntaxError("an empty path")
    return tuple(found)


def function_of(value: Any) -> str | None:
    """Which function of the language a value calls; None for data."""
    if isinstance(value, Mapping) and len(value) == 1:
        name = next(iter(value))
        return name if name in FUNCTIONS else None
    return None


def gets(value: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every `Get` inside a value: (where it stands, what stands in it)."""
    if function_of(value) == GET:
        yield path, value[GET]
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from gets(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list | tuple):
        for number, each in enumerate(value):
            yield from gets(each, f"{path}[{number}]")


def steps_named(value: Any) -> set[str]:
    """The steps that a value refers to. What cannot be read refers to none."""
    named = set()
    for _, text in gets(value):
        try:
            reference = parse(str(text))
        except ReferenceSyntaxError:
            continue
        if reference.root == "Steps":
            named.add(reference.name)
    return named
