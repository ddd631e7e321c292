"""Variables in the configuration of actions: which are referred to, and what they become. Pure.

Source: "Variables reference" of CodePipeline's guide.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"#\{(?P<namespace>[A-Za-z0-9@\-_]+)\.(?P<name>[A-Za-z0-9@\-_.]+)\}")
PIPELINE, EXECUTION = "variables", "codepipeline"
RESERVED = frozenset({PIPELINE, EXECUTION})
EXECUTION_NAMES = frozenset({"PipelineExecutionId"})


class UnresolvedError(Exception):
    """A reference to a variable that is not there; the message names it."""


def references(text: str) -> list[tuple[str, str]]:
    """Namespace and name of each variable that a text refers to."""
    return [(match["namespace"], match["name"]) for match in _REFERENCE.finditer(text)]


def resolved(text: str, namespaces: Mapping[str, Mapping[str, str]]) -> str:
    """The text with its variables filled in. Raises UnresolvedError."""

    def value(match: re.Match[str]) -> str:
        found = namespaces.get(match["namespace"], {}).get(match["name"])
        if found is None:
            raise UnresolvedError(f"{match.group()} has no value: the action that gives it did not set it")
        return found

    return _REFERENCE.sub(value, text)
