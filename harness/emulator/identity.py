"""Who calls: from an access key id to an identity. Decides nothing about permissions; see `enforcement`."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from moto.core.responses import BaseResponse
from moto.iam.models import iam_backends
from moto.iam.utils import generate_access_key_id_from_account_id
from moto.moto_api._internal import mock_random

PARTITION = "aws"
ACCOUNT_ID = re.compile(r"\d{12}")
_SIGNATURE_4 = re.compile(r"AWS4-HMAC-SHA256 Credential=([^/,\s]+)/")
_SIGNATURE_2 = re.compile(r"AWS ([^:\s]+):")


class UnknownCredentialsError(Exception):
    """The access key id, or its session token, is nobody's."""


class ExpiredCredentialsError(UnknownCredentialsError):
    """The session is over."""


@dataclass(frozen=True)
class Caller:
    """An identity: `arn` as STS tells it, `principal_arn` as policies name it (a session's role, else the same).

    `tags`: of the session, over those of its role. `policies`: documents that narrow the session.
    """

    account_id: str
    arn: str
    principal_arn: str
    administrator: bool = False
    tags: tuple[tuple[str, str], ...] = ()
    policies: tuple[str, ...] = ()


@dataclass(frozen=True)
class Session:
    """Temporary credentials that the emulated STS gave out."""

    caller: Caller
    user_id: str
    access_key_id: str
    secret_access_key: str
    session_token: str
    expiration: datetime


_sessions: dict[str, Session] = {}
_lock = Lock()


def access_key_of(headers: Any, query: Any) -> str | None:
    """The access key id that signed a request (Authorization header or presigned URL), None for an anonymous one."""
    authorization = headers.get("Authorization") or ""
    for pattern in (_SIGNATURE_4, _SIGNATURE_2):
        if match := pattern.match(authorization):
            return match.group(1)
    credential = query.get("X-Amz-Credential") or query.get("AWSAccessKeyId")
    if isinstance(credential, list):  # moto keeps query values as lists
        credential = credential[0]
    return credential.split("/")[0] if credential else None


def caller(access_key_id: str) -> Caller:
    """Who that access key id is.

    Twelve digits are an account's administrator (its root); anything else must come from the emulated IAM or STS.
    Raises UnknownCredentialsError.
    """
    if ACCOUNT_ID.fullmatch(access_key_id):
        root = f"arn:{PARTITION}:iam::{access_key_id}:root"
        return Caller(access_key_id, root, root, administrator=True)
    if session := _sessions.get(access_key_id):
        if session.expiration <= datetime.now(UTC):
            raise ExpiredCredentialsError(access_key_id)
        return session.caller
    for account_id, backends in list(iam_backends.items()):
        key = backends[PARTITION].access_keys.get(access_key_id)
        if key is not None and key.user_name and key.status == "Active":
            arn = backends[PARTITION].get_user(key.user_name).arn
            return Caller(account_id, arn, arn)
    raise UnknownCredentialsError(access_key_id)


def caller_of(response: BaseResponse) -> Caller:
    """Who made a request that one of moto's responses answers.

    Requests that the emulator makes itself, for a resource of a stack, are signed by nobody: their account's own.
    """
    account = str(response.current_account)
    key = access_key_of(response.headers, response.querystring) or ""
    try:
        found = caller(key)
    except UnknownCredentialsError:
        found = caller(account)
    return found if found.account_id == account else caller(account)


def check_token(access_key_id: str, token: str | None) -> None:
    """Temporary keys are worth nothing without their session token. Raises UnknownCredentialsError."""
    session = _sessions.get(access_key_id)
    if session is not None and token != session.session_token:
        raise UnknownCredentialsError(access_key_id)


def user_id(access_key_id: str) -> str:
    """The UserId that GetCallerIdentity shows."""
    if session := _sessions.get(access_key_id):
        return session.user_id
    who = caller(access_key_id)
    if who.administrator:
        return who.account_id
    user = iam_backends[who.account_id][PARTITION].get_user_from_access_key_id(access_key_id)
    return str(user.id)


def open_session(who: Caller, identifier: str, seconds: int) -> Session:
    """Gives out temporary credentials for that identity; `identifier` is the UserId that STS shows for it."""
    session = Session(
        caller=who,
        user_id=identifier,
        access_key_id=generate_access_key_id_from_account_id(who.account_id, prefix="ASIA", total_length=20),
        secret_access_key=mock_random.get_random_string(length=40),
        session_token=mock_random.get_random_string(length=344),
        expiration=datetime.now(UTC) + timedelta(seconds=seconds),
    )
    with _lock:
        _sessions[session.access_key_id] = session
    return session


def close_sessions(accounts: Collection[str]) -> None:
    """Ends every session of those accounts: their credentials are nobody's from now on."""
    with _lock:
        for key in [key for key, session in _sessions.items() if session.caller.account_id in accounts]:
            del _sessions[key]


def _access_key_of_response(response: BaseResponse) -> str:
    # Requests that nobody signed never get past the gate; moto makes some of its own.
    return access_key_of(response.headers, response.querystring) or "000000000000"


def install() -> None:
    """moto reads only keys of 20 characters; let it read ours. The account comes from the gate's header."""
    BaseResponse.get_access_key = _access_key_of_response
