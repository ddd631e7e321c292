"""EC2 security groups and their rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, generated_name, tag_list

_EVERYTHING = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}


class SecurityGroup(Handler):
    """AWS::EC2::SecurityGroup; its physical id is the group id."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        tags = tag_list(request)
        made = api.call(
            "ec2",
            "create_security_group",
            GroupName=given.get("GroupName") or generated_name(request, 255),
            Description=given["GroupDescription"],
            VpcId=given.get("VpcId"),
            TagSpecifications=[{"ResourceType": "security-group", "Tags": tags}] if tags else None,
        )
        return str(made["GroupId"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, before = request.properties, previous or {}
        for name, direction in (("SecurityGroupIngress", "ingress"), ("SecurityGroupEgress", "egress")):
            wanted = [_permission(each) for each in given.get(name, ())]
            had = [_permission(each) for each in before.get(name, ())]
            if direction == "egress":
                # EC2 opens every new group to the outside until a template says otherwise.
                wanted = wanted or [_EVERYTHING]
                had = had or [_EVERYTHING]
            for each in had:
                if each not in wanted:
                    api.attempt("ec2", f"revoke_security_group_{direction}", GroupId=physical_id, IpPermissions=[each])
            for each in wanted:
                if each not in had:
                    api.call("ec2", f"authorize_security_group_{direction}", GroupId=physical_id, IpPermissions=[each])
        if previous is not None and (tags := tag_list(request)):
            api.call("ec2", "create_tags", Resources=[physical_id], Tags=tags)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("ec2", "delete_security_group", GroupId=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        group = api.call("ec2", "describe_security_groups", GroupIds=[physical_id])["SecurityGroups"][0]
        return {"GroupId": physical_id, "Id": physical_id, "VpcId": group.get("VpcId", "")}


class _Rule(Handler):
    direction = ""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            "ec2",
            f"authorize_security_group_{self.direction}",
            GroupId=given["GroupId"],
            IpPermissions=[_permission(given)],
        )
        return str(made["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is not None and _permission(request.properties) != _permission(previous):
            group = request.properties["GroupId"]
            self._revoke(api, group, previous)
            api.call(
                "ec2",
                f"authorize_security_group_{self.direction}",
                GroupId=group,
                IpPermissions=[_permission(request.properties)],
            )

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        self._revoke(api, str(properties["GroupId"]), properties)

    def _revoke(self, api: Api, group: str, properties: Properties) -> None:
        api.attempt(
            "ec2",
            f"revoke_security_group_{self.direction}",
            GroupId=group,
            IpPermissions=[_permission(properties)],
        )

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Id": physical_id}


class Ingress(_Rule):
    """AWS::EC2::SecurityGroupIngress."""

    direction = "ingress"


class Egress(_Rule):
    """AWS::EC2::SecurityGroupEgress."""

    direction = "egress"


def _permission(rule: Mapping[str, Any]) -> dict[str, Any]:
    """A rule of a template as the API's IpPermission."""
    described = {"Description": rule["Description"]} if rule.get("Description") else {}
    permission: dict[str, Any] = {"IpProtocol": str(rule["IpProtocol"])}
    if rule.get("FromPort") is not None:
        permission["FromPort"] = int(rule["FromPort"])
    if rule.get("ToPort") is not None:
        permission["ToPort"] = int(rule["ToPort"])
    peer = rule.get("SourceSecurityGroupId") or rule.get("DestinationSecurityGroupId")
    prefix_list = rule.get("SourcePrefixListId") or rule.get("DestinationPrefixListId")
    if peer:
        permission["UserIdGroupPairs"] = [{"GroupId": peer, **described}]
    if prefix_list:
        permission["PrefixListIds"] = [{"PrefixListId": prefix_list, **described}]
    if rule.get("CidrIp"):
        permission["IpRanges"] = [{"CidrIp": rule["CidrIp"], **described}]
    if rule.get("CidrIpv6"):
        permission["Ipv6Ranges"] = [{"CidrIpv6": rule["CidrIpv6"], **described}]
    return permission


HANDLERS: Mapping[str, Handler] = {
    "AWS::EC2::SecurityGroup": SecurityGroup(),
    "AWS::EC2::SecurityGroupIngress": Ingress(),
    "AWS::EC2::SecurityGroupEgress": Egress(),
}
