"""Tokens that lead from one page of a list to the next: opaque to whoever gets them."""

from __future__ import annotations

import base64
import binascii


class UnknownTokenError(ValueError):
    """A token that was not given here."""


def token(offset: int) -> str:
    """Leads to the entry with that number, from 0."""
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode()


def offset(given: str | None) -> int:
    """Where a token leads; without one, to the beginning. Raises UnknownTokenError."""
    if not given:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(given.encode()).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        raise UnknownTokenError(given) from None
    if word != "offset" or not number.isdecimal():
        raise UnknownTokenError(given)
    return int(number)
