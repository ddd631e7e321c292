"""What a policy says and never does is found, by IAM's own reference."""

from __future__ import annotations

from typing import Any

import pytest

from harness.iam.misleading import misleading
from tests.unit.iam.cases import OWN, allow, deny

BUCKET, OBJECT = "arn:aws:s3:::shelf", "arn:aws:s3:::shelf/*"
QUEUE = f"arn:aws:sqs:eu-west-1:{OWN}:work"


def told(*statements: dict[str, Any], with_resources: bool = True) -> list[str]:
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return [f"{each.sid}: {each.problem}" for each in misleading(document, with_resources)]


@pytest.mark.parametrize(
    ("statement", "problem"),
    [
        (allow("sagemaker:ApproveModel"), "IAM knows no action sagemaker:ApproveModel"),
        (allow("sage:*"), "IAM knows no action sage:*"),
        (allow("s3:GetObjct*", OBJECT), "IAM knows no action s3:GetObjct*"),
        (allow("s3:GetObject", "arn:aws:s3:::${AWS::AccountId}-x/*"), "${AWS::AccountId} was not resolved"),
        (allow("s3:GetObject", "arn:aws:s3:::${Bucket.Arn}/*"), "${Bucket.Arn} was not resolved"),
        (
            allow("sqs:SendMessage", QUEUE, Condition={"StringEquals": {"s3:prefix": "a"}}),
            "sqs:SendMessage does not offer the key s3:prefix, which StringEquals asks for",
        ),
        (
            deny("logs:PutLogEvents", Condition={"StringEquals": {"aws:RequestTag/team": "a"}}),
            "logs:PutLogEvents does not offer the key aws:RequestTag/team",
        ),
        (
            allow(["s3:ListBucket", "s3:GetObject"], Condition={"StringEquals": {"s3:prefix": "a"}}),
            "s3:GetObject does not offer the key s3:prefix",
        ),
        (allow("sqs:SendMessage", OBJECT), f"none of its actions takes the resource {OBJECT}"),
        (allow(["s3:GetObject", "s3:ListBucket"], OBJECT), "s3:ListBucket takes none of the resources that it names"),
        (deny(["s3:GetObject", "s3:ListBucket"], OBJECT), "s3:ListBucket takes none of the resources that it names"),
        (
            {"Effect": "Deny", "Action": "s3:GetObject", "NotResource": [OBJECT, BUCKET]},
            f"none of its actions takes the resource {BUCKET}",
        ),
        (allow("sqs:*", "arn:aws:sqs:*:${aws:PrincipalAccount}:a"), "has a variable before the fifth colon"),
        (
            allow("sqs:*", QUEUE, Condition={"StringEquals": {"aws:SecureTransport": "true"}}),
            "aws:SecureTransport holds Bool, which StringEquals does not compare",
        ),
        (
            allow("sqs:*", QUEUE, Condition={"NumericLessThan": {"aws:CurrentTime": "2030"}}),
            "aws:CurrentTime holds Date, which NumericLessThan does not compare",
        ),
        (
            allow("sqs:*", QUEUE, Condition={"StringEquals": {"aws:SourceIp": "203.0.113.0/24"}}),
            "aws:SourceIp holds IPAddress, which StringEquals does not compare",
        ),
        (
            deny("sqs:TagQueue", QUEUE, Condition={"StringEquals": {"aws:TagKeys": "team"}}),
            "aws:TagKeys holds many values: StringEquals needs ForAnyValue or ForAllValues",
        ),
        (
            deny("sqs:*", QUEUE, Condition={"ForAllValues:StringNotEquals": {"aws:PrincipalAccount": OWN}}),
            "aws:PrincipalAccount holds one value: ForAllValues:StringNotEquals lets pass whatever lacks it",
        ),
        (
            allow("sqs:TagQueue", QUEUE, Condition={"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}),
            "ForAllValues:StringEquals allows what lacks aws:TagKeys, too",
        ),
        (allow("ec2:DescribeVpcs", f"arn:aws:ec2:eu-west-1:{OWN}:vpc/*"), "none of its actions takes the resource"),
    ],
)
def test_what_misleads_is_told(statement: dict[str, Any], problem: str) -> None:
    assert any(problem in each for each in told({"Sid": "Here", **statement})), told(statement)


@pytest.mark.parametrize(
    "statement",
    [
        allow(["s3:GetObject", "s3:ListBucket"], [BUCKET, OBJECT]),
        allow("s3:Get*", [BUCKET, OBJECT], Condition={"StringEquals": {"s3:ExistingObjectTag/a": "b"}}),
        allow("*", Condition={"StringEquals": {"s3:prefix": "a"}}),
        allow("ec2:DescribeVpcs"),
        allow("s3:GetObject", "arn:aws:s3:::shelf/${aws:PrincipalTag/team}/*"),
        allow("sqs:SendMessage", QUEUE, Condition={"ArnLike": {"aws:SourceArn": "arn:*"}}),
        allow("ec2:CreateNetworkInterface", Condition={"Null": {"lambda:SourceFunctionArn": "true"}}),
        deny("sqs:*", QUEUE, Condition={"Bool": {"aws:SecureTransport": "false"}}),
        deny("sqs:*", QUEUE, Condition={"NumericLessThan": {"aws:EpochTime": "1795262400"}}),
        deny("sqs:TagQueue", QUEUE, Condition={"ForAllValues:StringEquals": {"aws:TagKeys": "team"}}),
        allow(
            "sqs:TagQueue",
            QUEUE,
            Condition={"ForAllValues:StringEquals": {"aws:TagKeys": "a"}, "Null": {"aws:TagKeys": "false"}},
        ),
    ],
)
def test_what_says_what_it_does_passes(statement: dict[str, Any]) -> None:
    assert told(statement) == []


def test_policies_that_limit_or_trust_name_no_resources_of_their_own() -> None:
    assert told(allow("sqs:SendMessage", OBJECT), with_resources=False) == []
