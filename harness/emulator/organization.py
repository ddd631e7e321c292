"""The AWS organization of the landscape, in moto's Organizations backend under the ids that catalog.yaml gives."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from moto.iam.models import iam_backends
from moto.organizations.models import (
    FakeDelegatedAdministrator,
    FakeOrganizationalUnit,
    OrganizationsBackend,
    organizations_backends,
)

PARTITION = "aws"
STACK_SETS = "member.org.stacksets.cloudformation.amazonaws.com"


def seed(
    organization: str, management_account: str, units: Mapping[str, str], accounts: Mapping[str, tuple[str, str]]
) -> None:
    """Makes the organization.

    `units`: organizational unit id → its name; `accounts`: account id → (name, id of its unit, or "" for the root).
    A second call on the same management account is an error of the caller.
    """
    backend = organizations_backends[management_account][PARTITION]
    known = set(iam_backends)
    backend.create_organization(region="us-east-1", FeatureSet="ALL")
    for drawn in set(iam_backends) - known:
        _forget_drawn_account(drawn)
    org: Any = backend.org
    org.id = organization
    for entity in (*backend.accounts, *backend.ou, *backend.policies):  # their ARNs carry it
        entity.organization_id = organization
    for unit_id, name in units.items():
        made = _unit(backend, name)
        made.id = unit_id
    # A unit's id carries the root's: ou-<root>-<unit>. Last: moto makes units under roots of four characters only.
    roots = sorted({unit.split("-")[1] for unit in units})
    if roots:
        _rename_root(backend, f"r-{roots[0]}")
    for account_id, (name, unit_id) in accounts.items():
        if account_id != management_account:
            _account(backend, account_id, name, unit_id or org.root_id)
    organizations_backends.master_accounts[management_account] = (management_account, PARTITION)


def organization_of(account_id: str) -> str:
    """The id of the organization that an account belongs to, or an empty string."""
    backend = _backend_of(account_id)
    return str(backend.org.id) if backend is not None and backend.org is not None else ""


def service_control_policies(account_id: str) -> tuple[tuple[Any, ...], ...]:
    """The service control policies (name, content) of each level above an account, its own last.

    A level to which nobody attached any lets everything pass, as does the management account's whole organization.
    """
    backend = _backend_of(account_id)
    if backend is None or backend.org is None or backend.account_id == account_id:
        return ()
    parents = {each.id: each for each in (*backend.ou, *backend.accounts)}
    levels, current = [], parents.get(account_id)
    while current is not None:
        held = [each for each in current.attached_policies if each.type == "SERVICE_CONTROL_POLICY"]
        levels.append(tuple(held))
        current = parents.get(current.parent_id)
    return tuple(level for level in reversed(levels) if level)


def management_account_of(account_id: str) -> str:
    """The account that manages the organization of an account, or an empty string."""
    backend = _backend_of(account_id)
    return backend.account_id if backend is not None and backend.org is not None else ""


def administers(account_id: str, service: str) -> bool:
    """Whether an account may act for its organization in that service: it manages it, or is a delegated administrator.

    `service`: a service principal such as servicecatalog.amazonaws.com.
    """
    backend = _backend_of(account_id)
    if backend is None or backend.org is None:
        return False
    delegated = any(each.account.id == account_id and service in each.services for each in backend.admins)
    return backend.account_id == account_id or delegated


def trust(management_account: str, service: str) -> None:
    """Gives a service (its principal) trusted access to the organization."""
    organizations_backends[management_account][PARTITION].enable_aws_service_access(ServicePrincipal=service)


def members(target: str) -> tuple[str, ...]:
    """The accounts under an organizational unit (id or ARN; nested ones included), a root, or an organization.

    Raises KeyError when there is no such target.
    """
    wanted = target.rsplit("/", 1)[-1]
    for backend in _organizations():
        assert backend.org is not None
        if wanted in (backend.org.id, backend.org.root_id):
            return tuple(account.id for account in backend.accounts)
        if any(unit.id == wanted for unit in backend.ou):
            units = _under(backend, wanted)
            return tuple(account.id for account in backend.accounts if account.parent_id in units)
    raise KeyError(target)


def _organizations() -> list[OrganizationsBackend]:
    found = [backends[PARTITION] for backends in list(organizations_backends.values()) if PARTITION in backends.keys()]  # noqa: SIM118 - `in` would ask for every known region
    return [backend for backend in found if backend.org is not None]


def _backend_of(account_id: str) -> OrganizationsBackend | None:
    management, _ = organizations_backends.master_accounts.get(account_id, ("", ""))
    return organizations_backends[management][PARTITION] if management else None


def _under(backend: OrganizationsBackend, unit_id: str) -> set[str]:
    found = {unit_id}
    while more := {unit.id for unit in backend.ou if unit.parent_id in found} - found:
        found |= more
    return found


def _rename_root(backend: OrganizationsBackend, root_id: str) -> None:
    org: Any = backend.org
    old = org.root_id
    org.root_id = root_id
    for unit in backend.ou:
        if unit.id == old:
            unit.id = root_id
        elif unit.parent_id == old:
            unit.parent_id = root_id
    for account in backend.accounts:
        if account.parent_id == old:
            account.parent_id = root_id


def _unit(backend: OrganizationsBackend, name: str) -> FakeOrganizationalUnit:
    org: Any = backend.org
    backend.create_organizational_unit(Name=name, ParentId=org.root_id)
    return backend.ou[-1]


def _account(backend: OrganizationsBackend, account_id: str, name: str, parent_id: str) -> None:
    # Like the management account's record: a new one would draw a number, and make a role there.
    account = copy.copy(backend.accounts[0])
    account.id, account.name, account.parent_id = account_id, name, parent_id
    account.email = f"{name}@example.com"
    account.attached_policies, account.tags = [], {}
    backend.accounts.append(account)
    organizations_backends.master_accounts[account_id] = (backend.account_id, PARTITION)


def _forget_drawn_account(account_id: str) -> None:
    # moto draws a number for the management account too, and makes a role there.
    iam_backends.pop(account_id, None)


def install() -> None:
    """moto delegates no stack sets; let it."""
    services = FakeDelegatedAdministrator.SUPPORTED_SERVICES
    if STACK_SETS not in services:
        services.append(STACK_SETS)
