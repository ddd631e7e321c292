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
    management.client("cloudformation").activate_organizations_access()
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
        ManagedExecution={"Active": True},
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
    assert described["ManagedExecution"] == {"Active": True}
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


def moved(management: Tenant, account: str, source: str, destination: str) -> None:
    management.client("organizations").move_account(
        AccountId=account, SourceParentId=source, DestinationParentId=destination
    )


def test_an_account_that_joins_a_unit_gets_its_stacks_and_loses_them_when_it_leaves(
    new_tenant: Callable[[], Tenant],
) -> None:
    management, _, unit = organized(new_tenant, spokes=0)
    template = body(None, {"Value": {"Type": "String", "Default": "common"}}, P=parameter("/one", {"Ref": "Value"}))
    cloudformation = management.client("cloudformation")
    cloudformation.create_stack_set(
        StackSetName="platform",
        TemplateBody=template,
        PermissionModel="SERVICE_MANAGED",
        AutoDeployment={"Enabled": True, "RetainStacksOnAccountRemoval": False},
    )
    # The unit is still empty: what it is to get is remembered.
    cloudformation.create_stack_instances(
        StackSetName="platform",
        DeploymentTargets={"OrganizationalUnitIds": [unit]},
        Regions=BOTH,
        ParameterOverrides=[{"ParameterKey": "Value", "ParameterValue": "own"}],
    )
    organizations = management.client("organizations")
    root = organizations.list_roots()["Roots"][0]["Id"]
    made = organizations.create_account(Email="a@example.com", AccountName="new")["CreateAccountStatus"]["AccountId"]
    joined = Tenant(made, management.url)
    assert joined.client("cloudformation").describe_stacks()["Stacks"] == []
    moved(management, made, root, unit)
    for region in BOTH:
        assert joined.client("ssm", region).get_parameter(Name="/one")["Parameter"]["Value"] == "own"
    moved(management, made, unit, root)
    assert cloudformation.list_stack_instances(StackSetName="platform")["Summaries"] == []
    for region in BOTH:
        assert joined.client("cloudformation", region).describe_stacks()["Stacks"] == []


def test_without_automatic_deployment_a_new_account_gets_nothing(new_tenant: Callable[[], Tenant]) -> None:
    management, members, unit = organized(new_tenant, spokes=1)
    root = management.client("organizations").list_roots()["Roots"][0]["Id"]
    moved(management, members[0].id, unit, root)
    cloudformation, _ = deployed(management, unit, body(P=parameter("/one")))
    cloudformation.update_stack_set(
        StackSetName="platform", UsePreviousTemplate=True, AutoDeployment={"Enabled": False}
    )
    moved(management, members[0].id, root, unit)
    assert members[0].client("cloudformation").describe_stacks()["Stacks"] == []


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"TemplateBody": "{no"}, "not well-formed"),
        (
            {"UsePreviousTemplate": True, "Parameters": [{"ParameterKey": "Nope", "ParameterValue": "x"}]},
            r"Parameters: \[Nope\] do not exist in the template",
        ),
    ],
)
def test_a_refused_update_leaves_a_stack_set_as_it_was(
    new_tenant: Callable[[], Tenant], change: dict[str, Any], refusal: str
) -> None:
    management, _, unit = organized(new_tenant, spokes=1)
    cloudformation, _ = deployed(management, unit, body(P=parameter("/one")))
    with pytest.raises(ClientError, match=refusal):
        cloudformation.update_stack_set(StackSetName="platform", **change)
    described = cloudformation.describe_stack_set(StackSetName="platform")["StackSet"]
    assert (described["TemplateBody"], described.get("Parameters", [])) == (body(P=parameter("/one")), [])
    instances = cloudformation.list_stack_instances(StackSetName="platform")["Summaries"]
    assert {each["Status"] for each in instances} == {"CURRENT"}


def test_instances_that_an_update_leaves_out_are_outdated(new_tenant: Callable[[], Tenant]) -> None:
    management, _, unit = organized(new_tenant, spokes=1)
    cloudformation, _ = deployed(management, unit, body(P=parameter("/one", "a")))
    cloudformation.update_stack_set(
        StackSetName="platform",
        TemplateBody=body(P=parameter("/one", "b")),
        DeploymentTargets={"OrganizationalUnitIds": [unit]},
        Regions=[REGION],
    )
    instances = cloudformation.list_stack_instances(StackSetName="platform")["Summaries"]
    assert {each["Region"]: each["Status"] for each in instances} == {REGION: "CURRENT", "eu-central-1": "OUTDATED"}


@pytest.mark.parametrize(("tolerance", "rest"), [(0, "CANCELLED"), (1, "SUCCEEDED")])
def test_more_failures_than_are_tolerated_cancel_the_rest(
    new_tenant: Callable[[], Tenant], tolerance: int, rest: str
) -> None:
    management, members, unit = organized(new_tenant)
    members[0].client("ssm").put_parameter(Name="/one", Value="x", Type="String")
    cloudformation = management.client("cloudformation")
    cloudformation.create_stack_set(
        StackSetName="platform", TemplateBody=body(P=parameter("/one")), PermissionModel="SERVICE_MANAGED"
    )
    operation = cloudformation.create_stack_instances(
        StackSetName="platform",
        DeploymentTargets={"OrganizationalUnitIds": [unit]},
        Regions=["eu-central-1", REGION],
        OperationPreferences={"RegionOrder": [REGION, "eu-central-1"], "FailureToleranceCount": tolerance},
    )["OperationId"]
    told = results(cloudformation, operation)
    assert told.pop((members[0].id, REGION)) == "FAILED"
    assert set(told.values()) == {rest}
    status = cloudformation.describe_stack_set_operation(StackSetName="platform", OperationId=operation)
    assert status["StackSetOperation"]["Status"] == ("SUCCEEDED" if tolerance else "FAILED")


def test_a_delegated_administrator_manages_the_organizations_stack_sets(new_tenant: Callable[[], Tenant]) -> None:
    management, members, _ = organized(new_tenant, spokes=1)
    cloudformation = members[0].client("cloudformation")
    wanted = {"StackSetName": "platform", "TemplateBody": body(P=parameter("/p")), "PermissionModel": "SERVICE_MANAGED"}
    with pytest.raises(ClientError, match="delegated admin"):
        cloudformation.create_stack_set(**wanted, CallAs="DELEGATED_ADMIN")
    organizations = management.client("organizations")
    organizations.register_delegated_administrator(
        AccountId=members[0].id, ServicePrincipal="member.org.stacksets.cloudformation.amazonaws.com"
    )
    cloudformation.create_stack_set(**wanted, CallAs="DELEGATED_ADMIN")
    assert management.client("cloudformation").describe_stack_set(StackSetName="platform")["StackSet"]
    assert cloudformation.list_stack_sets()["Summaries"] == []


def test_instances_can_be_given_values_of_their_own_later(new_tenant: Callable[[], Tenant]) -> None:
    management, members, unit = organized(new_tenant, spokes=1)
    template = body(None, {"Value": {"Type": "String", "Default": "common"}}, P=parameter("/one", {"Ref": "Value"}))
    cloudformation, _ = deployed(management, unit, template)
    cloudformation.update_stack_instances(
        StackSetName="platform",
        DeploymentTargets={"OrganizationalUnitIds": [unit]},
        Regions=[REGION],
        ParameterOverrides=[{"ParameterKey": "Value", "ParameterValue": "own"}],
    )
    values = {
        region: members[0].client("ssm", region).get_parameter(Name="/one")["Parameter"]["Value"] for region in BOTH
    }
    assert values == {REGION: "own", "eu-central-1": "common"}
    actions = [
        each["Action"] for each in cloudformation.list_stack_set_operations(StackSetName="platform")["Summaries"]
    ]
    assert actions == ["UPDATE", "CREATE"]


def test_an_update_drops_the_overrides_that_it_neither_gives_nor_keeps(new_tenant: Callable[[], Tenant]) -> None:
    management, members, unit = organized(new_tenant, spokes=1)
    declared = {name: {"Type": "String", "Default": "common"} for name in ("One", "Two")}
    template = body(None, declared, P=parameter("/one", {"Fn::Sub": "${One} ${Two}"}))
    cloudformation, _ = deployed(management, unit, template)

    def update(*overrides: dict[str, Any]) -> str:
        cloudformation.update_stack_instances(
            StackSetName="platform",
            DeploymentTargets={"OrganizationalUnitIds": [unit]},
            Regions=[REGION],
            ParameterOverrides=list(overrides),
        )
        return str(members[0].client("ssm").get_parameter(Name="/one")["Parameter"]["Value"])

    two = {"ParameterKey": "Two", "ParameterValue": "own"}
    assert update({"ParameterKey": "One", "ParameterValue": "own"}) == "own common"
    assert update({"ParameterKey": "One", "UsePreviousValue": True}, two) == "own own"
    assert update(two) == "common own"
    assert update({"ParameterKey": "One", "UsePreviousValue": True}, two) == "common own"


def test_stack_sets_reach_no_organization_before_its_management_account_lets_them(
    new_tenant: Callable[[], Tenant],
) -> None:
    management, members, _ = organized(new_tenant, spokes=1)
    cloudformation = management.client("cloudformation")
    wanted = {"StackSetName": "platform", "TemplateBody": body(P=parameter("/p")), "PermissionModel": "SERVICE_MANAGED"}
    assert cloudformation.describe_organizations_access()["Status"] == "ENABLED"
    cloudformation.deactivate_organizations_access()
    assert management.client("cloudformation", "us-west-2").describe_organizations_access()["Status"] == "DISABLED"
    with pytest.raises(ClientError, match="You must enable organizations access to operate a service managed"):
        cloudformation.create_stack_set(**wanted)
    with pytest.raises(ClientError, match="InvalidOperationException"):
        members[0].client("cloudformation").activate_organizations_access()
    cloudformation.activate_organizations_access()
    assert cloudformation.create_stack_set(**wanted)["StackSetId"]
    services = management.client("organizations").list_aws_service_access_for_organization()
    principals = [each["ServicePrincipal"] for each in services["EnabledServicePrincipals"]]
    assert principals == ["member.org.stacksets.cloudformation.amazonaws.com"]
