"""Launches products in the stack engine, on a contract of our own making, for the tests of products. Judges nothing."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any

from harness.catalog.load import LoadedExample, Repository, load_repository
from harness.catalog.model import parameter_text
from harness.catalog.render import render_launch_policy, render_product
from harness.cfn.model import Event, Outcome, Provider, StackRequest, StackState, Surroundings
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import create_stack
from tests.support.repository import PROJECT
from tests.support.templates import as_data

ROOT = PROJECT
ACCOUNT = "222222222221"
REGION = "eu-west-1"
HUB = "111111111111"
STACK = f"SC-{ACCOUNT}-pp-abcdefghijklm"  # as Service Catalog names the stacks of provisioned products
VPC = "vpc-0123456789abcdef0"
SUBNETS = ("subnet-0123456789abcdef0", "subnet-0123456789abcdef1", "subnet-0123456789abcdef2")
DATA_KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
DEVELOPER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/platform/developer/studio"
APPROVER_ROLE = f"arn:aws:iam::{ACCOUNT}:role/platform/approver/studio"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/platform-boundary"

# One value for each name of templates/foundation/contract.yaml; a test compares the two.
CONTRACT = {
    "/platform/account/environment": "dev",
    "/platform/account/team": "credit-risk",
    "/platform/team/dev-account-id": ACCOUNT,
    "/platform/team/preprod-account-id": "222222222222",
    "/platform/team/prod-account-id": "222222222223",
    "/platform/organization/id": "o-mlplatform1",
    "/platform/hub/account-id": HUB,
    "/platform/registry/account-id": HUB,
    "/platform/network/vpc-id": VPC,
    "/platform/network/private-subnet-ids": ",".join(SUBNETS),
    "/platform/network/endpoint-security-group-id": "sg-0123456789abcdef0",
    "/platform/network/s3-prefix-list-id": "pl-6da54004",
    "/platform/network/dynamodb-prefix-list-id": "pl-6fa54006",
    "/platform/keys/data-key-arn": DATA_KEY,
    "/platform/keys/logs-key-arn": DATA_KEY,
    "/platform/iam/boundary-arn": BOUNDARY,
    "/platform/logs/access-logs-bucket": "platform-logs",
    "/platform/artifacts/bucket": f"platform-artifacts-{HUB}-{REGION}",
    "/platform/studio/domain-id": "d-abcdefghijkl",
    "/platform/studio/developer-role-arn": DEVELOPER_ROLE,
    "/platform/studio/approver-role-arn": APPROVER_ROLE,
}


@functools.cache
def repository() -> Repository:
    """This repository."""
    return load_repository(ROOT)


@functools.cache
def text(name: str) -> str:
    """The rendered template."""
    return render_product(repository(), name).text


@functools.cache
def template(name: str) -> dict[str, Any]:
    """The rendered template as data, intrinsics in their long form."""
    return dict(as_data(text(name)))


@functools.cache
def launch_policy(name: str) -> list[dict[str, Any]]:
    """The statements of the product's launch role, intrinsics in their long form."""
    return list(as_data(render_launch_policy(repository(), name).text))


def resources(name: str, kind: str) -> dict[str, dict[str, Any]]:
    """Logical id → resource, of one type."""
    return {key: each for key, each in template(name)["Resources"].items() if each["Type"] == kind}


def examples() -> list[tuple[str, LoadedExample]]:
    """Every product's name with each of its examples."""
    return [(product.name, example) for product in repository().products for example in product.examples]


def try_launch(
    name: str, parameters: Mapping[str, Any], environment: str = "", provider: Provider | None = None
) -> Outcome:
    """Launches and tells what became of it. Raises StackError for what CloudFormation refuses at the call.

    `environment`: of the account; where the product's examples are tried if it is left out.
    """
    environment = environment or repository().product(name).trial_environment
    request = StackRequest(
        name=STACK,
        template=text(name),
        parameters={key: parameter_text(value) for key, value in parameters.items()},
        capabilities=("CAPABILITY_NAMED_IAM",),
    )
    contract = {**CONTRACT, "/platform/account/environment": environment}
    around = Surroundings(account_id=ACCOUNT, region=REGION, ssm=contract)
    return create_stack(request, around, provider or SchemaProvider())


def launch(name: str, parameters: Mapping[str, Any] | None = None, environment: str = "") -> StackState:
    """A launch that must succeed."""
    outcome = try_launch(name, parameters or {}, environment)
    assert outcome.state.status == "CREATE_COMPLETE", failures(outcome.events)
    return outcome.state


def failures(events: tuple[Event, ...]) -> list[str]:
    """What failed, and why."""
    return [f"{event.logical_id}: {event.reason}" for event in events if "FAILED" in event.status]


def properties(state: StackState, logical_id: str) -> Mapping[str, Any]:
    """The resolved properties of a resource of the stack."""
    resource = state.resource(logical_id)
    assert resource is not None, f"no {logical_id}"
    return resource.properties


def permissions(state: StackState, role: str) -> list[dict[str, Any]]:
    """Every statement that the role `role` (logical id) of the stack has, inline and managed."""
    resource = state.resource(role)
    assert resource is not None, f"no {role}"
    name = resource.ref or resource.physical_id
    found: list[dict[str, Any]] = []
    for each in state.resources:
        given = each.properties
        if each.logical_id == role:
            found += [line for policy in given.get("Policies", ()) for line in policy["PolicyDocument"]["Statement"]]
        elif (each.type == "AWS::IAM::RolePolicy" and given["RoleName"] == name) or (
            each.type == "AWS::IAM::ManagedPolicy" and name in given.get("Roles", ())
        ):
            found += given["PolicyDocument"]["Statement"]
    return found
