"""Rendered templates as tests read them."""

from __future__ import annotations

import json
from typing import Any

import cfn_flip


def as_data(text: str) -> Any:
    """A template, or a part of one, as plain dicts and lists; intrinsics in their long form."""
    return json.loads(json.dumps(cfn_flip.load(text)[0]))
