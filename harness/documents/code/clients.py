"""Which operations of AWS a function's code calls, and the rights that it says it needs besides. It never runs.

`tracer.py` finds the calls. A right whose use cannot be seen so is declared where it is used, with its reason:

    # needs s3:PutObjectTagging: the copy takes the tags along
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.documents.code.archive import Archive
from harness.documents.code.boto import Call
from harness.documents.code.tracer import Tracer
from harness.errors import Finding, Place

_NEEDS = re.compile(r"#\s*needs ([a-z0-9-]+:[A-Za-z0-9]+)\b")


@dataclass(frozen=True)
class Calls:
    """What was found. `needed`: actions that the code declares. `findings`: what cannot be followed or is not there."""

    calls: frozenset[Call]
    needed: frozenset[tuple[str, Place]]
    findings: tuple[Finding, ...]


def calls(archive: Archive, handler: str) -> Calls:
    """The calls that the handler (`package.module.function`) may come to make, with whatever credentials."""
    module_name, _, name = handler.rpartition(".")
    tracer = Tracer(archive)
    tracer.run((module_name.replace("/", "."), name))
    needed = {
        (match[1], Place(module.source.path, number))
        for module in tracer.modules()
        for number, line in enumerate(module.source.text.splitlines(), start=1)
        if (match := _NEEDS.search(line))
    }
    return Calls(tracer.calls(), frozenset(needed), tuple(sorted(set(tracer.findings()))))
