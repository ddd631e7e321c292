"""Imagined templates, remembered by all that they follow from: the same few stand around every launch role."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from harness.checks.duties.stage import Thing
from harness.checks.inputs import digest, text_digest
from harness.checks.launching.imagined import Contract, Pair, imagine
from harness.checks.memory import Memory, remembered

Imagine: TypeAlias = Callable[[str, str, str, Contract], list[Pair]]


def remembering(memory: Memory | None, judges: str) -> Imagine:
    """`imagine` with a memory. `judges`: digest of all code and packages."""

    def known(unit: str, text: str, account: str, contract: Contract) -> list[Pair]:
        def rows() -> list[Any]:
            return [[row(one), row(other)] for one, other in imagine(unit, text, account, contract)]

        given: Mapping[str, Any] = dict(contract)
        found = remembered(memory, digest("imagined", judges, unit, text_digest(text), account, given), rows)
        return [(Thing(*one), Thing(*other)) for one, other in found]

    return known


def row(thing: Thing) -> list[Any]:
    """The thing as plain data."""
    return [
        thing.unit,
        thing.account,
        thing.region,
        thing.stack,
        thing.logical_id,
        thing.type,
        thing.name,
        thing.attributes,
        thing.properties,
        thing.tags,
        thing.deletion_policy,
    ]
