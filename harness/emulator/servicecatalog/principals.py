"""Who may use a portfolio: principals by ARN and by pattern."""

from __future__ import annotations

import re

from moto.iam.models import iam_backends

from harness.emulator.servicecatalog import access, quotas
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import InvalidParameters, ResourceNotFound
from harness.emulator.servicecatalog.model import Principal
from harness.emulator.servicecatalog.paging import page

_ARN = re.compile(r"arn:[^:]+:iam::(?P<account>\d{12}):(?P<resource>(user|group|role)/.+|root)")
_PATTERN = re.compile(r"arn:[^:*?]+:iam:::(user|group|role)/.+")


def associate_principal(call: Call) -> Answer:
    """AssociatePrincipalWithPortfolio: on an own portfolio or, in this account only, on an imported one."""
    store, portfolio_id, arn, kind = call.store, call["PortfolioId"], call["PrincipalARN"], call["PrincipalType"]
    access.reach(call, portfolio_id)
    if kind == "IAM":
        _existing(call, arn)
    elif not _PATTERN.fullmatch(arn):
        raise InvalidParameters(
            f"Invalid IAM_PATTERN {arn}: it has the form arn:partition:iam:::resource-type/resource-id, "
            "where only the resource-id may hold * and ?."
        )
    if (portfolio_id, arn, kind) in store.principals:
        return {}
    held = [each for each in store.principals.values() if each.portfolio_id == portfolio_id]
    quotas.hold(len(held), quotas.PRINCIPALS_PER_PORTFOLIO, "principals of a portfolio")
    if kind == "IAM_PATTERN":
        patterns = sum(each.type == "IAM_PATTERN" for each in held)
        quotas.hold(patterns, quotas.PATTERNS_PER_PORTFOLIO, "IAM_PATTERN principals of a portfolio")
    store.principals[portfolio_id, arn, kind] = Principal(portfolio_id, arn, kind)
    return {}


def disassociate_principal(call: Call) -> Answer:
    """DisassociatePrincipalFromPortfolio. Without a type the principal is of type IAM."""
    access.reach(call, call["PortfolioId"])
    key = (call["PortfolioId"], call["PrincipalARN"], call.get("PrincipalType") or "IAM")
    if call.store.principals.pop(key, None) is None:
        raise ResourceNotFound(f"Principal {key[1]} of type {key[2]} is not associated with portfolio {key[0]}")
    return {}


def list_principals(call: Call) -> Answer:
    """ListPrincipalsForPortfolio: those associated in this account, and those that the share brings."""
    found = access.principals_of(call, access.reach(call, call["PortfolioId"]))
    shown, following = page(found, call.parameters)
    principals = [{"PrincipalARN": each.arn, "PrincipalType": each.type} for each in shown]
    return {"Principals": principals, "NextPageToken": following}


def _existing(call: Call, arn: str) -> None:
    match = _ARN.fullmatch(arn)
    if match is None:
        raise InvalidParameters(f"Invalid principal ARN: {arn}")
    if match["account"] != call.account_id:
        raise InvalidParameters(f"Principal {arn} is not in account {call.account_id}.")
    if match["resource"] == "root":
        return
    iam = iam_backends[call.account_id]["aws"]
    everyone = [*iam.roles.values(), *iam.users.values(), *iam.groups.values()]
    if all(each.arn != arn for each in everyone):
        raise InvalidParameters(f"Could not associate {arn}: profile does not exist")


OPERATIONS: dict[str, Operation] = {
    "AssociatePrincipalWithPortfolio": associate_principal,
    "DisassociatePrincipalFromPortfolio": disassociate_principal,
    "ListPrincipalsForPortfolio": list_principals,
}
