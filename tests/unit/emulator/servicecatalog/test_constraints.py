"""Constraints: what may be said in each type."""

from __future__ import annotations

from typing import Any

import pytest

from harness.emulator import clock
from tests.unit.emulator.servicecatalog.accounts import Account


@pytest.fixture
def offered(hub: Account) -> tuple[str, str]:
    """A portfolio and a product in it."""
    portfolio = hub.portfolio()
    product, _ = hub.product()
    hub.offer(product, portfolio)
    return portfolio, product


def test_a_constraint_is_created_changed_listed_and_deleted(hub: Account, offered: tuple[str, str]) -> None:
    client = hub.client()
    hub.role("launch-1")
    hub.role("launch-2")
    with clock.latency_of(0.2):
        identifier = hub.constrain(*offered, "LAUNCH", {"LocalRoleName": "launch-1"})
        assert client.describe_constraint(Id=identifier)["Status"] == "CREATING"
        clock.sleep_until(clock.due())
    assert client.describe_constraint(Id=identifier)["Status"] == "AVAILABLE"
    client.update_constraint(Id=identifier, Parameters='{"LocalRoleName": "launch-2"}')
    shown = client.describe_constraint(Id=identifier)
    assert shown["ConstraintParameters"] == '{"LocalRoleName": "launch-2"}'
    assert shown["ConstraintDetail"] == {
        "ConstraintId": identifier,
        "Type": "LAUNCH",
        "Description": "Launch as local role launch-1",
        "Owner": hub.id,
        "PortfolioId": offered[0],
        "ProductId": offered[1],
    }
    listed = client.list_constraints_for_portfolio(PortfolioId=offered[0])["ConstraintDetails"]
    assert [each["ConstraintId"] for each in listed] == [identifier]
    client.delete_constraint(Id=identifier)
    assert client.list_constraints_for_portfolio(PortfolioId=offered[0])["ConstraintDetails"] == []


def test_one_launch_constraint_a_product_and_portfolio(hub: Account, offered: tuple[str, str]) -> None:
    hub.role("launch")
    hub.constrain(*offered, "LAUNCH", {"LocalRoleName": "launch"})
    with pytest.raises(hub.client().exceptions.DuplicateResourceException):
        hub.constrain(*offered, "LAUNCH", {"LocalRoleName": "launch"})


def test_a_constraint_needs_an_association_that_is_visible_by_now(hub: Account) -> None:
    client, portfolio = hub.client(), hub.portfolio()
    product, _ = hub.product()
    arn = hub.role("launch")
    with clock.latency_of(0.2):
        hub.offer(product, portfolio)
        with pytest.raises(client.exceptions.ResourceNotFoundException):
            hub.constrain(portfolio, product, "LAUNCH", {"RoleArn": arn})
        clock.sleep_until(clock.due())
    hub.constrain(portfolio, product, "LAUNCH", {"RoleArn": arn})
    with pytest.raises(client.exceptions.ResourceInUseException):
        client.disassociate_product_from_portfolio(ProductId=product, PortfolioId=portfolio)


@pytest.mark.parametrize(
    ("kind", "parameters", "why"),
    [
        ("LAUNCH", {"RoleArn": "arn:aws:iam::123456789012:role/a", "LocalRoleName": "a"}, "either"),
        ("LAUNCH", {"LocalRoleName": "nobody"}, "does not exist"),
        ("LAUNCH", {"RoleArn": "arn:aws:iam::123456789012:user/a"}, "not the ARN of a role"),
        ("NOTIFICATION", {"NotificationArns": []}, "topics"),
        ("RESOURCE_UPDATE", {"Properties": {"TagUpdateOnProvisionedProduct": "MAYBE"}}, "ALLOWED or NOT_ALLOWED"),
        ("TEMPLATE", {"Rules": {"small": {}}}, "no Assertions"),
        ("COLOUR", {}, "Invalid constraint type"),
    ],
)
def test_parameters_that_do_not_fit_the_type_are_refused(
    hub: Account, offered: tuple[str, str], kind: str, parameters: dict[str, Any], why: str
) -> None:
    with pytest.raises(hub.client().exceptions.InvalidParametersException, match=why):
        hub.constrain(*offered, kind, parameters)


def test_a_stack_set_constraint_is_refused_clearly(hub: Account, offered: tuple[str, str]) -> None:
    with pytest.raises(hub.client().exceptions.OperationNotSupportedException, match="STACKSET"):
        hub.constrain(*offered, "STACKSET", {"Version": "1.0", "Properties": {}})


def test_a_constraint_holds_while_a_change_of_it_settles(hub: Account, offered: tuple[str, str]) -> None:
    portfolio, product = offered
    hub.role("launch-1")
    hub.role("launch-2")
    lead = hub.person("lead")
    hub.client().associate_principal_with_portfolio(PortfolioId=portfolio, PrincipalARN=lead.arn, PrincipalType="IAM")
    identifier = hub.constrain(portfolio, product, "LAUNCH", {"LocalRoleName": "launch-1"})
    (version,) = lead.client().describe_product(Id=product)["ProvisioningArtifacts"]
    with clock.latency_of(5):
        hub.client().update_constraint(Id=identifier, Parameters='{"LocalRoleName": "launch-2"}')
        assert hub.client().describe_constraint(Id=identifier)["Status"] == "CREATING"
        shown = lead.client().describe_provisioning_parameters(ProductId=product, ProvisioningArtifactId=version["Id"])
    roles = [each["Value"] for each in shown["UsageInstructions"] if each["Type"] == "launchAsRole"]
    assert roles == [f"arn:aws:iam::{hub.id}:role/launch-2"]
