"""Whether Service Catalog can assume a launch role: it must exist in the launching account and trust the service."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from typing import Any

from moto.iam.models import iam_backends

SERVICE = "servicecatalog.amazonaws.com"


def problem(role_arn: str, account_id: str) -> str | None:
    """Why a launch in that account cannot act with that role; None when it can."""
    if role_arn.split(":")[4] != account_id:
        return _refusal(role_arn, f"it is not a role of account {account_id}")
    roles = iam_backends[account_id]["aws"].roles.values()
    role = next((each for each in roles if each.arn == role_arn), None)
    if role is None:
        return _refusal(role_arn, "it does not exist")
    if not trusts_service(json.loads(role.assume_role_policy_document or "{}"), account_id):
        return _refusal(role_arn, f"its trust policy does not allow {SERVICE} to call sts:AssumeRole")
    return None


def trusts_service(policy: Mapping[str, Any], account_id: str) -> bool:
    """Whether a trust policy lets Service Catalog in, for a launch in that account.

    A condition on anything but aws:SourceAccount is taken as not met.
    """
    said = [
        statement.get("Effect")
        for statement in _list(policy.get("Statement"))
        if _names_service(statement) and _covers_assume_role(statement) and _holds(statement, account_id)
    ]
    return "Allow" in said and "Deny" not in said


def _names_service(statement: Mapping[str, Any]) -> bool:
    principal = statement.get("Principal")
    if principal == "*":
        return True
    services = _list(principal.get("Service")) if isinstance(principal, Mapping) else []
    return SERVICE in services


def _covers_assume_role(statement: Mapping[str, Any]) -> bool:
    return any(fnmatch.fnmatchcase("sts:assumerole", str(each).lower()) for each in _list(statement.get("Action")))


def _holds(statement: Mapping[str, Any], account_id: str) -> bool:
    for operator, tests in (statement.get("Condition") or {}).items():
        for key, values in tests.items():
            if key.lower() != "aws:sourceaccount" or operator not in ("StringEquals", "StringLike"):
                return False
            if not any(fnmatch.fnmatchcase(account_id, str(value)) for value in _list(values)):
                return False
    return True


def _refusal(role_arn: str, why: str) -> str:
    return (
        f"Access denied. AWS Service Catalog cannot assume the launch role {role_arn}: {why}. "
        "Check that the role of the launch constraint exists in this account and trusts Service Catalog."
    )


def _list(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]
