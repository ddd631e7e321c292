"""What the code of a function calls, remembered by the code and its handler: many launches have the same functions."""

from __future__ import annotations

import functools
from pathlib import Path

from pydantic import TypeAdapter

from harness.checks.inputs import digest, text_digest
from harness.checks.memory import Memory, remembered
from harness.documents.code.archive import Archive
from harness.documents.code.clients import Calls, calls

_DATA = TypeAdapter(Calls)


@functools.lru_cache(maxsize=256)
def followed(archive: Archive, handler: str, memory: str, judges: str) -> Calls:
    """What `calls` finds. `memory`: folder of what is known, empty: none; `judges`: digest of all code and packages."""
    sources = [[name, each.source.path, text_digest(each.source.text)] for name, each in archive.modules.items()]
    found = remembered(
        Memory(Path(memory)) if memory else None,
        digest("calls", judges, handler, sources),
        lambda: _DATA.dump_python(calls(archive, handler), mode="json"),
    )
    return _DATA.validate_python(found)
