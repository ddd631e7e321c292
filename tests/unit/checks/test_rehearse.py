"""A launch is rehearsed in the stack engine: what a lead would see fail, fails here, and names what is at fault."""

from __future__ import annotations

from collections.abc import Mapping

from harness.cfn.provider import SchemaProvider
from harness.checks.jobs import Given, Launch
from harness.checks.rehearse import Rehearsed, rehearse

TEMPLATE = """\
Parameters:
  Size: { Type: String, Default: small, AllowedValues: [small, large] }
  VpcId: { Type: AWS::SSM::Parameter::Value<AWS::EC2::VPC::Id>, Default: /platform/network/vpc-id }
Resources:
  Group:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupDescription: !Ref Size, VpcId: !Ref VpcId }
  Id:
    Type: AWS::SSM::Parameter
    Properties: { Name: /platform/demo/group-id, Type: String, Value: !GetAtt Group.GroupId }
Outputs:
  Size: { Value: !Ref Size, Export: { Name: demo-size } }
"""
SPOKE = Given(ssm={"/platform/network/vpc-id": "vpc-0123456789abcdef0"})


def launch(template: str = TEMPLATE, parameters: Mapping[str, str] | None = None, given: Given = SPOKE) -> Rehearsed:
    return rehearse(Launch("demo", template, parameters or {}, "222222222221", "eu-west-1", given), SchemaProvider())


def test_a_launch_leaves_what_it_writes_and_exports() -> None:
    done = launch(parameters={"Size": "large"})
    assert done.failures == ()
    assert done.left.ssm["/platform/demo/group-id"].startswith("sg-")
    assert done.left.exports == {"demo-size": "large"}


def test_a_parameter_that_the_template_does_not_have_is_named_with_the_nearest() -> None:
    (failure,) = launch(parameters={"Sise": "large"}).failures
    assert failure.problem == "the template has no parameter Sise"
    assert failure.remedy == "did you mean Size?"
    assert failure.parameter == "Sise"


def test_a_value_that_is_not_allowed_fails_at_the_parameter() -> None:
    (failure,) = launch(parameters={"Size": "huge"}).failures
    assert failure.problem.startswith("the launch is refused: ")
    assert failure.parameter == "Size"


def test_an_ssm_parameter_that_the_spoke_does_not_write_fails_the_launch() -> None:
    (failure,) = launch(given=Given()).failures
    assert "/platform/network/vpc-id" in failure.problem


def test_a_property_that_the_schema_does_not_have_fails_at_the_resource() -> None:
    (failure,) = launch(TEMPLATE.replace("GroupDescription:", "GroupDescriptions: a, GroupDescription:")).failures
    assert failure.resource == "Group"
    assert "GroupDescriptions" in failure.problem


def test_a_template_that_cannot_be_read_is_a_failure_not_a_traceback() -> None:
    (failure,) = launch("Resources: [").failures
    assert failure.problem.startswith("the launch is refused: ")
