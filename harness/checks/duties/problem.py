"""What the lines of the proof share: a hole as it is told, and who the personas are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from harness.checks.duties.holders import Holder
from harness.checks.duties.landscape import Landscape
from harness.iam import Clause

PERSONAS = ("lead", "developer", "approver", "support", "repair")
APPROVER = "approver"


@dataclass(frozen=True)
class Problem:
    """One hole. `clause`: the statement to look at first, if there is one; `unit`: whose template."""

    what: str
    remedy: str
    unit: str
    clause: Clause | None = None


def personas(landscape: Landscape) -> Iterator[tuple[str, Holder]]:
    """Each persona's role in each account."""
    for account in landscape.stage.spokes:
        for name in PERSONAS:
            holder = landscape.holders.get(f"arn:aws:iam::{account}:role/platform-{name}")
            if holder is not None:
                yield name, holder
