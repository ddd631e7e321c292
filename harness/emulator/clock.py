"""How long asynchronous work of the emulated services takes. It knows nothing of what the work is.

A service answers at once and shows the result after `latency()` seconds: clients have to wait, as they do at AWS.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

DEFAULT_LATENCY = 0.05  # seconds
_STANDS_FOR = 60.0  # seconds at AWS that one latency stands for, where a request says how long something shall take


class _Setting:
    latency = DEFAULT_LATENCY


def latency() -> float:
    """Seconds between the acceptance of an asynchronous request and its result."""
    return _Setting.latency


def set_latency(seconds: float) -> None:
    """Change the latency for everything that is accepted from now on. 0 makes every service answer with its result."""
    if seconds < 0:
        raise ValueError(f"a latency cannot be negative: {seconds}")
    _Setting.latency = seconds


@contextmanager
def latency_of(seconds: float) -> Iterator[None]:
    """The latency for the length of a `with` block."""
    before = latency()
    set_latency(seconds)
    try:
        yield
    finally:
        set_latency(before)


def scaled(seconds: float) -> float:
    """How long the landscape takes for what a request wants to take so many seconds, such as to watch a new fleet."""
    return seconds * latency() / _STANDS_FOR


def now() -> datetime:
    """The present, in UTC."""
    return datetime.now(UTC)


def due() -> datetime:
    """When work that is accepted now shows its result."""
    return now() + timedelta(seconds=latency())


def reached(moment: datetime) -> bool:
    """Whether that moment has come."""
    return now() >= moment


def sleep_until(moment: datetime) -> None:
    """Wait for that moment."""
    remaining = (moment - now()).total_seconds()
    if remaining > 0:
        time.sleep(remaining)
