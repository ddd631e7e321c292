"""The functions' package can be imported as Lambda imports it, and what their tests share can be imported too."""

from __future__ import annotations

import sys
from pathlib import Path

_TESTS = Path(__file__).parent
for folder in (_TESTS, _TESTS.parent / "src/functions"):
    if str(folder) not in sys.path:
        sys.path.append(str(folder))
