"""What exists in the emulated EC2 of an account and region, as parameters and rules of templates ask for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.cfn.model import ResourceFailure
from harness.emulator.cloudformation.native.api import Api

# AWS-specific parameter type → how EC2 is asked for one: operation and argument.
PARAMETER_TYPES: Mapping[str, tuple[str, str]] = {
    "AWS::EC2::Image::Id": ("describe_images", "ImageIds"),
    "AWS::EC2::Instance::Id": ("describe_instances", "InstanceIds"),
    "AWS::EC2::KeyPair::KeyName": ("describe_key_pairs", "KeyNames"),
    "AWS::EC2::SecurityGroup::GroupName": ("describe_security_groups", "GroupNames"),
    "AWS::EC2::SecurityGroup::Id": ("describe_security_groups", "GroupIds"),
    "AWS::EC2::Subnet::Id": ("describe_subnets", "SubnetIds"),
    "AWS::EC2::VPC::Id": ("describe_vpcs", "VpcIds"),
    "AWS::EC2::Volume::Id": ("describe_volumes", "VolumeIds"),
}
# User guide, "Fn::ValueOf": what may be asked of what, besides tags. Prefix of the id → operation, argument, members.
_ATTRIBUTES: Mapping[str, tuple[str, str, str, Mapping[str, str]]] = {
    "vpc-": ("describe_vpcs", "VpcIds", "Vpcs", {}),
    "subnet-": ("describe_subnets", "SubnetIds", "Subnets", {"VpcId": "VpcId", "AvailabilityZone": "AvailabilityZone"}),
    "sg-": ("describe_security_groups", "GroupIds", "SecurityGroups", {"VpcId": "VpcId"}),
}


@dataclass(frozen=True)
class Existing:
    """The values of an AWS-specific parameter type that exist; asked one by one."""

    account_id: str
    region: str
    kind: str

    def __contains__(self, value: object) -> bool:
        operation, argument = PARAMETER_TYPES[self.kind]
        return _asked(self.account_id, self.region, operation, argument, str(value)) is not None


def attributes(account_id: str, region: str, identifier: str) -> dict[str, str] | None:
    """What Fn::ValueOf may ask of the thing (`VpcId`, `Tags.Team` …), None if there is none of that id."""
    known = next((each for prefix, each in _ATTRIBUTES.items() if identifier.startswith(prefix)), None)
    if known is None:
        return None
    operation, argument, member, asked = known
    answer = _asked(account_id, region, operation, argument, identifier)
    if not answer or not answer[member]:
        return None
    thing = answer[member][0]
    found = {name: str(thing[key]) for name, key in asked.items() if key in thing}
    found |= {f"Tags.{each['Key']}": str(each["Value"]) for each in thing.get("Tags", ())}
    if member == "Vpcs":
        found |= _defaults(account_id, region, identifier)
    return found


def _defaults(account_id: str, region: str, vpc_id: str) -> dict[str, str]:
    api = Api(account_id, region)
    within = {"Name": "vpc-id", "Values": [vpc_id]}
    groups = api.call(
        "ec2", "describe_security_groups", Filters=[within, {"Name": "group-name", "Values": ["default"]}]
    )
    lists = api.call("ec2", "describe_network_acls", Filters=[within, {"Name": "default", "Values": ["true"]}])
    found = {}
    if groups["SecurityGroups"]:
        found["DefaultSecurityGroup"] = str(groups["SecurityGroups"][0]["GroupId"])
    if lists["NetworkAcls"]:
        found["DefaultNetworkAcl"] = str(lists["NetworkAcls"][0]["NetworkAclId"])
    return found


def _asked(account_id: str, region: str, operation: str, argument: str, value: str) -> dict[str, Any] | None:
    try:
        return Api(account_id, region).call("ec2", operation, **{argument: [value]})
    except ResourceFailure:  # EC2 refuses ids that name nothing
        return None
