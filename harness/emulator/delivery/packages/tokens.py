"""Authorization tokens: who got which one for which domain, and until when. They carry the rights of their holder."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from moto.moto_api._internal import mock_random

from harness.emulator import background, clock
from harness.emulator.delivery.packages.model import Domain
from harness.emulator.delivery.service import Call, ServiceError
from harness.emulator.identity import Caller

_LEAST, _MOST = 900, 43200  # seconds
_LENGTH = 640


@dataclass(frozen=True)
class Token:
    """What a token stands for."""

    holder: Caller
    domain: str  # ARN
    until: datetime


_tokens: dict[str, Token] = {}


def given(call: Call, domain: Domain) -> dict[str, Any]:
    """The answer of GetAuthorizationToken. Raises ServiceError."""
    if call.who.administrator:
        raise ServiceError("AccessDeniedException", "Root users cannot call GetAuthorizationToken: act with a role.")
    seconds = int(call["durationSeconds"]) if call.get("durationSeconds") is not None else _MOST
    if not _LEAST <= seconds <= _MOST:
        message = f"durationSeconds is between {_LEAST} and {_MOST} (0, the session's own time, is not modelled here)"
        raise ServiceError("ValidationException", message)
    background.when_ended(_tokens.clear)
    until = clock.now() + timedelta(seconds=seconds)
    text = f"eyJ{mock_random.get_random_string(length=_LENGTH)}"
    _tokens[text] = Token(call.who, domain.arn, until)
    return {"authorizationToken": text, "expiration": until}


def read(text: str) -> Token | None:
    """What that token stands for; None for one that is nobody's, or over."""
    found = _tokens.get(text)
    return found if found is not None and found.until > clock.now() else None
