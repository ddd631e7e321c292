"""Sharing portfolios with accounts and nodes of the organization, and what recipients do with what they are offered."""

from __future__ import annotations

import re
from dataclasses import replace

from harness.emulator import clock, organization
from harness.emulator.servicecatalog import access, ids, organizations, view
from harness.emulator.servicecatalog.backend import store_of, stores
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import InvalidParameters, InvalidState, ResourceNotFound
from harness.emulator.servicecatalog.model import ORGANIZATION_KINDS, Share, ShareError, ShareOperation
from harness.emulator.servicecatalog.paging import page

BUSY = "Cannot process more than one portfolio share action at the same time. Try again later."
_NODE_IDS = {
    "ORGANIZATION": re.compile(r"(?:arn:[^:]+:organizations::\d{12}:organization/)?(o-[a-z0-9]{10,32})"),
    "ORGANIZATIONAL_UNIT": re.compile(
        r"(?:arn:[^:]+:organizations::\d{12}:ou/o-[a-z0-9]{10,32}/)?(ou-[0-9a-z]{4,32}-[a-z0-9]{8,32})"
    ),
    "ACCOUNT": re.compile(r"(\d{12})"),
}


def create_share(call: Call) -> Answer:
    """CreatePortfolioShare: nothing happens to a share that exists. One operation at a time a portfolio."""
    portfolio_id = call["PortfolioId"]
    kind, value = _target(call)
    _demand_shareable(call, portfolio_id)
    if kind != "ACCOUNT":
        organizations.demand_sharing(call)
    _demand_idle(call, portfolio_id)
    made = Share(
        portfolio_id=portfolio_id,
        type=kind,
        value=value,
        ready=clock.now() if kind == "ACCOUNT" else clock.due(),
        tag_options=bool(call.get("ShareTagOptions")),
        principals=bool(call.get("SharePrincipals")),
    )
    if kind == "ACCOUNT":
        if value == call.account_id:
            raise InvalidParameters("A portfolio cannot be shared with the account that owns it.")
        call.store.shares.setdefault((portfolio_id, kind, value), made)
        return {}
    members = _members(call, kind, value)
    exists = (portfolio_id, kind, value) in call.store.shares
    operation = _start(call, portfolio_id, value, members, instantly=exists)
    if not exists:
        refused = tuple(account for error in operation.errors for account in error.accounts)
        call.store.shares[portfolio_id, kind, value] = replace(made, refused=refused)
    return {"PortfolioShareToken": operation.token}


def update_share(call: Call) -> Answer:
    """UpdatePortfolioShare: the flags of a share that exists."""
    portfolio_id = call["PortfolioId"]
    kind, value = _target(call)
    access.own_portfolio(call, portfolio_id)
    if kind != "ACCOUNT":
        organizations.demand_sharing(call)
    found = call.store.shares.get((portfolio_id, kind, value))
    if found is None:
        raise ResourceNotFound(f"Portfolio {portfolio_id} is not shared with {value}")
    _demand_idle(call, portfolio_id)
    changed = replace(
        found,
        tag_options=found.tag_options if call.get("ShareTagOptions") is None else call["ShareTagOptions"],
        principals=found.principals if call.get("SharePrincipals") is None else call["SharePrincipals"],
    )
    call.store.shares[portfolio_id, kind, value] = changed
    if kind == "ACCOUNT":
        return {"Status": "COMPLETED"}
    operation = _start(call, portfolio_id, value, _members(call, kind, value))
    # The whole node is gone through again: accounts that the share did not reach before may be reached now.
    refused = tuple(account for error in operation.errors for account in error.accounts)
    call.store.shares[portfolio_id, kind, value] = replace(changed, refused=refused)
    return {"PortfolioShareToken": operation.token, "Status": _status(operation)}


def delete_share(call: Call) -> Answer:
    """DeletePortfolioShare: what recipients imported disappears."""
    portfolio_id = call["PortfolioId"]
    kind, value = _target(call)
    access.own_portfolio(call, portfolio_id)
    if kind != "ACCOUNT":
        organizations.demand_sharing(call)
    _demand_idle(call, portfolio_id)
    if (portfolio_id, kind, value) not in call.store.shares:
        raise ResourceNotFound(f"Portfolio {portfolio_id} is not shared with {value}")
    del call.store.shares[portfolio_id, kind, value]
    if kind == "ACCOUNT":
        # A share that is made anew is another offer.
        store_of(value, call.region).accepted.pop(portfolio_id, None)
        return {}
    return {"PortfolioShareToken": _start(call, portfolio_id, value, access.node_members(value)).token}


def describe_share_status(call: Call) -> Answer:
    """DescribePortfolioShareStatus: what became of a share operation on an organization node, with its ShareErrors."""
    found = call.store.share_operations.get(call["PortfolioShareToken"])
    if found is None:
        raise ResourceNotFound(f"Portfolio share token not found: {call['PortfolioShareToken']}")
    answer: Answer = {
        "PortfolioShareToken": found.token,
        "PortfolioId": found.portfolio_id,
        "OrganizationNodeValue": found.node,
        "Status": _status(found),
    }
    if clock.reached(found.ready):
        answer["ShareDetails"] = {
            "SuccessfulShares": list(found.successful),
            "ShareErrors": [
                {"Accounts": list(each.accounts), "Message": each.message, "Error": each.error} for each in found.errors
            ],
        }
    return answer


def describe_shares(call: Call) -> Answer:
    """DescribePortfolioShares of one type."""
    portfolio = access.own_portfolio(call, call["PortfolioId"])
    found = [each for each in call.store.shares_of(portfolio.id) if each.type == call["Type"]]
    shown, following = page(found, call.parameters)
    details = [
        {
            "PrincipalId": each.value,
            "Type": each.type,
            "Accepted": each.type != "ACCOUNT" or _accepted(call, each),
            "ShareTagOptions": each.tag_options,
            "SharePrincipals": each.principals,
        }
        for each in shown
    ]
    return {"PortfolioShareDetails": details, "NextPageToken": following}


def list_access(call: Call) -> Answer:
    """ListPortfolioAccess: the accounts of account-to-account shares, or those that an organization node brings."""
    portfolio = access.own_portfolio(call, call["PortfolioId"])
    parent = call.get("OrganizationParentId")
    accounts: list[str] = []
    for each in call.store.shares_of(portfolio.id):
        if parent is None and each.type in ("ACCOUNT", "ORGANIZATION_MEMBER_ACCOUNT"):
            accounts.append(each.value)
        elif parent == each.value and clock.reached(each.ready):
            accounts += [account for account in access.node_members(each.value) if account not in each.refused]
    found = [account for account in dict.fromkeys(accounts) if account != call.account_id]
    shown, following = page(found, call.parameters)
    return {"AccountIds": list(shown), "NextPageToken": following}


def list_organization_access(call: Call) -> Answer:
    """ListOrganizationPortfolioAccess: the nodes of one type that a portfolio is shared with."""
    portfolio = access.own_portfolio(call, call["PortfolioId"])
    organizations.demand_sharing(call)
    kind = ORGANIZATION_KINDS[call["OrganizationNodeType"]]
    nodes = [
        {"Type": call["OrganizationNodeType"], "Value": each.value}
        for each in call.store.shares_of(portfolio.id)
        if each.type == kind
    ]
    shown, following = page(nodes, call.parameters)
    return {"OrganizationNodes": list(shown), "NextPageToken": following}


def accept_share(call: Call) -> Answer:
    """AcceptPortfolioShare: IMPORTED by default, which finds no share that the organization brings."""
    _offered(call)
    if _kind_asked(call) == "IMPORTED":
        call.store.accepted[call["PortfolioId"]] = None
    return {}


def reject_share(call: Call) -> Answer:
    """RejectPortfolioShare: of an account-to-account share, also after it was accepted."""
    _offered(call)
    if _kind_asked(call) == "AWS_ORGANIZATIONS":
        raise ResourceNotFound(
            f"Portfolio {call['PortfolioId']} is shared through the organization: nothing to reject."
        )
    call.store.accepted.pop(call["PortfolioId"], None)
    return {}


def list_accepted(call: Call) -> Answer:
    """ListAcceptedPortfolioShares: IMPORTED (the default) or AWS_ORGANIZATIONS."""
    asked = _kind_asked(call)
    found = [
        each.portfolio
        for each in _all_offers(call)
        if each.share is not None
        and (
            (asked == "IMPORTED" and each.share.type == "ACCOUNT" and each.portfolio.id in call.store.accepted)
            or (asked == "AWS_ORGANIZATIONS" and each.share.type != "ACCOUNT")
        )
    ]
    unique = list({each.id: each for each in found}.values())
    shown, following = page(unique, call.parameters)
    return {"PortfolioDetails": [view.portfolio(each) for each in shown], "NextPageToken": following}


def _all_offers(call: Call) -> list[access.Reach]:
    return [
        offered
        for owner in stores(call.region)
        if owner is not call.store
        for portfolio_id in owner.portfolios
        for offered in access.shared_with(call, portfolio_id)
    ]


def _kind_asked(call: Call) -> str:
    return call.get("PortfolioShareType") or "IMPORTED"


def _offered(call: Call) -> None:
    asked = _kind_asked(call)
    for offered in access.shared_with(call, call["PortfolioId"]):
        by_account = offered.share is not None and offered.share.type == "ACCOUNT"
        if (asked == "IMPORTED" and by_account) or (asked == "AWS_ORGANIZATIONS" and not by_account):
            return
    raise ResourceNotFound(f"Portfolio not found: {call['PortfolioId']}")


def _target(call: Call) -> tuple[str, str]:
    account, node = call.get("AccountId"), call.get("OrganizationNode")
    if bool(account) == bool(node):
        raise InvalidParameters("Give either AccountId or OrganizationNode, but not both.")
    if account:
        return "ACCOUNT", account
    kind = node.get("Type")
    match = _NODE_IDS[kind].fullmatch(node.get("Value") or "") if kind in _NODE_IDS else None
    if match is None:
        raise InvalidParameters(f"Invalid OrganizationNode: {node.get('Value')} is no {kind}.")
    return ORGANIZATION_KINDS[kind], match[1]


def _demand_shareable(call: Call, portfolio_id: str) -> None:
    if portfolio_id not in call.store.portfolios and access.shared_with(call, portfolio_id):
        raise InvalidParameters(f"Portfolio {portfolio_id} was shared with this account: it cannot be shared on.")
    access.own_portfolio(call, portfolio_id)
    for portfolio, product in call.store.associations:
        if portfolio == portfolio_id and product not in call.store.products:
            raise InvalidParameters(f"Portfolio {portfolio_id} contains shared product {product}: it cannot be shared.")


def _demand_idle(call: Call, portfolio_id: str) -> None:
    for each in call.store.share_operations.values():
        if each.portfolio_id == portfolio_id and not clock.reached(each.ready):
            raise InvalidState(BUSY)


def _members(call: Call, kind: str, value: str) -> tuple[str, ...]:
    try:
        everyone = organization.members(organization.organization_of(call.account_id))
        members = (value,) if kind == "ORGANIZATION_MEMBER_ACCOUNT" else organization.members(value)
    except KeyError:
        members, everyone = (value,), ()
    if not set(members) <= set(everyone):
        raise InvalidParameters(f"Invalid OrganizationNode: there is no {value} in the organization.")
    return members


def _start(
    call: Call, portfolio_id: str, node: str, accounts: tuple[str, ...], instantly: bool = False
) -> ShareOperation:
    recipients = [each for each in accounts if each != call.account_id]
    inactive = organizations.inactive_accounts(call.account_id)
    failed = tuple(each for each in recipients if each in inactive)
    error = ShareError(failed, "AccountNotActive", "The account is suspended or pending closure.")
    operation = ShareOperation(
        token=ids.new("share"),
        portfolio_id=portfolio_id,
        node=node,
        ready=clock.now() if instantly else clock.due(),
        successful=tuple(each for each in recipients if each not in inactive),
        errors=(error,) if failed else (),
    )
    call.store.share_operations[operation.token] = operation
    return operation


def _status(operation: ShareOperation) -> str:
    if not clock.reached(operation.ready):
        return "IN_PROGRESS"
    return "COMPLETED_WITH_ERRORS" if operation.errors else "COMPLETED"


def _accepted(call: Call, share: Share) -> bool:
    return share.portfolio_id in store_of(share.value, call.region).accepted


OPERATIONS: dict[str, Operation] = {
    "CreatePortfolioShare": create_share,
    "UpdatePortfolioShare": update_share,
    "DeletePortfolioShare": delete_share,
    "DescribePortfolioShareStatus": describe_share_status,
    "DescribePortfolioShares": describe_shares,
    "ListPortfolioAccess": list_access,
    "ListOrganizationPortfolioAccess": list_organization_access,
    "AcceptPortfolioShare": accept_share,
    "RejectPortfolioShare": reject_share,
    "ListAcceptedPortfolioShares": list_accepted,
}
