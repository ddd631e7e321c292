"""A folder of answers by key: plain data, each in a file of its own, whole or not at all. Imports nothing heavy.

It decides nothing: whoever asks puts everything that an answer depends on into its key. Several processes may use one
folder at once.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

Answer = TypeVar("Answer")
KEPT = 14 * 24 * 3600  # seconds since an answer was last of use


class Memory:
    """What is known."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, key: str) -> Any:
        """The answer kept under that key, or None."""
        path = self._path(key)
        found = read_object(path)
        if found:
            with contextlib.suppress(FileNotFoundError):  # another run forgot it just now
                os.utime(path)
        return found.get("answer")

    def keep(self, key: str, answer: Any) -> None:
        """Keep an answer: plain data, not None."""
        write_whole(self._path(key), {"answer": answer})

    def forget(self) -> None:
        """Drop what was long of no use."""
        now = time.time()
        for path in self.folder.glob("*"):
            with contextlib.suppress(FileNotFoundError):  # another run forgot it first
                if now - path.stat().st_mtime > KEPT:
                    path.unlink()

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.json"


def remembered(memory: Memory | None, key: str, find_out: Callable[[], Answer]) -> Answer:
    """The answer kept under that key; else what `find_out` gives, kept."""
    known = memory.find(key) if memory else None
    if known is None:
        known = find_out()
        if memory:
            memory.keep(key, known)
    found: Answer = known
    return found


def write_whole(path: Path, data: Any) -> None:
    """Write JSON, whole or not at all, also when two processes write it."""
    unfinished = path.with_suffix(f".{os.getpid()}")
    text = json.dumps(data)
    try:
        unfinished.write_text(text, encoding="utf-8")
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(text, encoding="utf-8")
    unfinished.replace(path)


def read_object(path: Path) -> dict[str, Any]:
    """A JSON object; an empty one where the file is absent, or cut short by a full disk."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return data if isinstance(data, dict) else {}
