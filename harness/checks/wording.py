"""How people are told what becomes of a resource, what hangs on it, and in which stacks. Decides nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from harness.cfn.effects import Effect

_MOST = 3  # names that are spelled out


@dataclass(frozen=True)
class ResourceImpact:
    """What becomes of a resource in the stacks of those examples. `names`: what others know it as, in each of them."""

    effect: Effect
    names: tuple[str, ...]
    examples: tuple[str, ...]


def fate(impact: ResourceImpact) -> str:
    """What becomes of the resource, as a sentence."""
    effect = impact.effect
    subject = f"{effect.logical_id} ({effect.type})"
    causes = ", ".join(effect.causes)
    if effect.kind == "changed":
        return f"{subject} changes in place: {causes}"
    verb = effect.kind if effect.kind == "may be replaced" else f"is {effect.kind}"
    return (
        f"{subject} {verb} ({causes} {'change' if len(effect.causes) > 1 else 'changes'})"
        if causes
        else (f"{subject} {verb}")
    )


def stake(impact: ResourceImpact) -> str:
    """What hangs on the resource, to be appended to that sentence."""
    parts = []
    if impact.effect.data:
        parts.append(f"it holds {impact.effect.data}, {_OLD[impact.effect.fate]}")
    if impact.names:
        more = len(impact.names) - _MOST
        names = ", ".join(impact.names[:_MOST])
        parts.append(f"others know it as {names}{f' and {more} more' if more > 0 else ''}")
    return "".join(f"; {each}" for each in parts)


_OLD = {
    "": "which stay",
    "kept": "which stay behind outside of the stack",
    "snapshot": "of which a snapshot stays",
    "deleted": "which are deleted",
}


def examples_told(examples: Sequence[str], of: int) -> str:
    """Examples by name, or "every example" where these are all."""
    if len(examples) == of > 1:
        return "every example"
    return f"example{'s' if len(examples) > 1 else ''} {', '.join(examples)}"
