"""Portfolios, what is in them and who may use them."""

from __future__ import annotations

import pytest

from harness.emulator import clock
from tests.unit.emulator.servicecatalog.accounts import Account, token


def test_a_portfolio_is_created_changed_listed_and_deleted(hub: Account) -> None:
    client = hub.client()
    made = client.create_portfolio(
        DisplayName="ml",
        ProviderName="platform",
        Tags=[{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "b"}],
        IdempotencyToken=token(),
    )
    identifier = made["PortfolioDetail"]["Id"]
    client.update_portfolio(
        Id=identifier, Description="All", AddTags=[{"Key": "team", "Value": "c"}], RemoveTags=["cost"]
    )
    shown = client.describe_portfolio(Id=identifier)
    assert shown["PortfolioDetail"]["DisplayName"] == "ml"
    assert shown["PortfolioDetail"]["Description"] == "All"
    assert shown["PortfolioDetail"]["ARN"] == f"arn:aws:catalog:eu-west-1:{hub.id}:portfolio/{identifier}"
    assert shown["Tags"] == [{"Key": "team", "Value": "c"}]
    assert [each["Id"] for each in client.list_portfolios()["PortfolioDetails"]] == [identifier]
    client.delete_portfolio(Id=identifier)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_portfolio(Id=identifier)


def test_a_portfolio_of_another_account_is_not_there(hub: Account, spoke: Account) -> None:
    client = spoke.client()
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_portfolio(Id=hub.portfolio())


def test_a_portfolio_with_anything_in_it_cannot_be_deleted(hub: Account, spoke: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    product, _ = hub.product()
    arn = hub.role("lead")
    client.create_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id)
    hub.offer(product, portfolio, arn)
    constraint = hub.constrain(portfolio, product, "LAUNCH", {"RoleArn": arn})
    steps = [
        lambda: client.delete_constraint(Id=constraint),
        lambda: client.disassociate_product_from_portfolio(ProductId=product, PortfolioId=portfolio),
        lambda: client.disassociate_principal_from_portfolio(PortfolioId=portfolio, PrincipalARN=arn),
        lambda: client.delete_portfolio_share(PortfolioId=portfolio, AccountId=spoke.id),
    ]
    for step in steps:
        with pytest.raises(client.exceptions.ResourceInUseException):
            client.delete_portfolio(Id=portfolio)
        step()
    client.delete_portfolio(Id=portfolio)


def test_a_repeated_association_is_silent_and_a_product_in_a_portfolio_cannot_be_deleted(hub: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    product, _ = hub.product()
    for _ in range(2):
        client.associate_product_with_portfolio(ProductId=product, PortfolioId=portfolio)
    assert len(client.list_portfolios_for_product(ProductId=product)["PortfolioDetails"]) == 1
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.delete_product(Id=product)
    client.disassociate_product_from_portfolio(ProductId=product, PortfolioId=portfolio)
    client.delete_product(Id=product)
    with pytest.raises(client.exceptions.ResourceNotFoundException):
        client.describe_product_as_admin(Id=product)


def test_an_association_is_visible_a_moment_later(hub: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    product, _ = hub.product()
    with clock.latency_of(0.2):
        client.associate_product_with_portfolio(ProductId=product, PortfolioId=portfolio)
        assert client.search_products_as_admin(PortfolioId=portfolio)["ProductViewDetails"] == []
        clock.sleep_until(clock.due())
    assert len(client.search_products_as_admin(PortfolioId=portfolio)["ProductViewDetails"]) == 1


def test_pages_follow_one_another_to_the_end(hub: Account) -> None:
    made = [hub.portfolio(f"p{number}") for number in range(5)]
    client = hub.client()
    first = client.list_portfolios(PageSize=2)
    assert [each["Id"] for each in first["PortfolioDetails"]] == made[:2]
    pages = client.get_paginator("list_portfolios").paginate(PaginationConfig={"PageSize": 2})
    assert [each["Id"] for page in pages for each in page["PortfolioDetails"]] == made
    with pytest.raises(client.exceptions.InvalidParametersException):
        client.list_portfolios(PageToken="mine")


def test_a_principal_must_exist_in_the_account(hub: Account, spoke: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    arn = hub.role("lead")
    client.associate_principal_with_portfolio(PortfolioId=portfolio, PrincipalARN=arn, PrincipalType="IAM")
    for stranger in (f"arn:aws:iam::{hub.id}:role/nobody", spoke.role("lead")):
        with pytest.raises(client.exceptions.InvalidParametersException):
            client.associate_principal_with_portfolio(PortfolioId=portfolio, PrincipalARN=stranger, PrincipalType="IAM")
    assert client.list_principals_for_portfolio(PortfolioId=portfolio)["Principals"] == [
        {"PrincipalARN": arn, "PrincipalType": "IAM"}
    ]


@pytest.mark.parametrize("pattern", ["arn:aws:iam::123456789012:role/lead", "arn:aws:iam:::*/lead", "lead*"])
def test_a_pattern_names_no_account_and_no_open_resource_type(hub: Account, pattern: str) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    with pytest.raises(client.exceptions.InvalidParametersException, match="IAM_PATTERN"):
        client.associate_principal_with_portfolio(
            PortfolioId=portfolio, PrincipalARN=pattern, PrincipalType="IAM_PATTERN"
        )


def test_ten_patterns_a_portfolio_and_no_more(hub: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    for number in range(10):
        client.associate_principal_with_portfolio(
            PortfolioId=portfolio, PrincipalARN=f"arn:aws:iam:::role/lead{number}*", PrincipalType="IAM_PATTERN"
        )
    with pytest.raises(client.exceptions.LimitExceededException):
        client.associate_principal_with_portfolio(
            PortfolioId=portfolio, PrincipalARN="arn:aws:iam:::role/one-more*", PrincipalType="IAM_PATTERN"
        )
