"""How resource policies are read: whom a statement names, what it covers, whether its conditions hold.

It knows no service. Whoever asks decides what a statement means that cannot be read.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Mapping
from typing import Any

from harness.emulator.identity import Caller

_ACCOUNT_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_EXACT = {"StringEquals": True, "ArnEquals": True, "Bool": True, "StringNotEquals": False, "ArnNotEquals": False}
_LIKE = {"StringLike": True, "ArnLike": True, "StringNotLike": False, "ArnNotLike": False}

Statement = Mapping[str, Any]


class UnreadablePolicyError(Exception):
    """The policy says something that is not modelled; the message names it."""


def statements(policy: Mapping[str, Any]) -> list[Statement]:
    """The statements of a policy, which may be one that is in no list."""
    return as_list(policy.get("Statement"))


def as_list(value: Any) -> list[Any]:
    """The value itself if it is a list, nothing for None, else a list of it."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def covers_action(statement: Statement, action: str) -> bool:
    """Whether a statement is about that action, such as sts:AssumeRole. Raises UnreadablePolicyError on NotAction."""
    if "NotAction" in statement:
        raise UnreadablePolicyError("NotAction in a resource policy is not modelled")
    patterns = as_list(statement.get("Action"))
    return any(fnmatch.fnmatchcase(action.lower(), str(each).lower()) for each in patterns)


def covers_resource(statement: Statement, arn: str) -> bool:
    """Whether a statement is about that resource. Raises UnreadablePolicyError on NotResource."""
    if "NotResource" in statement:
        raise UnreadablePolicyError("NotResource in a resource policy is not modelled")
    return any(fnmatch.fnmatchcase(arn, str(each)) for each in as_list(statement.get("Resource")))


def names(statement: Statement, who: Caller) -> bool:
    """Whether a statement names that caller. Raises UnreadablePolicyError on NotPrincipal."""
    return _named_everybody(statement) or any(_is_principal(str(each), who) for each in _principals(statement, "AWS"))


def names_service(statement: Statement, service: str) -> bool:
    """Whether a statement names that service principal. Raises UnreadablePolicyError on NotPrincipal."""
    return _named_everybody(statement) or service in _principals(statement, "Service")


def conditions_hold(statement: Statement, context: Mapping[str, str | None]) -> bool:
    """Whether every condition holds. `context`: condition key → its value in the request, None where it is absent.

    Raises UnreadablePolicyError on other operators, and on keys that are not in the context.
    """
    return all(
        _condition_holds(operator, key, as_list(values), context)
        for operator, tests in (statement.get("Condition") or {}).items()
        for key, values in tests.items()
    )


def _named_everybody(statement: Statement) -> bool:
    if "NotPrincipal" in statement:
        raise UnreadablePolicyError("NotPrincipal in a resource policy is not modelled")
    return bool(statement.get("Principal") == "*")


def _principals(statement: Statement, kind: str) -> list[Any]:
    principal = statement.get("Principal")
    return as_list(principal.get(kind)) if isinstance(principal, Mapping) else []


def _is_principal(principal: str, who: Caller) -> bool:
    if principal in ("*", who.account_id):
        return True
    if match := _ACCOUNT_ROOT.fullmatch(principal):
        return match.group(1) == who.account_id
    return principal in (who.principal_arn, who.arn)


def _condition_holds(operator: str, key: str, values: list[Any], context: Mapping[str, str | None]) -> bool:
    known = next((each for each in context if each.lower() == key.lower()), None)
    if known is None:
        raise UnreadablePolicyError(f"condition key {key} is not modelled")
    base = operator.removesuffix("IfExists")
    actual = context[known]
    wanted = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
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
