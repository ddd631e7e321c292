"""A small foundation for the tests of launch roles, and the templates that are launched on it."""

from __future__ import annotations

from harness.checks.launching.generate import NOBODYS, Ground, generate
from harness.checks.launching.statements import Statement

FOUNDATION = """
Resources:
  DataKey:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {}
      Tags: [{ Key: platform:product, Value: foundation }]
  DataKeyParameter:
    Type: AWS::SSM::Parameter
    Properties: { Name: /platform/keys/data-key-arn, Type: String, Value: !GetAtt DataKey.Arn }
  BoundaryParameter:
    Type: AWS::SSM::Parameter
    Properties:
      Name: /platform/iam/boundary-arn
      Type: String
      Value: !Sub arn:${AWS::Partition}:iam::${AWS::AccountId}:policy/platform-boundary
  Launching:
    Type: AWS::IAM::ManagedPolicy
    Properties:
      ManagedPolicyName: platform-launching
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - { Sid: Stacks, Effect: Allow, Action: "cloudformation:*", Resource: "*" }
          - { Sid: Templates, Effect: Allow, Action: s3:GetObject, Resource: "*" }
          - { Sid: Contract, Effect: Allow, Action: "ssm:GetParameter*", Resource: "*" }
"""
PARAMETERS = """
Parameters:
  Name: { Type: String, AllowedPattern: "^[a-z]{1,20}$" }
  Size: { Type: Number, Default: 1 }
  DataKeyArn:
    Type: AWS::SSM::Parameter::Value<String>
    Default: /platform/keys/data-key-arn
    AllowedValues: [/platform/keys/data-key-arn]
  BoundaryArn:
    Type: AWS::SSM::Parameter::Value<String>
    Default: /platform/iam/boundary-arn
    AllowedValues: [/platform/iam/boundary-arn]
Conditions:
  IsNamed: !Not [!Equals [!Ref Name, ""]]
  IsLarge: !Equals [!Ref Size, 2]
Resources:
"""
GROUND = Ground({"foundation/spoke": (NOBODYS, FOUNDATION)})
ROLE = """
  Role:
    Type: AWS::IAM::Role
    Properties:
      Path: /platform/functions/
      PermissionsBoundary: !Ref BoundaryArn
      AssumeRolePolicyDocument: {}
"""
FUNCTION = """
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Code: { S3Bucket: code, S3Key: function.zip }
"""


def statements(resources: str, *releases: str, ground: Ground = GROUND) -> dict[str, Statement]:
    """Sid → statement of the launch role of a product with these resources, and of releases with those."""
    texts = {"demo": PARAMETERS + resources}
    texts |= {f"demo@1.{number}.0": PARAMETERS + each for number, each in enumerate(releases)}
    return {each.sid: each for each in generate(texts, ground)}
