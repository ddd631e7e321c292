"""A bank's scale: 500 spokes, 40 products of 20 versions, 4 regions."""

from __future__ import annotations

import json
import subprocess
import sys

from benchmarks.publish import SPOKES_MEGABYTES, SPOKES_SECONDS
from benchmarks.spokes import PRODUCTS, SPOKES, VERSIONS
from tests.support.repository import PROJECT


def test_what_500_spokes_need_is_decided_within_seconds_and_memory() -> None:
    """In a process of its own, as the benchmark does it; that each spoke gets its grants it demands itself."""
    assert (SPOKES, PRODUCTS, VERSIONS, SPOKES_SECONDS, SPOKES_MEGABYTES) == (500, 40, 20, 10, 500)
    command = [sys.executable, str(PROJECT / "benchmarks/spokes.py")]
    taken = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    assert taken["seconds"] <= SPOKES_SECONDS
    assert taken["megabytes"] <= SPOKES_MEGABYTES
