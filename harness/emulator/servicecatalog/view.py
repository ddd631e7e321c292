"""How stored things look in answers. Pure: a thing in, the members of its API shape out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.emulator import clock
from harness.emulator.servicecatalog.model import (
    Artifact,
    Constraint,
    Portfolio,
    Product,
    TagOption,
)

Shown = dict[str, Any]


def present(members: Mapping[str, Any]) -> Shown:
    """The members that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def tags(values: Mapping[str, str]) -> list[Shown]:
    """A mapping as the API's list of tags."""
    return [{"Key": key, "Value": value} for key, value in values.items()]


def portfolio(each: Portfolio) -> Shown:
    """PortfolioDetail."""
    return present(
        {
            "Id": each.id,
            "ARN": each.arn,
            "DisplayName": each.name,
            "Description": each.description,
            "CreatedTime": each.created,
            "ProviderName": each.provider,
        }
    )


def product_summary(each: Product, default_path: bool = False) -> Shown:
    """ProductViewSummary."""
    return present(
        {
            "Id": each.view_id,
            "ProductId": each.id,
            "Name": each.name,
            "Owner": each.owner,
            "ShortDescription": each.description,
            "Type": each.type,
            "Distributor": each.distributor,
            "HasDefaultPath": default_path,
            "SupportEmail": each.support_email,
            "SupportDescription": each.support_description,
            "SupportUrl": each.support_url,
        }
    )


def product(each: Product) -> Shown:
    """ProductViewDetail."""
    return {
        "ProductViewSummary": product_summary(each),
        "Status": "AVAILABLE" if clock.reached(each.ready) else "CREATING",
        "ProductARN": each.arn,
        "CreatedTime": each.created,
    }


def artifact(each: Artifact) -> Shown:
    """ProvisioningArtifactDetail."""
    return present(
        {
            "Id": each.id,
            "Name": each.name,
            "Description": each.description,
            "Type": each.type,
            "CreatedTime": each.created,
            "Active": each.active,
            "Guidance": each.guidance,
        }
    )


def artifact_status(each: Artifact) -> str:
    """CREATING, then AVAILABLE."""
    return "AVAILABLE" if clock.reached(each.ready) else "CREATING"


def artifact_for_user(each: Artifact) -> Shown:
    """ProvisioningArtifact, as a launcher sees it."""
    return present(
        {
            "Id": each.id,
            "Name": each.name,
            "Description": each.description,
            "CreatedTime": each.created,
            "Guidance": each.guidance,
        }
    )


def artifact_summary(each: Artifact) -> Shown:
    """ProvisioningArtifactSummary."""
    shown = artifact_for_user(each)
    del shown["Guidance"]
    return shown


def constraint(each: Constraint) -> Shown:
    """ConstraintDetail."""
    return present(
        {
            "ConstraintId": each.id,
            "Type": each.type,
            "Description": each.description,
            "Owner": each.owner,
            "ProductId": each.product_id,
            "PortfolioId": each.portfolio_id,
        }
    )


def constraint_answer(each: Constraint) -> Shown:
    """The answer of the operations on one constraint."""
    return {
        "ConstraintDetail": constraint(each),
        "ConstraintParameters": each.parameters,
        "Status": "AVAILABLE" if clock.reached(each.ready) else "CREATING",
    }


def constraint_summary(each: Constraint) -> Shown:
    """ConstraintSummary."""
    return present({"Type": each.type, "Description": each.description})


def tag_option(each: TagOption) -> Shown:
    """TagOptionDetail."""
    return {"Key": each.key, "Value": each.value, "Active": each.active, "Id": each.id, "Owner": each.owner}
