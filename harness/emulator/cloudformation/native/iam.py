"""IAM roles, policies and instance profiles."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import (
    Handler,
    Properties,
    exists,
    generated_name,
    tag_list,
)


def _document(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


class Role(Handler):
    """AWS::IAM::Role."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("RoleName") or generated_name(request, 64))
        if api.attempt("iam", "get_role", RoleName=name) is not None:
            raise exists(f"Role with name {name} already exists. (Service: Iam, Status Code: 409)")
        api.call(
            "iam",
            "create_role",
            RoleName=name,
            Path=given.get("Path"),
            AssumeRolePolicyDocument=_document(given["AssumeRolePolicyDocument"]),
            Description=given.get("Description"),
            MaxSessionDuration=given.get("MaxSessionDuration"),
            PermissionsBoundary=given.get("PermissionsBoundary"),
            Tags=tag_list(request) or None,
        )
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given = request.properties
        if previous is not None:
            self._change(api, request, physical_id, previous)
        before = previous or {}
        _set_attached(api, "role", "RoleName", physical_id, given, before)
        _set_inline(api, physical_id, given, before)

    def _change(self, api: Api, request: ResourceRequest, name: str, previous: Properties) -> None:
        given = request.properties
        api.call(
            "iam",
            "update_assume_role_policy",
            RoleName=name,
            PolicyDocument=_document(given["AssumeRolePolicyDocument"]),
        )
        api.call(
            "iam",
            "update_role",
            RoleName=name,
            Description=given.get("Description", ""),
            MaxSessionDuration=given.get("MaxSessionDuration", 3600),
        )
        if boundary := given.get("PermissionsBoundary"):
            api.call("iam", "put_role_permissions_boundary", RoleName=name, PermissionsBoundary=boundary)
        elif previous.get("PermissionsBoundary"):
            api.call("iam", "delete_role_permissions_boundary", RoleName=name)
        tags = tag_list(request)
        dropped = {str(each["Key"]) for each in previous.get("Tags", ())} - {each["Key"] for each in tags}
        if dropped:
            api.call("iam", "untag_role", RoleName=name, TagKeys=sorted(dropped))
        if tags:
            api.call("iam", "tag_role", RoleName=name, Tags=tags)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        if api.attempt("iam", "get_role", RoleName=physical_id) is None:
            return
        _set_attached(api, "role", "RoleName", physical_id, {}, properties)
        _set_inline(api, physical_id, {}, properties)
        api.call("iam", "delete_role", RoleName=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        role = api.call("iam", "get_role", RoleName=physical_id)["Role"]
        return {"Arn": role["Arn"], "RoleId": role["RoleId"]}


def _set_attached(api: Api, kind: str, key: str, name: str, given: Properties, before: Properties) -> None:
    wanted, had = _arns(given), _arns(before)
    for arn in had:
        if arn not in wanted:
            api.attempt("iam", f"detach_{kind}_policy", **{key: name}, PolicyArn=arn)
    for arn in wanted:
        if arn not in had:
            api.call("iam", f"attach_{kind}_policy", **{key: name}, PolicyArn=arn)


def _arns(properties: Properties) -> list[str]:
    return [str(arn) for arn in properties.get("ManagedPolicyArns", ())]


def _set_inline(api: Api, role: str, given: Properties, before: Properties) -> None:
    wanted = {str(each["PolicyName"]): each["PolicyDocument"] for each in given.get("Policies", ())}
    for each in before.get("Policies", ()):
        if each["PolicyName"] not in wanted:
            api.attempt("iam", "delete_role_policy", RoleName=role, PolicyName=each["PolicyName"])
    for name, document in wanted.items():
        api.call("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=_document(document))


class ManagedPolicy(Handler):
    """AWS::IAM::ManagedPolicy; its physical id is the ARN."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("ManagedPolicyName") or generated_name(request, 128))
        made = api.call(
            "iam",
            "create_policy",
            PolicyName=name,
            Path=given.get("Path"),
            PolicyDocument=_document(given["PolicyDocument"]),
            Description=given.get("Description"),
        )
        return str(made["Policy"]["Arn"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given = request.properties
        if previous is not None and given["PolicyDocument"] != previous["PolicyDocument"]:
            self._replace_document(api, physical_id, given["PolicyDocument"])
        _set_holders(api, physical_id, given, previous or {})

    def _replace_document(self, api: Api, arn: str, document: Any) -> None:
        # IAM keeps five versions at most: drop those that are not in force.
        for version in api.call("iam", "list_policy_versions", PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                api.call("iam", "delete_policy_version", PolicyArn=arn, VersionId=version["VersionId"])
        api.call("iam", "create_policy_version", PolicyArn=arn, PolicyDocument=_document(document), SetAsDefault=True)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        if api.attempt("iam", "get_policy", PolicyArn=physical_id) is None:
            return
        _set_holders(api, physical_id, {}, properties)
        for version in api.call("iam", "list_policy_versions", PolicyArn=physical_id)["Versions"]:
            if not version["IsDefaultVersion"]:
                api.call("iam", "delete_policy_version", PolicyArn=physical_id, VersionId=version["VersionId"])
        api.call("iam", "delete_policy", PolicyArn=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        policy = api.call("iam", "get_policy", PolicyArn=physical_id)["Policy"]
        return {
            "PolicyArn": physical_id,
            "PolicyId": policy["PolicyId"],
            "DefaultVersionId": policy["DefaultVersionId"],
        }


_HOLDERS = (("Roles", "role", "RoleName"), ("Users", "user", "UserName"), ("Groups", "group", "GroupName"))


def _set_holders(api: Api, arn: str, given: Properties, before: Properties) -> None:
    for plural, kind, key in _HOLDERS:
        wanted, had = given.get(plural, ()), before.get(plural, ())
        for name in had:
            if name not in wanted:
                api.attempt("iam", f"detach_{kind}_policy", **{key: name}, PolicyArn=arn)
        for name in wanted:
            api.call("iam", f"attach_{kind}_policy", **{key: name}, PolicyArn=arn)


class Policy(Handler):
    """AWS::IAM::Policy: the same inline policy on roles, users and groups."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        del api
        return generated_name(request, 128)

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, before = request.properties, previous or {}
        for plural, kind, key in _HOLDERS:
            for name in before.get(plural, ()):
                if name not in given.get(plural, ()) or given["PolicyName"] != before["PolicyName"]:
                    self._drop(api, kind, key, name, before)
            for name in given.get(plural, ()):
                api.call(
                    "iam",
                    f"put_{kind}_policy",
                    **{key: name},
                    PolicyName=given["PolicyName"],
                    PolicyDocument=_document(given["PolicyDocument"]),
                )

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        for plural, kind, key in _HOLDERS:
            for name in properties.get(plural, ()):
                self._drop(api, kind, key, name, properties)

    def _drop(self, api: Api, kind: str, key: str, name: str, properties: Properties) -> None:
        api.attempt("iam", f"delete_{kind}_policy", **{key: name}, PolicyName=properties["PolicyName"])

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Id": physical_id}


class RolePolicy(Handler):
    """AWS::IAM::RolePolicy: one inline policy of one role; its physical id is `PolicyName|RoleName`."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        role, name = given["RoleName"], given["PolicyName"]
        if api.attempt("iam", "get_role_policy", RoleName=role, PolicyName=name) is not None:
            raise exists(f"Policy {name} of role {role} already exists. (Service: Iam, Status Code: 409)")
        return f"{name}|{role}"

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        name, role = physical_id.split("|")
        document = _document(request.properties["PolicyDocument"])
        api.call("iam", "put_role_policy", RoleName=role, PolicyName=name, PolicyDocument=document)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        name, role = physical_id.split("|")
        api.attempt("iam", "delete_role_policy", RoleName=role, PolicyName=name)


class InstanceProfile(Handler):
    """AWS::IAM::InstanceProfile."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("InstanceProfileName") or generated_name(request, 128))
        api.call("iam", "create_instance_profile", InstanceProfileName=name, Path=given.get("Path"))
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        wanted, had = request.properties.get("Roles", ()), (previous or {}).get("Roles", ())
        for role in had:
            if role not in wanted:
                api.attempt("iam", "remove_role_from_instance_profile", InstanceProfileName=physical_id, RoleName=role)
        for role in wanted:
            if role not in had:
                api.call("iam", "add_role_to_instance_profile", InstanceProfileName=physical_id, RoleName=role)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        for role in properties.get("Roles", ()):
            api.attempt("iam", "remove_role_from_instance_profile", InstanceProfileName=physical_id, RoleName=role)
        api.attempt("iam", "delete_instance_profile", InstanceProfileName=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        found = api.call("iam", "get_instance_profile", InstanceProfileName=physical_id)
        return {"Arn": found["InstanceProfile"]["Arn"]}


HANDLERS: Mapping[str, Handler] = {
    "AWS::IAM::Role": Role(),
    "AWS::IAM::ManagedPolicy": ManagedPolicy(),
    "AWS::IAM::Policy": Policy(),
    "AWS::IAM::RolePolicy": RolePolicy(),
    "AWS::IAM::InstanceProfile": InstanceProfile(),
}
