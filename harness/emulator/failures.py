"""What the landscape could not deliver: a list that people and tests can see. It decides nothing."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from harness.emulator import clock

_KEPT = 1000


def _now() -> str:
    return f"{clock.now():%Y-%m-%dT%H:%M:%S.%fZ}"


@dataclass(frozen=True)
class Failure:
    """One thing that did not arrive. `source`: the ARN of the rule, schedule, topic, function or alarm that sent it."""

    source: str
    target: str
    account: str
    region: str
    reason: str
    payload: Mapping[str, Any] | str
    dead_letter: str = ""  # the ARN of the queue or topic where it went instead
    time: str = field(default_factory=_now)


class Failures:
    """The newest failures of a served landscape."""

    def __init__(self) -> None:
        self._kept: deque[Failure] = deque(maxlen=_KEPT)
        self._lock = threading.Lock()

    def note(self, failure: Failure) -> None:
        """Adds one."""
        with self._lock:
            self._kept.append(failure)

    def told(self, account: str = "") -> list[dict[str, Any]]:
        """All, or those of one account, the oldest first, as JSON values."""
        with self._lock:
            return [asdict(each) for each in self._kept if account in ("", each.account)]

    def forget(self) -> None:
        """Empties the list."""
        with self._lock:
            self._kept.clear()


FAILURES = Failures()
