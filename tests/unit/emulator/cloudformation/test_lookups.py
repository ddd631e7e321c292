"""What templates look up in their account: networks, SSM parameters of every type, secrets, other stacks' resources."""

from __future__ import annotations

import itertools
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.cloudformation.test_stacks import body, parameter
from tests.unit.emulator.conftest import Tenant

_numbers = itertools.count()
SECRET = {"P": {"Type": "String", "NoEcho": True}}


def _made(tenant: Tenant, template: str, **parameters: str) -> dict[str, Any]:
    cloudformation = tenant.client("cloudformation")
    given = [{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()]
    made = cloudformation.create_stack(StackName=f"stack-{next(_numbers)}", TemplateBody=template, Parameters=given)
    return dict(cloudformation.describe_stacks(StackName=made["StackId"])["Stacks"][0])


def _typed(kind: str) -> str:
    return body({"Value": {"Value": {"Ref": "V"}}}, {"V": {"Type": kind}}, P=parameter("/one"))


def test_a_network_has_to_exist_to_be_a_parameters_value(tenant: Tenant) -> None:
    ec2 = tenant.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    assert _made(tenant, _typed("AWS::EC2::VPC::Id"), V=vpc)["StackStatus"] == "CREATE_COMPLETE"
    tenant.client("ssm").delete_parameter(Name="/one")
    missing = _made(tenant, _typed("AWS::EC2::VPC::Id"), V="vpc-0123456789abcdef0")
    assert missing["StackStatus"] == "ROLLBACK_COMPLETE"
    assert missing["StackStatusReason"] == (
        "Parameter validation failed: parameter value vpc-0123456789abcdef0 for parameter name V does not exist. "
        "Rollback requested by user."
    )


def test_rules_ask_what_networks_are_like(tenant: Tenant) -> None:
    ec2 = tenant.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/24")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/26")["Subnet"]["SubnetId"]
    ec2.create_tags(Resources=[subnet], Tags=[{"Key": "Tier", "Value": "private"}])
    template = json.loads(_typed("List<AWS::EC2::Subnet::Id>").replace('{"Ref": "V"}', '"x"'))
    template["Parameters"]["Vpc"] = {"Type": "AWS::EC2::VPC::Id"}
    within = {"Fn::EachMemberEquals": [{"Fn::ValueOf": ["V", "VpcId"]}, {"Ref": "Vpc"}]}
    private = {"Fn::EachMemberEquals": [{"Fn::ValueOf": ["V", "Tags.Tier"]}, "private"]}
    template["Rules"] = {"Fits": {"Assertions": [{"Assert": within}, {"Assert": private, "AssertDescription": "no"}]}}
    assert _made(tenant, json.dumps(template), V=subnet, Vpc=vpc)["StackStatus"] == "CREATE_COMPLETE"
    ec2.create_tags(Resources=[subnet], Tags=[{"Key": "Tier", "Value": "public"}])
    with pytest.raises(ClientError, match="rule Fits failed: no"):
        _made(tenant, json.dumps(template), V=subnet, Vpc=vpc)


def test_ssm_parameters_are_read_at_their_version_and_in_their_type(tenant: Tenant) -> None:
    ssm = tenant.client("ssm")
    ssm.put_parameter(Name="/v", Value="one", Type="String")
    ssm.put_parameter(Name="/v", Value="two", Type="String", Overwrite=True)
    ssm.put_parameter(Name="/hidden", Value="three", Type="SecureString")
    typed = _typed("AWS::SSM::Parameter::Value<String>")
    assert _made(tenant, typed, V="/v:1")["Outputs"][0]["OutputValue"] == "one"
    with pytest.raises(ClientError, match=r"Parameters \[/hidden\] referenced by template have types not supported"):
        _made(tenant, typed, V="/hidden")
    with pytest.raises(ClientError, match=r"Types for SSM parameters \[/v\] defined in CFN template and SSM are"):
        _made(tenant, _typed("AWS::SSM::Parameter::Value<List<String>>"), V="/v")
    with pytest.raises(ClientError, match="Unable to fetch parameters"):
        _made(tenant, typed, V="/v:9")


def test_secrets_are_read_at_their_stage(tenant: Tenant) -> None:
    secrets = tenant.client("secretsmanager")
    arn = secrets.create_secret(Name="db", SecretString='{"password": "old"}')["ARN"]
    secrets.put_secret_value(SecretId="db", SecretString='{"password": "new"}')
    template = body(
        Now=parameter("/now", "{{resolve:secretsmanager:db:SecretString:password}}"),
        Before=parameter("/before", f"{{{{resolve:secretsmanager:{arn}:SecretString:password:AWSPREVIOUS}}}}"),
    )
    assert _made(tenant, template)["StackStatus"] == "CREATE_COMPLETE"
    ssm = tenant.client("ssm")
    found = [ssm.get_parameter(Name=name)["Parameter"]["Value"] for name in ("/now", "/before")]
    assert found == ["new", "old"]


def test_what_another_stack_holds_cannot_be_made_again(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    # There is nothing real behind this type; only the other stack tells that the name is taken.
    group = body(G={"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": "analysts"}})
    cloudformation.create_stack(StackName="first", TemplateBody=group)
    second = _made(tenant, group)
    assert second["StackStatus"] == "ROLLBACK_COMPLETE"
    events = cloudformation.describe_stack_events(StackName=second["StackId"])["StackEvents"]
    reason = next(each["ResourceStatusReason"] for each in events if each["ResourceStatus"] == "CREATE_FAILED")
    assert reason == "Resource of type 'AWS::Athena::WorkGroup' with identifier 'analysts' already exists."


def test_change_sets_and_stack_sets_do_not_show_no_echo_values(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    given = [{"ParameterKey": "P", "ParameterValue": "hush-hush"}]
    template = body(None, SECRET, X=parameter("/one", {"Ref": "P"}))
    made = cloudformation.create_change_set(
        StackName="one", ChangeSetName="first", ChangeSetType="CREATE", TemplateBody=template, Parameters=given
    )
    told = cloudformation.describe_change_set(ChangeSetName=made["Id"])
    assert told["Parameters"] == [{"ParameterKey": "P", "ParameterValue": "****"}]
    cloudformation.create_stack_set(StackSetName="set", TemplateBody=template, Parameters=given)
    told = cloudformation.describe_stack_set(StackSetName="set")["StackSet"]
    assert told["Parameters"] == [{"ParameterKey": "P", "ParameterValue": "****"}]
