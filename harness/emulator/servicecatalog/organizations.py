"""Who may share with the organization: trusted access and delegated administrators, as AWS Organizations has them."""

from __future__ import annotations

from typing import Any

from moto.organizations.models import organizations_backends

from harness.emulator import organization
from harness.emulator.servicecatalog.call import Answer, Call, Operation
from harness.emulator.servicecatalog.errors import InvalidState, OperationNotSupported, ResourceNotFound

PRINCIPAL = "servicecatalog.amazonaws.com"


def enable_access(call: Call) -> Answer:
    """EnableAWSOrganizationsAccess: by the management account only."""
    _managed(call).enable_aws_service_access(ServicePrincipal=PRINCIPAL)
    return {}


def disable_access(call: Call) -> Answer:
    """DisableAWSOrganizationsAccess: by the management account only."""
    _managed(call).disable_aws_service_access(ServicePrincipal=PRINCIPAL)
    return {}


def access_status(call: Call) -> Answer:
    """GetAWSOrganizationsAccessStatus: by the management account or a delegated administrator."""
    found = _organization(call.account_id)
    if not organization.administers(call.account_id, PRINCIPAL):
        raise OperationNotSupported(_NOT_ADMINISTRATOR.format(account=call.account_id))
    return {"AccessStatus": "ENABLED" if _enabled(found) else "DISABLED"}


def demand_sharing(call: Call) -> None:
    """Raise unless the account may share with nodes of its organization."""
    found = _organization(call.account_id)
    if not organization.administers(call.account_id, PRINCIPAL):
        raise OperationNotSupported(_NOT_ADMINISTRATOR.format(account=call.account_id))
    if not _enabled(found):
        raise InvalidState(
            "AWS Organizations access for Service Catalog is not enabled. Call EnableAWSOrganizationsAccess."
        )


def inactive_accounts(account_id: str) -> set[str]:
    """The accounts of the organization that are not active, which no share reaches."""
    return {str(each.id) for each in _organization(account_id).accounts if each.status != "ACTIVE"}


_NOT_ADMINISTRATOR = (
    "Account {account} is neither the management account of the organization nor a delegated administrator "
    "for " + PRINCIPAL + "."
)


def _organization(account_id: str) -> Any:
    management, partition = organizations_backends.master_accounts.get(account_id, (None, None))
    backend = organizations_backends[management][partition] if management else None
    if backend is None or backend.org is None:
        raise ResourceNotFound(f"Account {account_id} is not in an organization.")
    return backend


def _managed(call: Call) -> Any:
    found = _organization(call.account_id)
    if found.account_id != call.account_id:
        raise OperationNotSupported("Only the management account of the organization can call this operation.")
    return found


def _enabled(found: Any) -> bool:
    return any(each["ServicePrincipal"] == PRINCIPAL for each in found.services)


OPERATIONS: dict[str, Operation] = {
    "EnableAWSOrganizationsAccess": enable_access,
    "DisableAWSOrganizationsAccess": disable_access,
    "GetAWSOrganizationsAccessStatus": access_status,
}
