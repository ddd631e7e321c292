"""What an account, and a principal in it, can reach: its own portfolios and those shared with it. Changes nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from moto.iam.models import iam_backends

from harness.emulator import clock, organization
from harness.emulator.servicecatalog import backend
from harness.emulator.servicecatalog.call import Call
from harness.emulator.servicecatalog.errors import ResourceNotFound
from harness.emulator.servicecatalog.model import Portfolio, Principal, Product, ProductAssociation, Share
from harness.emulator.servicecatalog.store import Store


@dataclass(frozen=True)
class Reach:
    """A portfolio that an account reaches: in whose store it lives, and by which share (None: its own)."""

    owner: Store
    portfolio: Portfolio
    share: Share | None = None


@dataclass(frozen=True)
class Offer:
    """A product in a portfolio that can be reached; `home` is the store of the account that owns the product."""

    reach: Reach
    association: ProductAssociation
    home: Store
    product: Product


def own_portfolio(call: Call, portfolio_id: str) -> Portfolio:
    """A portfolio of the caller's account. Raises ResourceNotFound, for one that was shared with it too."""
    found = call.store.portfolios.get(portfolio_id)
    if found is None:
        raise ResourceNotFound(f"Portfolio not found: {portfolio_id}")
    return found


def own_product(call: Call, product_id: str) -> Product:
    """A product of the caller's account. Raises ResourceNotFound, for one that was shared with it too."""
    found = call.store.products.get(product_id)
    if found is None:
        raise ResourceNotFound(f"Product not found: {product_id}")
    return found


def covers(share: Share, account_id: str) -> bool:
    """Whether a share reaches that account by now."""
    if not clock.reached(share.ready) or account_id in share.refused:
        return False
    if share.type in ("ACCOUNT", "ORGANIZATION_MEMBER_ACCOUNT"):
        return share.value == account_id
    return account_id in node_members(share.value)


def node_members(node: str) -> tuple[str, ...]:
    """The accounts below a node of the organization; none when the node is gone."""
    try:
        return organization.members(node)
    except KeyError:
        return ()


def shared_with(call: Call, portfolio_id: str) -> list[Reach]:
    """The shares by which a portfolio of somebody else reaches the caller's account, accepted or not."""
    return [
        Reach(owner, owner.portfolios[portfolio_id], share)
        for owner in backend.stores(call.region)
        if owner is not call.store and portfolio_id in owner.portfolios
        for share in owner.shares_of(portfolio_id)
        if covers(share, call.account_id)
    ]


def imports(call: Call) -> list[Reach]:
    """The portfolios that the caller's account has imported: accepted ones, and all that the organization brings."""
    found: dict[str, Reach] = {}
    for owner in backend.stores(call.region):
        if owner is call.store:
            continue
        for share in owner.shares.values():
            if share.type == "ACCOUNT" and share.portfolio_id not in call.store.accepted:
                continue
            if share.portfolio_id in owner.portfolios and covers(share, call.account_id):
                earlier = found.get(share.portfolio_id)
                # Two shares may lead here, and each brings what it says.
                merged = _both(earlier.share, share) if earlier is not None and earlier.share else share
                found[share.portfolio_id] = Reach(owner, owner.portfolios[share.portfolio_id], merged)
    return list(found.values())


def _both(one: Share, other: Share) -> Share:
    return replace(one, tag_options=one.tag_options or other.tag_options, principals=one.principals or other.principals)


def reachable(call: Call) -> list[Reach]:
    """The account's own portfolios and its imported ones."""
    return [Reach(call.store, each) for each in call.store.portfolios.values()] + imports(call)


def reach(call: Call, portfolio_id: str) -> Reach:
    """A portfolio of the caller's account or one that it imported. Raises ResourceNotFound."""
    if portfolio_id in call.store.portfolios:
        return Reach(call.store, call.store.portfolios[portfolio_id])
    for each in imports(call):
        if each.portfolio.id == portfolio_id:
            return each
    raise ResourceNotFound(f"Portfolio not found: {portfolio_id}")


def offers(reached: Reach) -> list[Offer]:
    """The products in a portfolio. One that its owner no longer shares with the portfolio's is not there."""
    found = []
    for association in reached.owner.products_in(reached.portfolio.id):
        home = _home(reached.owner, association)
        if home is not None:
            found.append(Offer(reached, association, home, home.products[association.product_id]))
    return found


def reachable_product(call: Call, product_id: str) -> tuple[Store, Product]:
    """A product of the caller's account, or of a portfolio that it imported. Raises ResourceNotFound."""
    if product_id in call.store.products:
        return call.store, call.store.products[product_id]
    for reached in imports(call):
        for offer in offers(reached):
            if offer.product.id == product_id:
                return offer.home, offer.product
    raise ResourceNotFound(f"Product not found: {product_id}")


def _home(owner: Store, association: ProductAssociation) -> Store | None:
    if association.product_id in owner.products:
        return owner
    # A shared product in a portfolio of the account that imported it: it stays the sharing account's.
    as_owner = Call(owner.account_id, owner.region, "", "", {})
    for reached in imports(as_owner) if association.source_portfolio_id else ():
        source = reached.owner
        key = (association.source_portfolio_id or "", association.product_id)
        if reached.portfolio.id == key[0] and key in source.associations and association.product_id in source.products:
            return source
    return None


def principals_of(call: Call, reached: Reach) -> list[Principal]:
    """Who may use a portfolio in the caller's account: those that it associated, and patterns that the share brings."""
    found = [each for each in call.store.principals.values() if each.portfolio_id == reached.portfolio.id]
    if reached.share is not None and reached.share.principals:
        found += [
            each
            for each in reached.owner.principals.values()
            if each.portfolio_id == reached.portfolio.id and each.type == "IAM_PATTERN" and each not in found
        ]
    return found


def may_use(call: Call, reached: Reach) -> bool:
    """Whether the caller is a principal of the portfolio."""
    names = {call.principal_arn, *_groups(call)}
    return any(
        each.arn in names if each.type == "IAM" else any(matches(each.arn, name) for name in names)
        for each in principals_of(call, reached)
    )


def matches(pattern: str, arn: str) -> bool:
    """Whether an IAM_PATTERN names that principal: `*` stands for any characters, `?` for one or none."""
    head, _, rest = arn.partition("::")
    _, _, resource = rest.partition(":")
    translated = "".join({"*": ".*", "?": ".?"}.get(letter, re.escape(letter)) for letter in pattern)
    return re.fullmatch(translated, f"{head}:::{resource}", re.DOTALL) is not None


def _groups(call: Call) -> list[str]:
    if ":user/" not in call.principal_arn:
        return []
    iam = iam_backends[call.account_id]["aws"]
    name = call.principal_arn.rsplit("/", 1)[-1]
    return [group.arn for group in iam.groups.values() if any(user.name == name for user in group.users)]
