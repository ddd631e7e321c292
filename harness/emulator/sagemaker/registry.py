"""The model registry's state, and who of other accounts may use it. The operations are in `registry_groups.py` and
`registry_packages.py`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.base_backend import BackendDict

from harness.emulator.awserror import RefusedError
from harness.emulator.enforcement import keys
from harness.emulator.policy import principal
from harness.emulator.sagemaker import errors, naming
from harness.emulator.sagemaker.call import Call
from harness.emulator.sagemaker.naming import Place
from harness.emulator.sagemaker.store import Backend
from harness.iam import UNLIMITED, Decision, Kind, Policy, Request, Values, denial, evaluate
from harness.iam.errors import UnreadablePolicyError

GROUP = "model-package-group"
PACKAGE = "model-package"
_SHOWS = "sagemaker:DescribeModelPackageGroup"


@dataclass
class Group:
    """A model package group. `last`: the highest version that it ever gave."""

    arn: str
    name: str
    description: str | None
    created: datetime
    created_by: dict[str, Any]
    policy: str | None = None
    last: int = 0


@dataclass(frozen=True)
class Package:
    """A model package. `group` and `version` are empty for one outside every group. `given`: as the request said."""

    arn: str
    name: str
    group: str
    version: int
    created: datetime
    created_by: Mapping[str, Any]
    given: Mapping[str, Any]
    modified: datetime | None = None
    modified_by: Mapping[str, Any] | None = None

    @property
    def approval(self) -> str | None:
        """Approved, Rejected or PendingManualApproval; None outside a group."""
        status: str | None = self.given.get("ModelApprovalStatus")
        return status


class Registry(Backend):
    """One account's registry in a region: groups by name, packages by what follows model-package/ in their ARN."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.groups: dict[str, Group] = {}
        self.packages: dict[str, Package] = {}


registries: BackendDict[Registry] = BackendDict(Registry, "sagemaker")


def registry_of(account_id: str, region: str) -> Registry:
    """The registry of that account and region."""
    found: Registry = registries[account_id][region]
    return found


def group_at(place: Place) -> Group | None:
    """The group at that place."""
    return registry_of(place.account_id, place.region).groups.get(place.name)


def package_at(place: Place) -> Package | None:
    """The model package at that place."""
    return registry_of(place.account_id, place.region).packages.get(place.name)


def place_of_group(call: Call, text: str) -> Place:
    """The group that a caller means by a name or an ARN."""
    return naming.place(text, GROUP, call.account_id, call.region)


def place_of_package(call: Call, text: str) -> Place:
    """The model package that a caller means by a name or an ARN."""
    return naming.place(text, PACKAGE, call.account_id, call.region)


def place_of(arn: str) -> Place:
    """Where a group or package of the registry is, by its own ARN."""
    found = naming.parsed(arn)
    assert found is not None  # every ARN of the registry was made by `naming`
    return found


def user_of(call: Call) -> dict[str, Any]:
    """The caller as UserContext shows it."""
    return {"IamIdentity": {"Arn": call.caller.arn}}


def must_allow(call: Call, action: str, owner: Place, group: str, *resources: str) -> None:
    """Refuses where the group's resource policy keeps the caller from the action on all of those ARNs.

    A caller of another account needs the policy to allow it; one of the own account only needs it not to deny. `group`:
    whose policy decides, empty for a package outside every group, which nobody else reaches. Raises
    AccessDeniedException.
    """
    found = registry_of(owner.account_id, owner.region).groups.get(group)
    policy = Policy.read(found.policy, Kind.RESOURCE, found.name) if found and found.policy else None
    decisions = [_decide(call, action, each, owner.account_id, policy) for each in resources]
    if any(decision.allowed for _, decision in decisions):
        return
    raise RefusedError("AccessDeniedException", denial(*decisions[0]))


def _decide(
    call: Call, action: str, resource: str, owner_account: str, policy: Policy | None
) -> tuple[Request, Decision]:
    who = call.caller
    context = {**keys.of_caller(who, call.region), **keys.of_resource(owner_account), **_asked(call)}
    request = Request(principal(who), action, resource, context, owner_account)
    # what the caller's own account allows is judged at the landscape's gate; here the registry's side is
    return request, evaluate(request, UNLIMITED, policy)


def _asked(call: Call) -> dict[str, Values]:
    """The condition keys that a request to the registry carries (Service Authorization Reference, SageMaker)."""
    stage, metadata = call.get("ModelLifeCycle", {}), call.get("CustomerMetadataProperties", {})
    tags = {each["Key"]: each["Value"] for each in call.get("Tags", ())}
    return {
        "sagemaker:ModelApprovalStatus": call.get("ModelApprovalStatus"),
        "sagemaker:ModelLifeCycle:Stage": stage.get("Stage"),
        "sagemaker:ModelLifeCycle:StageStatus": stage.get("StageStatus"),
        "sagemaker:CustomerMetadataPropertiesToRemove": call.get("CustomerMetadataPropertiesToRemove"),
        "aws:TagKeys": list(tags) or None,
        **{f"sagemaker:CustomerMetadataProperties/{key}": value for key, value in metadata.items()},
        **{f"aws:RequestTag/{key}": value for key, value in tags.items()},
    }


def checked_policy(text: str) -> str:
    """A resource policy that can be read. Raises ValidationException."""
    try:
        Policy.read(text, Kind.RESOURCE, "of the model package group")
    except UnreadablePolicyError as error:
        raise errors.validation(f"Invalid resource policy: {error}") from None
    return text


def is_discoverable(group: Group, account_id: str) -> bool:
    """Whether an account finds the group of another among those shared with it.

    That takes a permission for the account itself, with its actions by name: a role as principal, or a wildcard for
    the action, lets callers in and yet shows them nothing.
    """
    document = json.loads(group.policy) if group.policy else {}
    statements = document.get("Statement", [])
    for statement in statements if isinstance(statements, list) else [statements]:
        principal = statement.get("Principal")
        named = principal.get("AWS") if isinstance(principal, Mapping) else None
        accounts = {each.split(":")[4] if each.endswith(":root") else each for each in _many(named)}
        actions = set(_many(statement.get("Action")))
        if statement["Effect"] == "Allow" and account_id in accounts and _SHOWS in actions:
            return True
    return False


def _many(value: Any) -> list[str]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
