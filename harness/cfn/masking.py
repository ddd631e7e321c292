"""Hides the values of NoEcho parameters in what is told. Which values those are, others know."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

MASK = "****"  # what CloudFormation shows instead
_SHORT = 2  # characters: such a value stands in other words too


def masked_text(told: str, hidden: Collection[str]) -> str:
    """The text without the hidden values, wherever they stand in it; short ones where they stand alone."""
    for value in hidden:
        if len(value) > _SHORT:
            told = told.replace(value, MASK)
        elif value:
            told = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", MASK, told)
    return told


def masked_value(value: Any, hidden: Collection[str]) -> Any:
    """The same for every text in a value."""
    if not hidden:
        return value
    if isinstance(value, Mapping):
        return {key: masked_value(each, hidden) for key, each in value.items()}
    if isinstance(value, list):
        return [masked_value(each, hidden) for each in value]
    if isinstance(value, str):
        return masked_text(value, hidden)
    return MASK if not isinstance(value, bool) and str(value) in hidden else value  # a number that was coerced
