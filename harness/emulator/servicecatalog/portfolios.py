"""Portfolios and what belongs to them: create, change, delete, list; products in and out. Sharing is `sharing.py`."""

from __future__ import annotations

from dataclasses import replace

from harness.emulator import clock
from harness.emulator.servicecatalog import access, ids, quotas, view
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import InvalidParameters, ResourceInUse, ResourceNotFound
from harness.emulator.servicecatalog.model import Portfolio, ProductAssociation
from harness.emulator.servicecatalog.paging import page
from harness.emulator.servicecatalog.tags import changed_tags, new_tags


def create_portfolio(call: Call) -> Answer:
    """CreatePortfolio."""
    quotas.hold(len(call.store.portfolios), quotas.PORTFOLIOS_PER_REGION, "portfolios in a region")
    identifier = ids.new("port")
    made = Portfolio(
        id=identifier,
        arn=call.store.arn("catalog", f"portfolio/{identifier}"),
        account_id=call.account_id,
        region=call.region,
        name=call["DisplayName"],
        provider=call["ProviderName"],
        description=call.get("Description"),
        created=clock.now(),
        tags=new_tags(call.get("Tags")),
    )
    call.store.portfolios[identifier] = made
    return {"PortfolioDetail": view.portfolio(made), "Tags": view.tags(made.tags)}


def update_portfolio(call: Call) -> Answer:
    """UpdatePortfolio."""
    found = access.own_portfolio(call, call["Id"])
    changed = replace(
        found,
        name=call.get("DisplayName") or found.name,
        description=found.description if call.get("Description") is None else call["Description"],
        provider=call.get("ProviderName") or found.provider,
        tags=changed_tags(found.tags, call.get("AddTags"), call.get("RemoveTags")),
    )
    call.store.portfolios[found.id] = changed
    return {"PortfolioDetail": view.portfolio(changed), "Tags": view.tags(changed.tags)}


def describe_portfolio(call: Call) -> Answer:
    """DescribePortfolio: an own one, or one that was shared with the account (accepted or not)."""
    identifier = call["Id"]
    offered = access.shared_with(call, identifier)
    reached = offered[0] if offered else access.reach(call, identifier)
    visible = reached.share is None or any(each.share and each.share.tag_options for each in offered)
    options = reached.owner.tag_options_of(identifier) if visible else []
    if reached.share is not None:
        options += call.store.tag_options_of(identifier)
    return {
        "PortfolioDetail": view.portfolio(reached.portfolio),
        "Tags": view.tags(reached.portfolio.tags),
        "TagOptions": [view.tag_option(each) for each in options],
        "Budgets": [],
    }


def list_portfolios(call: Call) -> Answer:
    """ListPortfolios: the account's own."""
    shown, following = page(list(call.store.portfolios.values()), call.parameters)
    return {"PortfolioDetails": [view.portfolio(each) for each in shown], "NextPageToken": following}


def delete_portfolio(call: Call) -> Answer:
    """DeletePortfolio: refused while anything belongs to it."""
    store, identifier = call.store, call["Id"]
    access.own_portfolio(call, identifier)
    holding = {
        "products": any(portfolio == identifier for portfolio, _ in store.associations),
        "principals": any(portfolio == identifier for portfolio, _, _ in store.principals),
        "constraints": bool(store.constraints_on(identifier)),
        "shares": bool(store.shares_of(identifier)),
    }
    if any(holding.values()):
        held = ", ".join(name for name, there in holding.items() if there)
        raise ResourceInUse(f"Portfolio {identifier} cannot be deleted: it has associated {held}.")
    del store.portfolios[identifier]
    for link in [each for each in store.tag_option_links if each[0] == identifier]:
        del store.tag_option_links[link]
    return {}


def associate_product(call: Call) -> Answer:
    """AssociateProductWithPortfolio: an own product, or one of an imported portfolio (SourcePortfolioId).

    A repeated association is answered like the first. The association is visible a moment later.
    """
    store, portfolio_id, product_id = call.store, call["PortfolioId"], call["ProductId"]
    access.own_portfolio(call, portfolio_id)
    source = call.get("SourcePortfolioId")
    if source:
        reached = access.reach(call, source)
        if all(offer.product.id != product_id for offer in access.offers(reached)):
            raise ResourceNotFound(f"Product not found: {product_id} in portfolio {source}")
    else:
        access.own_product(call, product_id)
    if (portfolio_id, product_id) in store.associations:
        return {}
    if source and source not in store.portfolios and store.shares_of(portfolio_id):
        raise InvalidParameters(f"Shared product {product_id} cannot be added to {portfolio_id}: that is shared.")
    used = sum(portfolio == portfolio_id for portfolio, _ in store.associations)
    quotas.hold(used, quotas.PRODUCTS_PER_PORTFOLIO, "products in a portfolio")
    store.associations[portfolio_id, product_id] = ProductAssociation(portfolio_id, product_id, clock.due(), source)
    return {}


def disassociate_product(call: Call) -> Answer:
    """DisassociateProductFromPortfolio: refused while constraints hang on the association."""
    portfolio_id, product_id = call["PortfolioId"], call["ProductId"]
    access.own_portfolio(call, portfolio_id)
    if (portfolio_id, product_id) not in call.store.associations:
        raise ResourceNotFound(f"Product {product_id} is not associated with portfolio {portfolio_id}")
    if call.store.constraints_on(portfolio_id, product_id):
        raise ResourceInUse(f"Product {product_id} has constraints in portfolio {portfolio_id}. Delete them first.")
    del call.store.associations[portfolio_id, product_id]
    return {}


def list_portfolios_for_product(call: Call) -> Answer:
    """ListPortfoliosForProduct: those of the account, and imported ones, that hold the product."""
    product_id = call["ProductId"]
    access.reachable_product(call, product_id)
    found = [
        reached.portfolio
        for reached in access.reachable(call)
        if any(each.product_id == product_id for each in reached.owner.products_in(reached.portfolio.id))
    ]
    shown, following = page(found, call.parameters)
    return {"PortfolioDetails": [view.portfolio(each) for each in shown], "NextPageToken": following}


OPERATIONS: dict[str, Operation] = {
    "CreatePortfolio": create_portfolio,
    "UpdatePortfolio": update_portfolio,
    "DescribePortfolio": describe_portfolio,
    "ListPortfolios": list_portfolios,
    "DeletePortfolio": delete_portfolio,
    "AssociateProductWithPortfolio": associate_product,
    "DisassociateProductFromPortfolio": disassociate_product,
    "ListPortfoliosForProduct": list_portfolios_for_product,
}
