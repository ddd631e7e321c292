"""Which roles of a launch others may assume, and what these may do."""

from __future__ import annotations

from harness.cfn.provider import SchemaProvider
from harness.checks.jobs import Given, Launch
from harness.checks.rehearse import rehearse

TEMPLATE = """\
Resources:
  Helper:
    Type: AWS::IAM::Role
    Properties:
      RoleName: helper
      AssumeRolePolicyDocument: { Statement: { Effect: Allow, Principal: { AWS: "*" }, Action: "sts:AssumeRole" } }
      PermissionsBoundary: arn:aws:iam::222222222222:policy/limit
      ManagedPolicyArns: [!Ref Managed]
      Policies:
        - PolicyName: own
          PolicyDocument: { Statement: { Effect: Allow, Action: "s3:GetObject", Resource: "*" } }
  Beside:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: !Ref Helper
      PolicyName: beside
      PolicyDocument: { Statement: { Effect: Allow, Action: "s3:PutObject", Resource: "*" } }
  Managed:
    Type: AWS::IAM::ManagedPolicy
    Properties: { PolicyDocument: { Statement: { Effect: Deny, Action: "s3:*", Resource: "*" } } }
  OfLambda:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
"""


def test_a_launch_leaves_the_roles_that_others_may_assume_with_all_their_policies() -> None:
    launch = Launch("fixture", TEMPLATE, {}, "111111111111", "eu-west-1", Given())
    left = rehearse(launch, SchemaProvider()).left.roles
    assert list(left) == ["arn:aws:iam::111111111111:role/helper"]
    (helper,) = left.values()
    assert helper["boundary"] == "arn:aws:iam::222222222222:policy/limit"
    actions = [document["Statement"]["Action"] for document in helper["documents"]]
    assert sorted(actions) == ["s3:*", "s3:GetObject", "s3:PutObject"]


def test_what_several_launches_leave_is_known_together() -> None:
    one, other = Given(roles={"a": {}}, boundaries={"c": {}}), Given(roles={"b": {}}, boundaries={"d": {}})
    assert one.joined(other) == Given(roles={"a": {}, "b": {}}, boundaries={"c": {}, "d": {}})


def test_a_launch_leaves_the_boundary_that_its_roles_carry() -> None:
    template = TEMPLATE.replace("      PermissionsBoundary: arn:aws:iam::222222222222:policy/limit\n", "").replace(
        "      AssumeRolePolicyDocument:\n",
        "      PermissionsBoundary: !Ref Managed\n      AssumeRolePolicyDocument:\n",
    )
    launch = Launch("fixture", template, {}, "111111111111", "eu-west-1", Given())
    (document,) = rehearse(launch, SchemaProvider()).left.boundaries.values()
    assert document["Statement"]["Effect"] == "Deny"
