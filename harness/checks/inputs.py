"""What an answer depends on: every file that a check may read, and the environment it runs in. Imports nothing heavy.

A file is read again only when its size or time differs from what is remembered; unchanged content under a new time is
unchanged.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

ROOTS = ("catalog.yaml", "harness", "portfolios", "products", "templates")
_LEFT_OUT = {"__pycache__", "node_modules"}


@dataclass(frozen=True)
class Stamp:
    """A file as it was seen: bytes, modification time in nanoseconds, digest of its content."""

    size: int
    modified: int
    sha256: str


@dataclass(frozen=True)
class Inputs:
    """All inputs. `files`: path relative to the repository root → stamp; `environment`: interpreter and packages."""

    files: Mapping[str, Stamp]
    environment: str
    _digests: dict[tuple[str, ...], str] = field(default_factory=dict, compare=False, repr=False)

    @property
    def digest(self) -> str:
        """One digest of everything."""
        return self.under("")

    def under(self, *prefixes: str) -> str:
        """One digest of the environment and of the files whose paths begin with one of these."""
        if prefixes not in self._digests:
            chosen = ([path, stamp.sha256] for path, stamp in self.files.items() if path.startswith(prefixes))
            self._digests[prefixes] = digest(self.environment, sorted(chosen))
        return self._digests[prefixes]


def digest(*parts: object) -> str:
    """SHA-256 of JSON-able parts, in hex."""
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


@lru_cache(maxsize=256)
def text_digest(text: str) -> str:
    """SHA-256 of a long text, in hex; remembered, for the same templates are part of many questions."""
    return hashlib.sha256(text.encode()).hexdigest()


def scan(root: Path, known: Mapping[str, Stamp]) -> Inputs:
    """The inputs as they are now; `known` spares reading files that look as they did."""
    files: dict[str, Stamp] = {}
    for path, entry in _walk(root):
        seen = known.get(path)
        if seen and seen.size == entry.st_size and seen.modified == entry.st_mtime_ns:
            files[path] = seen
        else:
            content = (root / path).read_bytes()
            files[path] = Stamp(entry.st_size, entry.st_mtime_ns, hashlib.sha256(content).hexdigest())
    return Inputs(files, environment(sys.path))


def environment(search: Sequence[str]) -> str:
    """The interpreter and every installed package with its version: the names of their *.dist-info folders say both."""
    folders = [Path(each) for each in search if each.endswith("site-packages")]
    packages = sorted({each.name for folder in folders if folder.is_dir() for each in folder.glob("*.dist-info")})
    return digest(sys.version, sys.platform, packages)


def _walk(root: Path) -> Iterator[tuple[str, os.stat_result]]:
    waiting = [name for name in ROOTS if (root / name).exists()]
    while waiting:
        path = waiting.pop()
        full = root / path
        if full.is_file():
            yield path, full.stat()
            continue
        with os.scandir(full) as entries:
            for entry in entries:
                if entry.name.startswith(".") or entry.name in _LEFT_OUT:
                    continue
                if entry.is_dir():
                    waiting.append(f"{path}/{entry.name}")
                elif entry.is_file():
                    yield f"{path}/{entry.name}", entry.stat()
