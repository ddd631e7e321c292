"""The organization of the landscape, under the ids that it was given."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.emulator import organization
from tests.unit.emulator.conftest import Tenant


def seeded(new_tenant: Callable[[], Tenant]) -> tuple[Tenant, Tenant, Tenant, str, str]:
    management, hub, spoke = new_tenant(), new_tenant(), new_tenant()
    name, unit = f"o-test{management.id}", f"ou-t{management.id}-workload"
    organization.seed(name, management.id, {unit: "workload"}, {hub.id: ("hub", ""), spoke.id: ("team-dev", unit)})
    return management, hub, spoke, name, unit


def test_every_account_knows_its_organization(new_tenant: Callable[[], Tenant]) -> None:
    management, hub, spoke, name, _ = seeded(new_tenant)
    for each in (management, hub, spoke):
        described = each.client("organizations").describe_organization()["Organization"]
        assert (described["Id"], described["MasterAccountId"]) == (name, management.id)
        assert organization.organization_of(each.id) == name
        assert organization.management_account_of(each.id) == management.id


def test_an_account_outside_belongs_to_none(tenant: Tenant) -> None:
    assert organization.organization_of(tenant.id) == ""
    assert organization.management_account_of(tenant.id) == ""


def test_accounts_are_listed_by_unit_and_root(new_tenant: Callable[[], Tenant]) -> None:
    management, hub, spoke, _, unit = seeded(new_tenant)
    client = management.client("organizations")
    root = client.list_roots()["Roots"][0]["Id"]
    assert root == f"r-t{management.id}"
    assert [
        each["Id"] for each in client.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
    ] == [unit]
    assert [each["Id"] for each in client.list_accounts_for_parent(ParentId=unit)["Accounts"]] == [spoke.id]
    at_root = {each["Id"] for each in client.list_accounts_for_parent(ParentId=root)["Accounts"]}
    assert at_root == {management.id, hub.id}


def test_members_follow_units_roots_and_the_whole(new_tenant: Callable[[], Tenant]) -> None:
    management, hub, spoke, name, unit = seeded(new_tenant)
    assert organization.members(unit) == (spoke.id,)
    assert organization.members(f"arn:aws:organizations::{management.id}:ou/{name}/{unit}") == (spoke.id,)
    assert set(organization.members(name)) == {management.id, hub.id, spoke.id}
    with pytest.raises(KeyError):
        organization.members("ou-none-00000000")


def test_seeding_leaves_the_accounts_empty(new_tenant: Callable[[], Tenant]) -> None:
    for each in seeded(new_tenant)[:3]:
        assert each.client("iam").list_roles()["Roles"] == []


def test_every_arn_of_an_organization_carries_its_id(new_tenant: Callable[[], Tenant]) -> None:
    management, _, _, name, unit = seeded(new_tenant)
    organizations = management.client("organizations")
    root = organizations.list_roots()["Roots"][0]
    assert root["Arn"] == f"arn:aws:organizations::{management.id}:root/{name}/{root['Id']}"
    described = organizations.describe_organizational_unit(OrganizationalUnitId=unit)["OrganizationalUnit"]
    assert described["Arn"] == f"arn:aws:organizations::{management.id}:ou/{name}/{unit}"
    for account in organizations.list_accounts()["Accounts"]:
        assert account["Arn"] == f"arn:aws:organizations::{management.id}:account/{name}/{account['Id']}"
