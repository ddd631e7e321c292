"""May this caller assume that role? Evaluates a role's trust policy plainly; identity policies are not its business."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from harness.emulator.identity import Caller
from harness.emulator.policy import conditions_hold, covers_action, names, statements

_KNOWN_KEYS = ("aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID", "sts:ExternalId")
_TAGS = ("aws:PrincipalTag/", "aws:RequestTag/")


def may_assume(
    policy: Mapping[str, Any], who: Caller, context: Mapping[str, str], tags: Mapping[str, str] | None = None
) -> bool:
    """Does the trust policy let that caller in, with those tags on the session?

    `context` holds the condition keys that are known of the request: aws:PrincipalArn, aws:PrincipalAccount,
    aws:PrincipalOrgID (absent outside an organization), sts:ExternalId (absent if none was given) and the
    aws:PrincipalTag/ of the caller. Raises UnreadablePolicyError on an element, operator or condition key that is not
    modelled.
    """
    asked = {f"aws:RequestTag/{key}": value for key, value in (tags or {}).items()}
    now = {"aws:CurrentTime": datetime.now(UTC).isoformat()}
    known: dict[str, str | None] = {**dict.fromkeys((*_KNOWN_KEYS, *_TAGS)), **now, **asked, **context}
    actions = ("sts:AssumeRole", "sts:TagSession") if tags else ("sts:AssumeRole",)
    return all(_allows(policy, action, who, known) for action in actions)


def _allows(policy: Mapping[str, Any], action: str, who: Caller, known: Mapping[str, str | None]) -> bool:
    verdicts = [
        statement["Effect"]
        for statement in statements(policy)
        if covers_action(statement, action) and names(statement, who) and conditions_hold(statement, known)
    ]
    return "Allow" in verdicts and "Deny" not in verdicts
