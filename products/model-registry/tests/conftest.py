"""The function's package can be imported as Lambda imports it."""

from __future__ import annotations

import sys

from tests.support.repository import PROJECT

path = str(PROJECT / "products/model-registry/src/approve")
if path not in sys.path:
    sys.path.append(path)
