"""The quotas that are too many to fill by hand: the store is filled to one below, and the API does the rest."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from harness.emulator.servicecatalog import quotas
from harness.emulator.servicecatalog.backend import store_of
from tests.unit.emulator.servicecatalog.accounts import REGION, Account


def _full_then_refused(hub: Account, step: Callable[[int], object]) -> None:
    step(0)
    with pytest.raises(hub.client().exceptions.LimitExceededException):
        step(1)


def test_350_products_a_region(hub: Account) -> None:
    hub.product()
    store = store_of(hub.id, REGION)
    (one,) = store.products.values()
    for number in range(quotas.PRODUCTS_PER_REGION - 2):
        store.products[f"prod-{number}"] = replace(one, id=f"prod-{number}")
    _full_then_refused(hub, lambda number: hub.product(f"more-{number}"))


def test_150_products_a_portfolio(hub: Account) -> None:
    portfolio = hub.portfolio()
    products = [hub.product(name)[0] for name in ("first", "second", "third")]
    hub.offer(products[0], portfolio)
    store = store_of(hub.id, REGION)
    (one,) = store.associations.values()
    for number in range(quotas.PRODUCTS_PER_PORTFOLIO - 2):
        store.associations[portfolio, f"prod-{number}"] = replace(one, product_id=f"prod-{number}")
    _full_then_refused(hub, lambda number: hub.offer(products[number + 1], portfolio))


def test_100_principals_a_portfolio(hub: Account) -> None:
    portfolio, client = hub.portfolio(), hub.client()
    roles = [hub.role(name) for name in ("first", "second", "third")]
    client.associate_principal_with_portfolio(PortfolioId=portfolio, PrincipalARN=roles[0], PrincipalType="IAM")
    store = store_of(hub.id, REGION)
    (one,) = store.principals.values()
    for number in range(quotas.PRINCIPALS_PER_PORTFOLIO - 2):
        store.principals[portfolio, str(number), "IAM"] = replace(one, arn=str(number))
    _full_then_refused(
        hub,
        lambda number: client.associate_principal_with_portfolio(
            PortfolioId=portfolio, PrincipalARN=roles[number + 1], PrincipalType="IAM"
        ),
    )


def test_100_constraints_a_product_and_portfolio(hub: Account) -> None:
    portfolio = hub.portfolio()
    product, _ = hub.product()
    hub.offer(product, portfolio)
    topics = {"NotificationArns": [f"arn:aws:sns:eu-west-1:{hub.id}:launches"]}
    hub.constrain(portfolio, product, "NOTIFICATION", topics)
    store = store_of(hub.id, REGION)
    (one,) = store.constraints.values()
    for number in range(quotas.CONSTRAINTS_PER_PRODUCT_AND_PORTFOLIO - 2):
        store.constraints[f"cons-{number}"] = replace(one, id=f"cons-{number}", parameters=json.dumps(topics))
    _full_then_refused(hub, lambda _: hub.constrain(portfolio, product, "NOTIFICATION", topics))
