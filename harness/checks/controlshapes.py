"""The commonest shape of a control: one property that is set, or has one of some values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.cfn.intrinsics import text
from harness.cfn.model import ResourceState
from harness.checks.stackrules import Control, Location, Stack, value


class Setting(Control):
    """`path` below Properties holds one of `wanted`, or anything where that is empty; `default`: what absence means."""

    path: Location = ()
    wanted: tuple[str, ...] = ()
    default: str = ""

    def wrong(self, resource: ResourceState, stack: Stack) -> Iterator[tuple[Location, str]]:
        """The property, where it is absent or something else."""
        found = value(resource.properties, *self.path)
        given = self.default if found is None else _text(found)
        name = ".".join(map(str, self.path))
        if not given:
            yield self.path, f"states no {name}"
        elif self.wanted and given not in self.wanted:
            yield self.path, f"has {name} {given}, not {' or '.join(self.wanted)}"


def _text(found: Any) -> str:
    """A scalar as text; what is no scalar as whether it holds anything."""
    if isinstance(found, list | dict):
        return "given" if found else ""
    return text(found)
