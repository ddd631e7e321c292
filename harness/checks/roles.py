"""The policies of roles that a launch makes, by the resources that give them. Judges nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.cfn.model import ResourceState
from harness.checks.policies import listed, stated

Path = tuple[str | int, ...]


def documents(role: ResourceState, resources: Iterable[ResourceState]) -> Iterator[tuple[ResourceState, Path, Any]]:
    """Every policy document of a role, its own and those of policies attached to it, with where it stands."""
    for index, policy in enumerate(role.properties.get("Policies") or ()):
        yield role, ("Policies", index, "PolicyDocument"), policy.get("PolicyDocument")
    name = role.ref or role.physical_id
    managed = listed(role.properties.get("ManagedPolicyArns"))
    for each in resources:
        if each.type not in ("AWS::IAM::RolePolicy", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            continue
        attached = [each.properties.get("RoleName"), *(each.properties.get("Roles") or ())]
        if name in attached or (each.type == "AWS::IAM::ManagedPolicy" and each.ref in managed):
            yield each, ("PolicyDocument",), each.properties.get("PolicyDocument")


def boundaries(resources: Iterable[ResourceState]) -> dict[str, Mapping[str, Any]]:
    """The policies among them that roles among them have as their boundary, by ARN."""
    every = list(resources)
    wanted = {boundary(each) for each in every if each.type == "AWS::IAM::Role"}
    return {
        each.ref: each.properties["PolicyDocument"]
        for each in every
        if each.type == "AWS::IAM::ManagedPolicy" and each.ref in wanted
    }


def boundary(role: ResourceState) -> str:
    """ARN of a role's boundary; empty for none."""
    return str(role.properties.get("PermissionsBoundary") or "")


def assumable(resources: Iterable[ResourceState]) -> dict[str, dict[str, Any]]:
    """The roles that principals of an account may assume, by ARN: {"documents": [ … ], "boundary": ARN}."""
    every = list(resources)
    return {
        str(each.attributes["Arn"]): {
            "documents": [document for _, _, document in documents(each, every)],
            "boundary": boundary(each),
        }
        for each in every
        if each.type == "AWS::IAM::Role" and "Arn" in each.attributes and _is_for_accounts(each)
    }


def _is_for_accounts(role: ResourceState) -> bool:
    trusted = stated(role.properties.get("AssumeRolePolicyDocument"))
    principals = (each.get("Principal") for each in trusted if each.get("Effect") == "Allow")
    return any(isinstance(each, Mapping) and "AWS" in each for each in principals)
