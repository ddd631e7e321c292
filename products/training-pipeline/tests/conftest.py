"""The functions' packages can be imported as Lambda imports them."""

from __future__ import annotations

import sys

from tests.support.repository import PROJECT

for folder in ("start", "copy"):
    path = str(PROJECT / "products/training-pipeline/src" / folder)
    if path not in sys.path:
        sys.path.append(path)
