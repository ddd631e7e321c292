"""May this caller assume that role? Its trust policy must always allow it, and the caller's own policies have a say."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from harness.emulator import policy
from harness.emulator.identity import Caller
from harness.iam import (
    UNLIMITED,
    Decision,
    Kind,
    Policy,
    PrincipalPolicies,
    Request,
    UnreadablePolicyError,
    Values,
    evaluate,
)

_ANY_ROLE = "arn:aws:iam::000000000000:role/any"
_KNOWN_KEYS = (
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "sts:externalid",
    "sts:rolesessionname",
)
_TAGS = ("aws:principaltag/", "aws:requesttag/", "aws:resourcetag/", "aws:tagkeys", "iam:resourcetag/")


def may_assume(
    document: Mapping[str, Any],
    who: Caller,
    context: Mapping[str, str],
    tags: Mapping[str, str] | None = None,
    policies: PrincipalPolicies = UNLIMITED,
    role_arn: str = _ANY_ROLE,
) -> bool:
    """Does a role with that trust policy let that caller in, with those tags on the session?

    `context` holds the condition keys that are known of the request: aws:PrincipalArn, aws:PrincipalAccount,
    aws:PrincipalOrgID (absent outside an organization), sts:ExternalId (absent if none was given) and the
    aws:PrincipalTag/ of the caller. `policies`: what the caller holds. Raises UnreadablePolicyError on an element,
    operator or condition key that is not modelled.
    """
    return all(each.allowed for each, _ in decisions(document, who, context, tags, policies, role_arn))


def decisions(
    document: Mapping[str, Any],
    who: Caller,
    context: Mapping[str, str],
    tags: Mapping[str, str] | None,
    policies: PrincipalPolicies,
    role_arn: str,
) -> list[tuple[Decision, Request]]:
    """sts:AssumeRole, and sts:TagSession where the session is tagged, each decided. Raises UnreadablePolicyError."""
    trusted = Policy.read(document, Kind.TRUST, role_arn)
    asked: dict[str, Values] = {f"aws:RequestTag/{key}": value for key, value in (tags or {}).items()}
    known: dict[str, Values] = {
        "aws:CurrentTime": datetime.now(UTC).isoformat(),
        "aws:TagKeys": tuple(tags or ()),
        **asked,
        **context,
    }
    actions = ("sts:AssumeRole", "sts:TagSession") if tags else ("sts:AssumeRole",)
    owner = role_arn.split(":")[4] if role_arn != _ANY_ROLE else who.account_id
    requests = [Request(policy.principal(who), action, role_arn, known, owner, _absent) for action in actions]
    return [(evaluate(each, policies, trusted, resource_must_allow=True), each) for each in requests]


def _absent(key: str) -> None:
    if key.lower() not in _KNOWN_KEYS and not key.lower().startswith(_TAGS):
        raise UnreadablePolicyError(f"condition key {key} is not modelled")
