"""Pages of a list, with the tokens that lead from one to the next."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from harness.emulator.servicecatalog.errors import InvalidParameters

_T = TypeVar("_T")
DEFAULT_PAGE = 20


def page(
    entries: Sequence[_T], parameters: Mapping[str, Any], default: int = DEFAULT_PAGE
) -> tuple[Sequence[_T], str | None]:
    """The page that PageToken and PageSize ask for, and the token of the next one (None at the end).

    Raises InvalidParameters for a token that this service did not give.
    """
    size = parameters.get("PageSize") or default
    start = _offset(parameters.get("PageToken"))
    if start > len(entries):
        raise InvalidParameters("Invalid page token.")
    following = start + size
    return entries[start:following], _token(following) if following < len(entries) else None


def _token(offset: int) -> str:
    return base64.urlsafe_b64encode(f"offset:{offset}".encode()).decode()


def _offset(token: str | None) -> int:
    if not token:
        return 0
    try:
        word, _, number = base64.urlsafe_b64decode(token.encode()).decode().partition(":")
        if word == "offset" and number.isdecimal():
            return int(number)
    except (binascii.Error, UnicodeDecodeError):
        pass
    raise InvalidParameters("Invalid page token.")
