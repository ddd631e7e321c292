"""Programs that tests run as a stranger would, in their own environment; `build.py test` makes it."""

from __future__ import annotations

import os
from pathlib import Path

from tests.support.repository import PROJECT


def tool(name: str) -> str:
    """The path of a program there, such as "aws" or "python"."""
    path = Path(os.environ.get("CATALOG_TOOLS", PROJECT / ".build" / "tools")) / "bin" / name
    assert path.exists(), f"{path} is missing: run `python3 build.py test` once, which makes it"
    return str(path)
