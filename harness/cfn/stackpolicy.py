"""Stack policies: which updates of which resources a stack lets through. Not IAM: nobody is asked who they are.

User guide, "Prevent updates to stack resources": with a policy, what no statement allows is denied.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from harness.cfn.model import StackError

ACTIONS = ("Update:Modify", "Update:Replace", "Update:Delete")
_MEMBERS = frozenset({"Sid", "Effect", "Action", "NotAction", "Principal", "Resource", "NotResource", "Condition"})
_MAX_BYTES = 16384


def check_policy_body(body: str) -> None:
    """Raises `StackError` for a text that is no stack policy."""
    _statements(body)


def denial(body: str, action: str, logical_id: str, kind: str) -> str:
    """Why the policy (empty: none) does not let the action through; empty if it does."""
    if not body:
        return ""
    allowed = False
    for number, statement in enumerate(_statements(body), 1):
        if not _concerns(statement, action, logical_id, kind):
            continue
        if statement["Effect"] == "Deny":
            return (
                f"Action denied by stack policy: Statement [#{number}] does not allow [{action}] for resource "
                f"[LogicalResourceId/{logical_id}];"
            )
        allowed = True
    return "" if allowed else "Action not allowed by stack policy"


def _statements(body: str) -> list[Mapping[str, Any]]:
    refused = StackError("Error validating stack policy: Invalid stack policy")
    if len(body.encode()) > _MAX_BYTES:
        raise refused
    try:
        policy = json.loads(body)
    except (ValueError, RecursionError):
        raise refused from None
    statements = policy.get("Statement") if isinstance(policy, dict) else None
    if isinstance(statements, dict):
        statements = [statements]
    if not isinstance(statements, list) or not statements or not all(_is_statement(each) for each in statements):
        raise refused
    return statements


def _is_statement(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and not set(value) - _MEMBERS
        and value.get("Effect") in ("Allow", "Deny")
        and value.get("Principal") in ("*", {"AWS": "*"})
        and ("Action" in value) is not ("NotAction" in value)
        and ("Resource" in value) is not ("NotResource" in value)
        and all(_is_action(each) for each in _listed(value.get("Action", value.get("NotAction"))))
        and isinstance(value.get("Condition", {}), dict)
        and set(value.get("Condition", {})) <= {"StringEquals", "StringLike"}
    )


def _is_action(value: Any) -> bool:
    return isinstance(value, str) and any(fnmatchcase(each.lower(), value.lower()) for each in ACTIONS)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _concerns(statement: Mapping[str, Any], action: str, logical_id: str, kind: str) -> bool:
    return (
        _names(statement, "Action", action.lower(), lower=True)
        and _names(statement, "Resource", f"LogicalResourceId/{logical_id}")
        and all(_holds(operator, asked, kind) for operator, asked in statement.get("Condition", {}).items())
    )


def _names(statement: Mapping[str, Any], member: str, value: str, lower: bool = False) -> bool:
    patterns = [str(each).lower() if lower else str(each) for each in _listed(statement.get(member, []))]
    if member in statement:
        return any(fnmatchcase(value, pattern) for pattern in patterns)
    excluded = [str(each).lower() if lower else str(each) for each in _listed(statement[f"Not{member}"])]
    return not any(fnmatchcase(value, pattern) for pattern in excluded)


def _holds(operator: str, asked: Any, kind: str) -> bool:
    if not isinstance(asked, dict) or set(asked) != {"ResourceType"}:
        return False
    values = [str(each) for each in _listed(asked["ResourceType"])]
    return kind in values if operator == "StringEquals" else any(fnmatchcase(kind, value) for value in values)
