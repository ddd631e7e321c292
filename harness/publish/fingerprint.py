"""A fingerprint of live state: two readings have the same one if, and only if, the same things are there."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from harness.publish.model import Live


def fingerprint(live: Live) -> str:
    """SHA-256 (64 hex digits) of everything that was read, whatever the order in which the services listed it."""
    return hashlib.sha256(_text(asdict(live)).encode()).hexdigest()


def _text(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(key)}:{_text(value[key])}" for key in sorted(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(sorted(_text(each) for each in value)) + "]"
    return json.dumps(value)
