"""An event as EventBridge carries it: data only."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.emulator import clock


def _new_id() -> str:
    return str(uuid.uuid4())


def _now() -> str:
    return f"{clock.now():%Y-%m-%dT%H:%M:%SZ}"


@dataclass(frozen=True)
class Event:
    """One event. `account` and `region` are those of its origin, wherever it is carried."""

    account: str
    region: str
    source: str
    detail_type: str
    detail: Mapping[str, Any]
    resources: tuple[str, ...] = ()
    id: str = field(default_factory=_new_id)
    time: str = field(default_factory=_now)  # ISO 8601, seconds, UTC
    received: str = field(default_factory=_now)  # when EventBridge got it
    replay: str = ""  # the name of the replay that brought it

    def document(self) -> dict[str, Any]:
        """The event as targets get it."""
        told = {
            "version": "0",
            "id": self.id,
            "detail-type": self.detail_type,
            "source": self.source,
            "account": self.account,
            "time": self.time,
            "region": self.region,
            "resources": list(self.resources),
            "detail": self.detail,
        }
        return {**told, "replay-name": self.replay} if self.replay else told

    def text(self) -> str:
        """The same as compact JSON."""
        return compact(self.document())


def compact(value: Any) -> str:
    """JSON without spaces, as EventBridge writes it."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
