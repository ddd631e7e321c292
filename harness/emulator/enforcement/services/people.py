"""IAM, and what of STS and EC2 concerns everybody. `sts.py` decides whether a role may be assumed, beside its trust."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from moto.ec2.utils import EC2_RESOURCE_TO_PREFIX
from moto.iam.models import iam_backends

from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.services import own
from harness.emulator.enforcement.table import Context, Need, Table
from harness.emulator.identity import PARTITION


def _arn(asked: Asked, kind: str, name: str) -> str:
    path = asked.text("Path") or "/"
    return f"arn:{PARTITION}:iam::{asked.caller.account_id}:{kind}{path}{name}"


def _role_of(asked: Asked) -> Any:
    roles = list(iam_backends[asked.caller.account_id][PARTITION].roles.values())
    return next((each for each in roles if each.name == asked.text("RoleName")), None)


def _role(asked: Asked) -> list[str]:
    found = _role_of(asked)
    return [str(found.arn) if found is not None else _arn(asked, "role", asked.text("RoleName"))]


def _policy(asked: Asked) -> list[str]:
    return [asked.text("PolicyArn") or _arn(asked, "policy", asked.text("PolicyName"))]


def _profile(asked: Asked) -> list[str]:
    name = asked.text("InstanceProfileName")
    known = list(iam_backends[asked.caller.account_id][PARTITION].instance_profiles.values())
    found = next((each for each in known if each.name == name), None)
    return [str(found.arn) if found is not None else _arn(asked, "instance-profile", name)]


def _user(asked: Asked) -> list[str]:
    return [_arn(asked, "user", asked.text("UserName") or "*")]


def _iam_keys(asked: Asked) -> Context:
    role = _role_of(asked)
    # The boundary that the call gives; where it gives none, the one that the role has.
    boundary = asked.get("PermissionsBoundary") or (role.permissions_boundary_arn if role is not None else None)
    return {
        "iam:PermissionsBoundary": boundary or None,
        "iam:PolicyARN": asked.get("PolicyArn"),
        "iam:AWSServiceName": asked.get("AWSServiceName"),
        "iam:PassedToService": None,
        "iam:AssociatedResourceArn": None,
    }


def _passed_to_profile(asked: Asked) -> Iterator[Need]:
    if asked.operation == "AddRoleToInstanceProfile":
        yield Need("iam:PassRole", _role(asked)[0], "", {"iam:PassedToService": "ec2.amazonaws.com"})


def _iam_tags(arn: str) -> dict[str, str] | None:
    account_id, resource = arn.split(":")[4:6]
    backend = iam_backends[account_id][PARTITION]
    if not resource.startswith("role/"):
        return None
    found = next((each for each in list(backend.roles.values()) if each.arn == arn), None)
    return {key: tag["Value"] for key, tag in (found.tags or {}).items()} if found is not None else {}


IAM = Table(
    prefix="iam",
    kinds={"role": _role, "policy": _policy, "instance-profile": _profile, "user": _user},
    keys=_iam_keys,
    tags=_iam_tags,
    more=_passed_to_profile,
    whole_if_unnamed=True,
)

STS = Table(
    prefix="sts",
    free=frozenset({"AssumeRole", "GetCallerIdentity", "GetSessionToken", "GetAccessKeyInfo"}),
)


def _ec2_tags(arn: str) -> dict[str, str]:
    if "*" in arn:  # what is only being made has no tags yet
        return {}
    filters = [{"Name": "resource-id", "Values": [own.name(arn)]}]
    return own.pairs((own.api(arn).attempt("ec2", "describe_tags", Filters=filters) or {}).get("Tags"))


# IAM's own names of kinds that moto calls otherwise.
_KINDS = {
    "dedicated_host": "dedicated-host",
    "flow-logs": "vpc-flow-log",
    "managed-prefix-list": "prefix-list",
    "nat-gateway": "natgateway",
    "spot-instance-request": "spot-instances-request",
    "vpc-elastic-ip": "elastic-ip",
}
_KIND_OF = {prefix: _KINDS.get(kind, kind) for kind, prefix in EC2_RESOURCE_TO_PREFIX.items()}


def _named_by_id(asked: Asked) -> Iterator[str]:
    """What tags are given to or taken from: ids of any kinds, which their beginnings tell."""
    for identifier in asked.get("Resources") or ():
        if kind := _KIND_OF.get(str(identifier).rpartition("-")[0]):
            yield f"arn:{PARTITION}:ec2:{asked.region}:{asked.caller.account_id}:{kind}/{identifier}"


EC2 = Table(
    prefix="ec2",
    resources={"CreateTags": _named_by_id, "DeleteTags": _named_by_id},
    # What is only being made has no id yet: all of its kind stand for it.
    whole_if_unnamed=True,
    tags=_ec2_tags,
)
