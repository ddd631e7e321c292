"""What CloudFormation reads as a number in a text: of a parameter, or of a property."""

from __future__ import annotations

import re

# Python's own reading also takes 1_000, NaN, infinity and the digits of other scripts.
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def number_of(text: str) -> float | None:
    """The number that a text says; None where it says none."""
    return float(text) if _NUMBER.fullmatch(text) else None
