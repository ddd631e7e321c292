"""What holds for the tests of `tests/` and of `products/` alike."""

from __future__ import annotations

import signal
from collections.abc import Generator

import coverage
import pytest

# A shell that starts the tests in its background leaves interrupts ignored, also for every program that a test starts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Tests marked `unmeasured` run without coverage, and so do their fixtures: measuring takes twice as long again."""
    measuring = coverage.Coverage.current() if item.get_closest_marker("unmeasured") else None
    if measuring is None:
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()
