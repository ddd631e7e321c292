"""What an update does to a stack, as data: resource by resource, and what is at stake. `impact.py` finds it out.

Imports nothing heavy, so that what was found out before can be told at once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from harness.cfn.model import Event

Kind = Literal["kept", "changed", "added", "removed", "may be replaced", "replaced"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # from the mildest to the worst
# What becomes of the physical resource that the stack lets go.
Fate = Literal["", "kept", "snapshot", "deleted"]


@dataclass(frozen=True)
class Effect:
    """What becomes of one resource.

    `causes`: the properties that change, for a replacement those that force it; or "DeletionPolicy", "Metadata" …
    `data`: what a stack loses sight of, where the type holds data; `name`: the name that others may know and that is
    no longer there. Both are empty where the resource stays.
    """

    logical_id: str
    type: str
    kind: Kind
    causes: tuple[str, ...] = ()
    fate: Fate = ""
    data: str = ""
    name: str = ""

    @property
    def at_risk(self) -> bool:
        """Whether the stack goes on without data that it had, or without a name that others know."""
        if self.kind == "removed" and self.fate == "kept":
            return False
        return bool(self.data or self.name)


@dataclass(frozen=True)
class Impact:
    """What an update does. Outputs and exports are told by key and by export name; `failures` are the events that
    made it fail, first the ones that others were cancelled for."""

    effects: tuple[Effect, ...]
    outputs_lost: tuple[str, ...] = ()
    outputs_changed: tuple[str, ...] = ()
    exports_lost: tuple[str, ...] = ()
    failures: tuple[Event, ...] = ()
    reason: str = ""  # of the failure, in the stack's words
