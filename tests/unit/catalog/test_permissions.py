"""What the roles of a template may do, in permissions that can be compared."""

from __future__ import annotations

from harness.catalog.permissions import Permission, grants, permissions_of, statements_of
from harness.cfn.template import parse_template

TEMPLATE = """
Conditions: {Yes: !Equals [a, a]}
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      ManagedPolicyArns: [!Sub "arn:${AWS::Partition}:iam::aws:policy/One"]
      PermissionsBoundary: !Ref Boundary
      AssumeRolePolicyDocument:
        Statement:
          Effect: Allow
          Principal: {Service: [a.amazonaws.com, b.amazonaws.com], AWS: !GetAtt Other.Arn}
          Action: sts:AssumeRole
          Condition: {StringEquals: {aws:SourceAccount: !Ref AWS::AccountId}}
      Policies:
        - PolicyName: duties
          PolicyDocument:
            Statement:
              - Effect: Allow
                Action: ["s3:GetObject", "s3:PutObject"]
                Resource: [!Sub "${Bucket.Arn}/*", !GetAtt Bucket.Arn]
              - !If
                - Yes
                - {Effect: Deny, NotAction: "s3:*", Resource: "*"}
                - !Ref AWS::NoValue
  Other: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {Statement: []}}}
  Policy:
    Type: AWS::IAM::Policy
    Properties:
      PolicyName: more
      Roles: [!Ref Role, somebody]
      PolicyDocument: {Statement: [{Effect: Allow, Action: "sns:Publish", Resource: !Select [0, [a, b]]}]}
  Boundary:
    Type: AWS::IAM::ManagedPolicy
    Properties: {PolicyDocument: {Statement: [{Effect: Allow, Action: "*", NotResource: x}]}}
  Bucket: {Type: AWS::S3::Bucket}
"""


def test_every_way_of_giving_a_role_a_permission_is_read() -> None:
    assert [(each.holder, str(each)) for each in grants(permissions_of(parse_template(TEMPLATE)))] == [
        ("Boundary", "Allow * on everything but x"),
        ("Role", "Allow s3:GetObject, s3:PutObject on ${Bucket.Arn}, ${Bucket.Arn}/*"),
        ("Role", 'Allow sns:Publish on {"Fn::Select": [0, ["a", "b"]]}'),
        ("Role", "Deny everything but s3:* on *"),
        ("Role", "is given the boundary ${Boundary}, the policy arn:${AWS::Partition}:iam::aws:policy/One"),
        (
            "Role",
            "trusts AWS ${Other.Arn}, Service a.amazonaws.com, Service b.amazonaws.com "
            'if {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}',
        ),
    ]


def test_a_condition_makes_another_permission() -> None:
    statement = {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}
    narrow = {**statement, "Condition": {"Bool": {"aws:SecureTransport": "true"}}}
    wide, limited = set(statements_of("Role", [statement])), set(statements_of("Role", [narrow]))
    assert wide == {Permission("Role", "Allow", "s3:GetObject", "*")}
    assert wide.isdisjoint(limited)


def test_how_statements_are_cut_and_named_makes_no_difference() -> None:
    one = [{"Sid": "A", "Effect": "Allow", "Action": ["a:B", "a:C"], "Resource": ["x", "y"]}]
    two = [{"Effect": "Allow", "Action": [each], "Resource": ["y", "x"]} for each in ("a:C", "a:B")]
    assert set(statements_of("Role", one)) == set(statements_of("Role", two))
