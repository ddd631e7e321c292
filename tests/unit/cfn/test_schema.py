"""Property validation and coercion against provider schemas, by the violations that templates show."""

from __future__ import annotations

from typing import Any

import pytest

from harness.cfn.model import ResourceFailure
from harness.cfn.registry import known_type
from harness.cfn.schema import matches, validate_properties


def _validated(kind: str, properties: dict[str, Any]) -> dict[str, Any]:
    return validate_properties(known_type(kind, "eu-west-1"), "Thing", properties)


def _refusal(kind: str, properties: dict[str, Any]) -> str:
    with pytest.raises(ResourceFailure) as caught:
        _validated(kind, properties)
    return str(caught.value).removeprefix("Properties validation failed for resource Thing with message: ")


ALARM = {"ComparisonOperator": "LessThanThreshold", "MetricName": "m"}


@pytest.mark.parametrize(
    ("kind", "given", "coerced"),
    [
        ("AWS::SQS::Queue", {"VisibilityTimeout": "30"}, {"VisibilityTimeout": 30}),
        ("AWS::SQS::Queue", {"FifoQueue": "true"}, {"FifoQueue": True}),
        ("AWS::SNS::Topic", {"DisplayName": 5}, {"DisplayName": "5"}),
        ("AWS::SNS::Topic", {"DisplayName": True}, {"DisplayName": "true"}),
        ("AWS::CloudWatch::Alarm", {**ALARM, "Threshold": "1.5"}, {**ALARM, "Threshold": 1.5}),
        ("AWS::CloudWatch::Alarm", {**ALARM, "EvaluationPeriods": 1.0}, {**ALARM, "EvaluationPeriods": 1}),
    ],
)
def test_scalars_become_what_the_schema_says(kind: str, given: dict[str, Any], coerced: dict[str, Any]) -> None:
    found = _validated(kind, given)
    assert found == coerced
    assert [type(value) for value in found.values()] == [type(value) for value in coerced.values()]


@pytest.mark.parametrize(
    ("kind", "properties", "message"),
    [
        ("AWS::SNS::Topic", {"Nope": 1}, "#: extraneous key [Nope] is not permitted"),
        ("AWS::SNS::Topic", {"DisplayName": ["a"]}, "#/DisplayName: expected type: String, found: JSONArray"),
        ("AWS::SNS::Topic", {"Tags": {"a": "b"}}, "#/Tags: expected type: JSONArray, found: JSONObject"),
        (
            "AWS::SQS::Queue",
            {"VisibilityTimeout": "soon"},
            "#/VisibilityTimeout: expected type: Integer, found: String",
        ),
        (
            "AWS::SQS::Queue",
            {"VisibilityTimeout": "1_000"},
            "#/VisibilityTimeout: expected type: Integer, found: String",
        ),
        (
            "AWS::CloudWatch::Alarm",
            {**ALARM, "Threshold": "inf"},
            "#/Threshold: expected type: Number, found: String",
        ),
        ("AWS::SQS::Queue", {"FifoQueue": "yes"}, "#/FifoQueue: expected type: Boolean, found: String"),
        ("AWS::IAM::Role", {}, "#: required key [AssumeRolePolicyDocument] not found"),
        (
            "AWS::S3::Bucket",
            {"VersioningConfiguration": {"Status": "On"}},
            "#/VersioningConfiguration/Status: On is not a valid enum value",
        ),
        (
            "AWS::S3::Bucket",
            {"BucketEncryption": {}},
            "#/BucketEncryption: required key [ServerSideEncryptionConfiguration] not found",
        ),
        (
            "AWS::IAM::Role",
            {"AssumeRolePolicyDocument": {}, "RoleName": "a b"},
            "#/RoleName: string [a b] does not match pattern",
        ),
        (
            "AWS::IAM::Role",
            {"AssumeRolePolicyDocument": {}, "RoleName": "a" * 65},
            "#/RoleName: expected maxLength: 64, actual: 65",
        ),
        (
            "AWS::IAM::ManagedPolicy",
            {"PolicyDocument": {}, "Roles": ["a", "a"]},
            "#/Roles: array items are not unique",
        ),
        ("AWS::S3::Bucket", {"Arn": "arn:aws:s3:::x"}, "Encountered unsupported property Arn"),
        (
            "AWS::SageMaker::Domain",
            {
                "AuthMode": "IAM",
                "DomainName": "d",
                "DefaultUserSettings": {
                    "ExecutionRole": "arn:aws:iam::111111111111:role/x",
                    "JupyterLabAppSettings": {"AppLifecycleManagement": {"IdleSettings": {"IdleTimeoutInMinutes": 5}}},
                },
            },
            "#/DefaultUserSettings/JupyterLabAppSettings/AppLifecycleManagement/IdleSettings/IdleTimeoutInMinutes: "
            "5 is not greater or equal to 60",
        ),
        ("AWS::Lambda::Function", {"Role": "arn:aws:iam::111111111111:role/x"}, "#: required key [Code] not found"),
    ],
)
def test_a_violation_is_told_with_its_place(kind: str, properties: dict[str, Any], message: str) -> None:
    assert _refusal(kind, properties).startswith(message)


def test_every_violation_is_told_at_once() -> None:
    told = _refusal("AWS::SNS::Topic", {"Nope": 1, "DisplayName": [], "FifoTopic": "x"}).split("\n")
    assert told == [
        "#: extraneous key [Nope] is not permitted",
        "#/DisplayName: expected type: String, found: JSONArray",
        "#/FifoTopic: expected type: Boolean, found: String",
    ]


def test_no_alternative_that_fits_is_refused() -> None:
    given = {"GroupDescription": "x", "SecurityGroupIngress": "all"}
    assert _refusal("AWS::EC2::SecurityGroup", given).startswith("#/SecurityGroupIngress: expected type: JSONArray")


def test_a_policy_document_may_be_an_object_and_is_left_alone() -> None:
    document = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
    assert _validated("AWS::IAM::ManagedPolicy", {"PolicyDocument": document}) == {"PolicyDocument": document}


def test_a_pattern_that_cannot_be_read_refuses_nothing() -> None:
    assert matches("[unclosed", "anything")


def test_unicode_classes_are_understood() -> None:
    pattern = r"^[\p{L}\p{Z}]+$"
    assert matches(pattern, "Größe groß")
    assert not matches(pattern, "Größe 1")
