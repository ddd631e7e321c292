"""Pages of a list, with the tokens that lead from one to the next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from harness.emulator import pagetokens
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
    try:
        start = pagetokens.offset(parameters.get("PageToken"))
    except pagetokens.UnknownTokenError:
        start = len(entries) + 1
    if start > len(entries):
        raise InvalidParameters("Invalid page token.")
    following = start + size
    return entries[start:following], pagetokens.token(following) if following < len(entries) else None
