"""Stack sets, by account and by organizational unit."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.emulator import organization
from tests.unit.emulator.cloudformation.test_stacks import body, parameter
from tests.unit.emulator.conftest import REGION, Tenant

BOTH = [REGION, "eu-central-1"]


def organized(new_tenant: Callable[[], Tenant], spokes: int = 2) -> tuple[Tenant, list[Tenant], str]:
    management, members = new_tenant(), [new_tenant() for _ in range(spokes)]
    unit = f"ou-t{management.id}-workload"
    accounts = {each.id: (f"spoke-{each.id}", unit) for each in members}
    organization.seed(f"o-test{management.id}", management.id, {unit: "workload"}, accounts)
    return management, members, unit


def results(cloudformation: Any, operation: str) -> dict[tuple[str, str], str]:
    told = cloudformation.list_stack_set_operation_results(StackSetName="platform", OperationId=operation)
    return {(each["Account"], each["Region"]): each["Status"] for each in told["Summaries"]}


def deployed(management: Tenant, unit: str, template: str) -> tuple[Any, str]:
    cloudformation = management.client("cloudformation")
    cloudformation.create_stack_set(
        StackSetName="platform",
        TemplateBody=template,
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
    )
    operation = cloudformation.create_stack_instances(
        StackSetName="platform", DeploymentTargets={"OrganizationalUnitIds": [unit]}, Regions=BOTH
    )["OperationId"]
    return cloudformation, operation


def test_a_unit_gets_a_stack_in_every_account_and_region(new_tenant: Callable[[], Tenant]) -> None:
    management, members, unit = organized(new_tenant)
    cloudformation, operation = deployed(management, unit, body(P=parameter("/one")))
    assert results(cloudformation, operation) == {(each.id, region): "SUCCEEDED" for each in members for region in BOTH}
    for each in members:
        for region in BOTH:
            assert each.client("ssm", region).get_parameter(Name="/one")
    described = cloudformation.describe_stack_set(StackSetName="platform")["StackSet"]
    assert described["OrganizationalUnitIds"] == [unit]
    assert described["AutoDeployment"] == {"Enabled": True, "RetainStacksOnAccountRemoval": False}
    instances = cloudformation.list_stack_instances(StackSetName="platform")["Summaries"]
    assert {each["Status"] for each in instances} == {"CURRENT"}
    assert all(each["StackId"].split(":")[4] == each["Account"] for each in instances)


def test_an_update_reaches_every_instance(new_tenant: Callable[[], Tenant]) -> None:
    management, members, unit = organized(new_tenant, spokes=1)
    cloudformation, _ = deployed(management, unit, body(P=parameter("/one", "a")))
    operation = cloudformation.update_stack_set(StackSetName="platform", TemplateBody=body(P=parameter("/one", "b")))
    told = cloudformation.describe_stack_set_operation(StackSetName="platform", OperationId=operation["OperationId"])[
        "StackSetOperation"
    ]
    assert (told["Action"], told["Status"]) == ("UPDATE", "SUCCEEDED")
    for region in BOTH:
        assert members[0].client("ssm", region).get_parameter(Name="/one")["Parameter"]["Value"] == "b"


def test_a_failed_instance_fails_the_operation_and_says_why(new_tenant: Callable[[], Tenant]) -> None:
    management, members, unit = organized(new_tenant)
    members[1].client("ssm").put_parameter(Name="/one", Value="x", Type="String")
    cloudformation, operation = deployed(management, unit, body(P=parameter("/one")))
    told = results(cloudformation, operation)
    assert told[members[1].id, REGION] == "FAILED"
    assert told[members[0].id, REGION] == "SUCCEEDED"
    instance = cloudformation.describe_stack_instance(
        StackSetName="platform", StackInstanceAccount=members[1].id, StackInstanceRegion=REGION
    )["StackInstance"]
    assert instance["Status"] == "OUTDATED"
    assert "already exists" in instance["StatusReason"]


def test_a_stack_set_is_deleted_only_when_it_is_empty(new_tenant: Callable[[], Tenant]) -> None:
    management, members, unit = organized(new_tenant, spokes=1)
    cloudformation, _ = deployed(management, unit, body(P=parameter("/one")))
    with pytest.raises(ClientError, match="StackSetNotEmptyException"):
        cloudformation.delete_stack_set(StackSetName="platform")
    cloudformation.delete_stack_instances(
        StackSetName="platform",
        DeploymentTargets={"OrganizationalUnitIds": [unit]},
        Regions=BOTH,
        RetainStacks=False,
    )
    assert members[0].client("cloudformation").describe_stacks()["Stacks"] == []
    cloudformation.delete_stack_set(StackSetName="platform")
    with pytest.raises(ClientError, match="StackSetNotFoundException"):
        cloudformation.describe_stack_set(StackSetName="platform")


def test_only_the_management_account_manages_units(new_tenant: Callable[[], Tenant]) -> None:
    _, members, _ = organized(new_tenant, spokes=1)
    with pytest.raises(ClientError, match="management account"):
        members[0].client("cloudformation").create_stack_set(
            StackSetName="platform", TemplateBody=body(P=parameter("/p")), PermissionModel="SERVICE_MANAGED"
        )


def test_a_self_managed_set_needs_its_execution_role_in_each_account(new_tenant: Callable[[], Tenant]) -> None:
    administrator, ready, bare = new_tenant(), new_tenant(), new_tenant()
    ready.role("AWSCloudFormationStackSetExecutionRole")
    cloudformation = administrator.client("cloudformation")
    cloudformation.create_stack_set(
        StackSetName="platform",
        TemplateBody=body(None, {"Value": {"Type": "String"}}, P=parameter("/one", {"Ref": "Value"})),
        Parameters=[{"ParameterKey": "Value", "ParameterValue": "common"}],
    )
    operation = cloudformation.create_stack_instances(
        StackSetName="platform",
        Accounts=[ready.id, bare.id],
        Regions=[REGION],
        ParameterOverrides=[{"ParameterKey": "Value", "ParameterValue": "own"}],
    )["OperationId"]
    assert results(cloudformation, operation) == {(ready.id, REGION): "SUCCEEDED", (bare.id, REGION): "FAILED"}
    assert ready.client("ssm").get_parameter(Name="/one")["Parameter"]["Value"] == "own"
