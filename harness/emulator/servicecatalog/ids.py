"""Identifiers in the forms that the service gives them: a prefix and 13 random lower-case letters and digits."""

from __future__ import annotations

import hashlib
import secrets
import string

_ALPHABET = string.ascii_lowercase + string.digits


def new(prefix: str) -> str:
    """A fresh identifier, e.g. `port-2qwzkwxt3y5fk`."""
    return f"{prefix}-" + "".join(secrets.choice(_ALPHABET) for _ in range(13))


def derived(prefix: str, *parts: str) -> str:
    """The identifier that belongs to those parts: the same every time."""
    number = int.from_bytes(hashlib.sha256("\n".join(parts).encode()).digest()[:12])
    letters = []
    for _ in range(13):
        number, rest = divmod(number, len(_ALPHABET))
        letters.append(_ALPHABET[rest])
    return f"{prefix}-" + "".join(letters)
