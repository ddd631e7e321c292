"""VPCs, subnets, routes, endpoints and flow logs. Security groups are `security_groups.py`'s."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceFailure, ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, tag_list
from harness.emulator.cloudformation.native.security_groups import HANDLERS as SECURITY_GROUPS


def tag_specification(request: ResourceRequest, kind: str) -> list[dict[str, Any]] | None:
    """Tags as EC2's creating calls take them."""
    tags = tag_list(request)
    return [{"ResourceType": kind, "Tags": tags}] if tags else None


def set_tags(api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
    """Brings the tags of an existing thing up to date."""
    if previous is None:
        return
    tags = tag_list(request)
    dropped = {each["Key"] for each in previous.get("Tags", ())} - {each["Key"] for each in tags}
    if dropped:
        api.call("ec2", "delete_tags", Resources=[physical_id], Tags=[{"Key": key} for key in sorted(dropped)])
    if tags:
        api.call("ec2", "create_tags", Resources=[physical_id], Tags=tags)


class Vpc(Handler):
    """AWS::EC2::VPC."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            "ec2",
            "create_vpc",
            CidrBlock=given.get("CidrBlock"),
            InstanceTenancy=given.get("InstanceTenancy"),
            TagSpecifications=tag_specification(request, "vpc"),
        )
        return str(made["Vpc"]["VpcId"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given = request.properties
        for name, default in (("EnableDnsSupport", True), ("EnableDnsHostnames", False)):
            value = {"Value": bool(given.get(name, default))}
            api.call("ec2", "modify_vpc_attribute", VpcId=physical_id, **{name: value})
        set_tags(api, request, physical_id, previous)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("ec2", "delete_vpc", VpcId=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        of_vpc = [{"Name": "vpc-id", "Values": [physical_id]}]
        groups = api.call("ec2", "describe_security_groups", Filters=of_vpc)["SecurityGroups"]
        acls = api.call("ec2", "describe_network_acls", Filters=of_vpc)["NetworkAcls"]
        return {
            "VpcId": physical_id,
            "CidrBlock": request.properties.get("CidrBlock", ""),
            "DefaultSecurityGroup": groups[0]["GroupId"] if groups else "",
            "DefaultNetworkAcl": acls[0]["NetworkAclId"] if acls else "",
            "CidrBlockAssociations": [],
            "Ipv6CidrBlocks": [],
        }


class Subnet(Handler):
    """AWS::EC2::Subnet."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            "ec2",
            "create_subnet",
            VpcId=given["VpcId"],
            CidrBlock=given.get("CidrBlock"),
            AvailabilityZone=given.get("AvailabilityZone"),
            TagSpecifications=tag_specification(request, "subnet"),
        )
        return str(made["Subnet"]["SubnetId"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        public = {"Value": bool(request.properties.get("MapPublicIpOnLaunch", False))}
        api.call("ec2", "modify_subnet_attribute", SubnetId=physical_id, MapPublicIpOnLaunch=public)
        set_tags(api, request, physical_id, previous)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("ec2", "delete_subnet", SubnetId=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        subnet = api.call("ec2", "describe_subnets", SubnetIds=[physical_id])["Subnets"][0]
        acls = api.call(
            "ec2", "describe_network_acls", Filters=[{"Name": "association.subnet-id", "Values": [physical_id]}]
        )["NetworkAcls"]
        associations = [each for acl in acls for each in acl["Associations"] if each["SubnetId"] == physical_id]
        return {
            "SubnetId": physical_id,
            "AvailabilityZone": subnet["AvailabilityZone"],
            "AvailabilityZoneId": subnet.get("AvailabilityZoneId", ""),
            "CidrBlock": subnet["CidrBlock"],
            "VpcId": subnet["VpcId"],
            "NetworkAclAssociationId": associations[0]["NetworkAclAssociationId"] if associations else "",
            "Ipv6CidrBlocks": [],
        }


class RouteTable(Handler):
    """AWS::EC2::RouteTable."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        made = api.call(
            "ec2",
            "create_route_table",
            VpcId=request.properties["VpcId"],
            TagSpecifications=tag_specification(request, "route-table"),
        )
        return str(made["RouteTable"]["RouteTableId"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        set_tags(api, request, physical_id, previous)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("ec2", "delete_route_table", RouteTableId=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"RouteTableId": physical_id}


class RouteTableAssociation(Handler):
    """AWS::EC2::SubnetRouteTableAssociation."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call("ec2", "associate_route_table", SubnetId=given["SubnetId"], RouteTableId=given["RouteTableId"])
        return str(made["AssociationId"])

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("ec2", "disassociate_route_table", AssociationId=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Id": physical_id}


class VpcEndpoint(Handler):
    """AWS::EC2::VPCEndpoint."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            "ec2",
            "create_vpc_endpoint",
            VpcId=given["VpcId"],
            ServiceName=given.get("ServiceName"),
            VpcEndpointType=given.get("VpcEndpointType", "Gateway"),
            PolicyDocument=_policy(given),
            RouteTableIds=given.get("RouteTableIds"),
            SubnetIds=given.get("SubnetIds"),
            SecurityGroupIds=given.get("SecurityGroupIds"),
            PrivateDnsEnabled=bool(given.get("PrivateDnsEnabled", False)),
            TagSpecifications=tag_specification(request, "vpc-endpoint"),
        )
        return str(made["VpcEndpoint"]["VpcEndpointId"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is None:
            return
        given = request.properties
        changes: dict[str, Any] = {}
        for name, argument in (
            ("SubnetIds", "SubnetIds"),
            ("RouteTableIds", "RouteTableIds"),
            ("SecurityGroupIds", "SecurityGroupIds"),
        ):
            wanted, had = list(given.get(name, ())), list(previous.get(name, ()))
            if added := [each for each in wanted if each not in had]:
                changes[f"Add{argument}"] = added
            if removed := [each for each in had if each not in wanted]:
                changes[f"Remove{argument}"] = removed
        if (policy := _policy(given)) != _policy(previous):
            changes["PolicyDocument"] = policy
        if changes:
            api.call("ec2", "modify_vpc_endpoint", VpcEndpointId=physical_id, **changes)
        set_tags(api, request, physical_id, previous)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("ec2", "delete_vpc_endpoints", VpcEndpointIds=[physical_id])

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        found = api.call("ec2", "describe_vpc_endpoints", VpcEndpointIds=[physical_id])["VpcEndpoints"][0]
        return {
            "Id": physical_id,
            "CreationTimestamp": found["CreationTimestamp"].isoformat() if "CreationTimestamp" in found else "",
            "DnsEntries": [f"{each['HostedZoneId']}:{each['DnsName']}" for each in found.get("DnsEntries", ())],
            "NetworkInterfaceIds": list(found.get("NetworkInterfaceIds", ())),
        }


def _policy(given: Properties) -> str | None:
    policy = given.get("PolicyDocument")
    return policy if policy is None or isinstance(policy, str) else json.dumps(policy)


class FlowLog(Handler):
    """AWS::EC2::FlowLog."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            "ec2",
            "create_flow_logs",
            ResourceIds=[given["ResourceId"]],
            ResourceType=given["ResourceType"],
            TrafficType=given.get("TrafficType"),
            LogDestinationType=given.get("LogDestinationType"),
            LogDestination=given.get("LogDestination"),
            LogGroupName=given.get("LogGroupName"),
            DeliverLogsPermissionArn=given.get("DeliverLogsPermissionArn"),
            LogFormat=given.get("LogFormat"),
            MaxAggregationInterval=given.get("MaxAggregationInterval"),
            TagSpecifications=tag_specification(request, "vpc-flow-log"),
        )
        if refused := made.get("Unsuccessful"):
            raise ResourceFailure(f'Resource handler returned message: "{refused[0]["Error"]["Message"]}"')
        return str(made["FlowLogIds"][0])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        set_tags(api, request, physical_id, previous)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("ec2", "delete_flow_logs", FlowLogIds=[physical_id])

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Id": physical_id}


HANDLERS: Mapping[str, Handler] = {
    "AWS::EC2::VPC": Vpc(),
    "AWS::EC2::Subnet": Subnet(),
    "AWS::EC2::RouteTable": RouteTable(),
    "AWS::EC2::SubnetRouteTableAssociation": RouteTableAssociation(),
    "AWS::EC2::VPCEndpoint": VpcEndpoint(),
    "AWS::EC2::FlowLog": FlowLog(),
    **SECURITY_GROUPS,
}
