"""Whose rights a launch has: the launch role of the launching account, for a principal of the portfolio."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.emulator.servicecatalog.launchrole import trusts_service
from tests.unit.emulator.servicecatalog.accounts import TRUST, Account
from tests.unit.emulator.servicecatalog.offers import Offer


@pytest.mark.parametrize(
    ("trust", "why"),
    [
        (None, "it does not exist"),
        ({"Statement": [{**TRUST["Statement"][0], "Principal": {"Service": "ec2.amazonaws.com"}}]}, "trust policy"),
        ({"Statement": [{**TRUST["Statement"][0], "Action": "sts:TagSession"}]}, "trust policy"),
        ({"Statement": [TRUST["Statement"][0], {**TRUST["Statement"][0], "Effect": "Deny"}]}, "trust policy"),
    ],
)
def test_a_launch_role_that_cannot_be_assumed_fails_the_launch(
    offer: Offer, trust: dict[str, Any] | None, why: str
) -> None:
    iam = offer.spoke.client("iam")
    iam.delete_role_policy(RoleName="launch", PolicyName="all")
    iam.delete_role(RoleName="launch")
    if trust is not None:
        offer.spoke.role("launch", {"Version": "2012-10-17", **trust})
    record = offer.record(offer.launch())
    assert record["Status"] == "FAILED"
    (error,) = record["RecordErrors"]
    assert error["Code"] == "AccessDeniedException"
    assert f"arn:aws:iam::{offer.spoke.id}:role/launch" in error["Description"]
    assert why in error["Description"]
    assert offer.status() == "ERROR"
    assert offer.spoke.client("cloudformation").describe_stacks()["Stacks"] == []


def test_a_launch_role_that_may_not_make_what_the_template_says_fails_the_launch(offer: Offer) -> None:
    offer.spoke.client("iam").delete_role_policy(RoleName="launch", PolicyName="all")
    record = offer.record(offer.launch())
    assert record["Status"] == "FAILED"
    session = f"arn:aws:sts::{offer.spoke.id}:assumed-role/launch/servicecatalog"
    events = offer.spoke.client("cloudformation").describe_stack_events(StackName=offer.stack()["StackId"])
    (reason,) = [
        each["ResourceStatusReason"] for each in events["StackEvents"] if each["ResourceStatus"] == "CREATE_FAILED"
    ]
    assert f"User: {session} is not authorized to perform: sns:CreateTopic" in reason
    assert "because no identity-based policy allows the sns:CreateTopic action" in reason
    assert "(HandlerErrorCode: AccessDenied)" in reason


def test_a_role_of_the_hub_does_not_launch_in_a_spoke(offer: Offer) -> None:
    client = offer.hub.client()
    (constraint,) = client.list_constraints_for_portfolio(PortfolioId=offer.portfolio)["ConstraintDetails"]
    pinned = {"RoleArn": f"arn:aws:iam::{offer.hub.id}:role/launch"}
    client.update_constraint(Id=constraint["ConstraintId"], Parameters=json.dumps(pinned))
    record = offer.record(offer.launch())
    assert record["Status"] == "FAILED"
    assert f"not a role of account {offer.spoke.id}" in record["RecordErrors"][0]["Description"]


def test_nobody_but_a_principal_of_the_portfolio_launches(offer: Offer) -> None:
    for stranger in (offer.spoke.person("platform-developer"), offer.spoke):
        with pytest.raises(stranger.client().exceptions.ResourceNotFoundException):
            offer.launch(stranger)


def test_termination_fails_without_its_launch_role_unless_resources_stay(offer: Offer) -> None:
    offer.launch()
    iam = offer.spoke.client("iam")
    iam.delete_role_policy(RoleName="launch", PolicyName="all")
    iam.delete_role(RoleName="launch")
    assert offer.record(offer.terminate())["Status"] == "FAILED"
    assert offer.status() == "TAINTED"
    assert offer.record(offer.terminate(RetainPhysicalResources=True))["Status"] == "SUCCEEDED"
    assert offer.stack()["StackStatus"] == "CREATE_COMPLETE"


def test_a_launch_without_a_launch_constraint_takes_no_role(hub: Account) -> None:
    lead, portfolio = hub.person("lead"), hub.portfolio()
    product, artifact = hub.product()
    hub.offer(product, portfolio, lead.arn)
    offer = Offer(hub, hub, lead, portfolio, product, artifact)
    record = offer.record(offer.launch())
    assert record["Status"] == "SUCCEEDED"
    assert "LaunchRoleArn" not in record
    assert "RoleARN" not in offer.stack()


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"StringEquals": {"aws:SourceAccount": ["111111111111", "222222222221"]}}, True),
        ({"StringLike": {"aws:SourceAccount": "2222*"}}, True),
        ({"StringEquals": {"aws:SourceAccount": "111111111111"}}, False),
        ({"StringEquals": {"aws:SourceArn": "*"}}, False),
    ],
)
def test_conditions_of_a_trust_policy_are_held_against_the_launching_account(
    condition: dict[str, Any], expected: bool
) -> None:
    policy = {"Statement": {**TRUST["Statement"][0], "Condition": condition}}
    assert trusts_service(policy, "222222222221") is expected
