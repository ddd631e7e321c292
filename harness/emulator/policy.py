"""How resource policies are read: whom a statement names, what it covers, whether its conditions hold.

It knows no service. Whoever asks decides what a statement means that cannot be read.
"""

from __future__ import annotations

import fnmatch
import glob
import operator
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from harness.emulator.identity import Caller

_ACCOUNT_ROOT = re.compile(r"arn:[^:]+:iam::(\d{12}):root")
_EXACT = {"StringEquals": True, "ArnEquals": True, "Bool": True, "StringNotEquals": False, "ArnNotEquals": False}
_LIKE = {"StringLike": True, "ArnLike": True, "StringNotLike": False, "ArnNotLike": False}
_DATES: Mapping[str, Callable[[datetime, datetime], bool]] = {
    "DateLessThan": operator.lt,
    "DateLessThanEquals": operator.le,
    "DateGreaterThan": operator.gt,
    "DateGreaterThanEquals": operator.ge,
}
_VARIABLE = re.compile(r"\$\{([^}]*)\}")

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

    A key that ends in a slash, such as aws:PrincipalTag/, stands for all of its kind that are absent.
    Raises UnreadablePolicyError on other operators, and on keys that are not in the context.
    """
    return all(
        _condition_holds(test, key, as_list(values), context)
        for test, tests in (statement.get("Condition") or {}).items()
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


def _condition_holds(test: str, key: str, values: list[Any], context: Mapping[str, str | None]) -> bool:
    base = test.removesuffix("IfExists")
    actual = _value_of(key, context)
    wanted = [str(value).lower() if isinstance(value, bool) else str(value) for value in values]
    if base == "Null":
        return wanted == ["true" if actual is None else "false"]
    if base in _EXACT:
        hit, positive = actual in [_filled(each, context) for each in wanted], _EXACT[base]
    elif base in _LIKE:
        patterns = [_filled(each, context, glob.escape) for each in wanted]
        hit = actual is not None and any(each is not None and fnmatch.fnmatchcase(actual, each) for each in patterns)
        positive = _LIKE[base]
    elif base in _DATES:
        hit = actual is not None and any(_DATES[base](_moment(actual), _moment(each)) for each in wanted)
        positive = True
    else:
        raise UnreadablePolicyError(f"condition operator {test} is not modelled")
    if actual is None:
        # Negated operators hold for an absent key, positive ones only with IfExists.
        return not positive or test.endswith("IfExists")
    return hit is positive


def _value_of(key: str, context: Mapping[str, str | None]) -> str | None:
    lowered = key.lower()
    for known, value in context.items():
        if known.lower() == lowered:
            return value
    if any(known.endswith("/") and lowered.startswith(known.lower()) for known in context):
        return None
    raise UnreadablePolicyError(f"condition key {key} is not modelled")


def _filled(
    value: str, context: Mapping[str, str | None], written: Callable[[str], str] = lambda text: text
) -> str | None:
    """The value with its policy variables filled in; None where one is absent, which matches nothing."""
    found = {name: _value_of(name, context) for name in _VARIABLE.findall(value)}
    if None in found.values():
        return None
    return _VARIABLE.sub(lambda match: written(str(found[match[1]])), value)


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise UnreadablePolicyError(f"the date {text} is not modelled") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
