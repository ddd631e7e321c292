"""What a resource's own policy says to one who asks, by the decisions of `harness.iam`. It knows no service.

For AWS services, which have no policies of their own, and where a caller's own policies have been asked already.
Everything else is decided in `enforcement`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.emulator import organization
from harness.emulator.identity import PARTITION, Caller
from harness.iam import Kind, Policy, Principal, Request, UnreadablePolicyError, Values

_WHOLE_WORLD = f"arn:{PARTITION}:iam::*:root"  # how moto writes the permission of EventBridge's PutPermission for *


def lets_in(
    document: str | Mapping[str, Any] | None,
    who: Principal,
    action: str,
    resource: str,
    context: Mapping[str, Values],
    kind: Kind = Kind.RESOURCE,
) -> bool:
    """Whether the policy allows it and does not deny it. No policy, and one that cannot be read, lets nobody in.

    Condition keys that are not in the context are not modelled: a permission that asks for one gives nothing, and a
    denial that does is taken to hold.
    """
    if not document:
        return False
    text = document.replace(_WHOLE_WORLD, "*") if isinstance(document, str) else document
    request = Request(who, action, resource, context, lookup=_not_modelled)
    try:
        statements = Policy.read(text, kind, resource).statements
    except UnreadablePolicyError:
        return False
    verdicts = set()
    for each in statements:
        try:
            applies = bool(each.level(request)) and each.applies(request)
        except UnreadablePolicyError:
            applies = not each.allows
        if applies:
            verdicts.add(each.allows)
    return verdicts == {True}


def principal(who: Caller) -> Principal:
    """The caller as IAM's decisions know it."""
    if who.administrator:
        return Principal.account(who.account_id, PARTITION)
    if who.arn == who.principal_arn:
        return Principal("user", who.account_id, who.arn)
    return Principal("session", who.account_id, who.arn, who.principal_arn)


def context_of(who: Caller) -> dict[str, Values]:
    """The condition keys that every call of that caller carries, whatever it is about."""
    return {
        "aws:PrincipalAccount": who.account_id,
        "aws:PrincipalArn": who.principal_arn,
        "aws:PrincipalIsAWSService": "false",
        "aws:PrincipalOrgID": organization.organization_of(who.account_id) or None,
        "aws:SecureTransport": "true",  # the emulator stands for endpoints that speak TLS
        "aws:SourceAccount": None,
        "aws:SourceArn": None,
        **{f"aws:PrincipalTag/{key}": value for key, value in who.tags},
    }


def _not_modelled(key: str) -> None:
    raise UnreadablePolicyError(f"condition key {key} is not modelled")
