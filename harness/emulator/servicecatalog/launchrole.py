"""Whether Service Catalog can assume a launch role: it must exist in the launching account and trust the service."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.iam.models import iam_backends

from harness.emulator import policy
from harness.iam import Kind, Principal

SERVICE = "servicecatalog.amazonaws.com"


def problem(role_arn: str, account_id: str) -> str | None:
    """Why a launch in that account cannot act with that role; None when it can."""
    if role_arn.split(":")[4] != account_id:
        return _refusal(role_arn, f"it is not a role of account {account_id}")
    roles = iam_backends[account_id]["aws"].roles.values()
    role = next((each for each in roles if each.arn == role_arn), None)
    if role is None:
        return _refusal(role_arn, "it does not exist")
    if not trusts_service(role.assume_role_policy_document or "", account_id, role_arn):
        return _refusal(role_arn, f"its trust policy does not allow {SERVICE} to call sts:AssumeRole")
    return None


def trusts_service(document: str | Mapping[str, Any], account_id: str, role_arn: str = "the launch role") -> bool:
    """Whether a trust policy lets Service Catalog in, for a launch in that account.

    A condition on anything but aws:SourceAccount is taken as not met.
    """
    context = {"aws:SourceAccount": account_id}
    return policy.lets_in(document, Principal.service(SERVICE), "sts:AssumeRole", role_arn, context, Kind.TRUST)


def _refusal(role_arn: str, why: str) -> str:
    return (
        f"Access denied. AWS Service Catalog cannot assume the launch role {role_arn}: {why}. "
        "Check that the role of the launch constraint exists in this account and trusts Service Catalog."
    )
