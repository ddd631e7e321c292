"""The functions' package can be imported as Lambda imports it."""

from __future__ import annotations

import sys

from tests.support.repository import PROJECT

_FUNCTIONS = str(PROJECT / "products/deployment-pipeline/src/functions")
if _FUNCTIONS not in sys.path:
    sys.path.append(_FUNCTIONS)
