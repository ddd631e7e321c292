"""May this caller assume that role? Evaluates a role's trust policy plainly; identity policies are not its business."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.emulator.identity import Caller
from harness.emulator.policy import conditions_hold, covers_action, names, statements

_KNOWN_KEYS = ("aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID", "sts:ExternalId")


def may_assume(policy: Mapping[str, Any], who: Caller, context: Mapping[str, str]) -> bool:
    """Does the trust policy let that caller in?

    `context` holds the condition keys that are known of the request: aws:PrincipalArn, aws:PrincipalAccount,
    aws:PrincipalOrgID (absent outside an organization) and sts:ExternalId (absent if none was given).
    Raises UnreadablePolicyError on an element, operator or condition key that is not modelled.
    """
    known: dict[str, str | None] = {**dict.fromkeys(_KNOWN_KEYS), **context}
    verdicts = [
        statement["Effect"]
        for statement in statements(policy)
        if covers_action(statement, "sts:AssumeRole") and names(statement, who) and conditions_hold(statement, known)
    ]
    return "Allow" in verdicts and "Deny" not in verdicts
