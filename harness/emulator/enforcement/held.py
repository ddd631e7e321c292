"""The policies that a caller holds in the emulated IAM and its organization. It decides nothing."""

from __future__ import annotations

from typing import Any

from moto.iam.models import iam_backends

from harness.emulator import organization
from harness.emulator.identity import PARTITION, Caller
from harness.iam import Kind, Policy, PrincipalPolicies, UnreadablePolicyError


def policies(who: Caller) -> PrincipalPolicies:
    """Everything that permits and limits the caller. Raises UnreadablePolicyError.

    A session outlives its role's deletion, with no permissions: as at AWS.
    """
    levels = tuple(
        tuple(Policy.read(each.content, Kind.SERVICE_CONTROL, each.name) for each in level)
        for level in organization.service_control_policies(who.account_id)
    )
    if who.administrator:
        return PrincipalPolicies(service_control=levels)
    backend = iam_backends[who.account_id][PARTITION]
    found = backend.roles if who.arn != who.principal_arn else backend.users
    entity: Any = next((each for each in list(found.values()) if each.arn == who.principal_arn), None)
    if entity is None:
        return PrincipalPolicies(service_control=levels)
    documents = [(name, document) for name, document in _inline(entity)]
    for group in list(backend.groups.values()) if found is backend.users else ():
        if any(each.arn == entity.arn for each in group.users):
            documents += _inline(group)
    return PrincipalPolicies(
        identity=tuple(Policy.read(document, Kind.IDENTITY, name) for name, document in documents),
        boundary=_boundary(backend, entity),
        session=tuple(Policy.read(each, Kind.SESSION, "session policy") for each in who.policies),
        service_control=levels,
    )


def _inline(entity: Any) -> list[tuple[str, Any]]:
    own = list(entity.policies.items())
    return [*own, *((each.arn, _document(each)) for each in list(entity.managed_policies.values()))]


def _boundary(backend: Any, entity: Any) -> Policy | None:
    arn = getattr(entity, "permissions_boundary_arn", None)
    if not arn:
        return None
    found = backend.managed_policies.get(arn)
    if found is None:
        raise UnreadablePolicyError(f"the permissions boundary {arn} of {entity.arn} does not exist")
    return Policy.read(_document(found), Kind.BOUNDARY, arn)


def _document(managed: Any) -> str:
    return str(next(each.document for each in managed.versions if each.is_default))
