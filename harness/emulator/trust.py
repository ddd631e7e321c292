"""May this caller assume that role? Evaluates a role's trust policy plainly; identity policies are not its business."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from typing import Any

from harness.emulator.identity import Caller

_ACCOUNT_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_EXACT = {"StringEquals": True, "ArnEquals": True, "StringNotEquals": False, "ArnNotEquals": False}
_LIKE = {"StringLike": True, "ArnLike": True, "StringNotLike": False, "ArnNotLike": False}


class UnreadablePolicyError(Exception):
    """The policy says something that is not modelled; the message names it."""


def may_assume(policy: Mapping[str, Any], who: Caller, context: Mapping[str, str]) -> bool:
    """Does the trust policy let that caller in?

    `context` holds the condition keys that are known of the request: aws:PrincipalArn, aws:PrincipalAccount,
    aws:PrincipalOrgID (absent outside an organization) and sts:ExternalId (absent if none was given).
    Raises UnreadablePolicyError on an element, operator or condition key that is not modelled.
    """
    verdicts = [
        statement["Effect"]
        for statement in _as_list(policy.get("Statement", []))
        if _covers_action(statement) and _names(statement, who) and _conditions_hold(statement, context)
    ]
    return "Allow" in verdicts and "Deny" not in verdicts


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _covers_action(statement: Mapping[str, Any]) -> bool:
    if "NotAction" in statement:
        raise UnreadablePolicyError("NotAction in a trust policy is not modelled")
    actions = _as_list(statement.get("Action", []))
    return any(fnmatch.fnmatchcase("sts:assumerole", str(action).lower()) for action in actions)


def _names(statement: Mapping[str, Any], who: Caller) -> bool:
    if "NotPrincipal" in statement:
        raise UnreadablePolicyError("NotPrincipal in a trust policy is not modelled")
    principal = statement.get("Principal", {})
    if principal == "*":
        return True
    return any(_is_principal(str(each), who) for each in _as_list(principal.get("AWS", [])))


def _is_principal(principal: str, who: Caller) -> bool:
    if principal == "*" or principal == who.account_id:
        return True
    if match := _ACCOUNT_ROOT.fullmatch(principal):
        return match.group(1) == who.account_id
    return principal in (who.principal_arn, who.arn)


def _conditions_hold(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    return all(
        _condition_holds(operator, key, _as_list(values), context)
        for operator, tests in statement.get("Condition", {}).items()
        for key, values in tests.items()
    )


_KNOWN_KEYS = ("aws:PrincipalArn", "aws:PrincipalAccount", "aws:PrincipalOrgID", "sts:ExternalId")


def _condition_holds(operator: str, key: str, values: list[Any], context: Mapping[str, str]) -> bool:
    known = next((each for each in _KNOWN_KEYS if each.lower() == key.lower()), None)
    if known is None:
        raise UnreadablePolicyError(f"condition key {key} is not modelled")
    base = operator.removesuffix("IfExists")
    actual = context.get(known)
    wanted = [str(value) for value in values]
    if base == "Null":
        return wanted == ["true" if actual is None else "false"]
    if base in _EXACT:
        hit, positive = actual in wanted, _EXACT[base]
    elif base in _LIKE:
        hit = actual is not None and any(fnmatch.fnmatchcase(actual, value) for value in wanted)
        positive = _LIKE[base]
    else:
        raise UnreadablePolicyError(f"condition operator {operator} is not modelled")
    if actual is None:
        # Negated operators hold for an absent key, positive ones only with IfExists.
        return not positive or operator.endswith("IfExists")
    return hit is positive
