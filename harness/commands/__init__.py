"""One module a command: reads the arguments, calls the package that does the work, prints what came of it."""

from __future__ import annotations

import os
from pathlib import Path


def root() -> Path:
    """The repository that the command works on: the one that build.py stands in, or `CATALOG_ROOT`."""
    chosen = os.environ.get("CATALOG_ROOT")
    return Path(chosen).resolve() if chosen else Path(__file__).resolve().parents[2]
