"""Requests are held against the shapes of the API, values that are known later left out."""

from __future__ import annotations

from typing import Any

from harness.documents.shapes import members_at, request_problems

GOOD: dict[str, Any] = {
    "ModelName": "a",
    "ExecutionRoleArn": "arn:aws:iam::111111111111:role/a",
    "PrimaryContainer": {"Image": "b", "Environment": {"A": "1"}},
}


def problems(**changes: Any) -> list[str]:
    request = {**GOOD, **changes}
    found = request_problems("sagemaker", "CreateModel", request, "Arguments", lambda each: each == {"Get": "later"})
    return [f"{each.place.path}: {each.problem}" for each in found]


def test_a_whole_request_is_fine() -> None:
    assert problems() == []


def test_a_value_that_is_known_later_fits_everywhere() -> None:
    assert problems(ModelName={"Get": "later"}, Tags={"Get": "later"}, EnableNetworkIsolation={"Get": "later"}) == []


def test_an_unknown_member_is_told_with_the_nearest() -> None:
    (found,) = request_problems(
        "sagemaker", "CreateModel", {**GOOD, "EnableNetworkIsolatio": True}, "", lambda _: False
    )
    assert (found.problem, found.remedy) == (
        "there is no member EnableNetworkIsolatio",
        "did you mean EnableNetworkIsolation?",
    )


def test_types_enumerations_patterns_and_limits_are_held() -> None:
    assert problems(EnableNetworkIsolation="yes") == ["Arguments.EnableNetworkIsolation: 'yes' is not true or false"]
    assert problems(PrimaryContainer={"Image": 3}) == ["Arguments.PrimaryContainer.Image: 3 is not a text"]
    assert problems(PrimaryContainer={"Mode": "Single"}) == [
        "Arguments.PrimaryContainer.Mode: 'Single' is none of the values that the API knows"
    ]
    (pattern,) = problems(ExecutionRoleArn="arn:aws:iam::1:role/this-is-no-role")
    assert pattern.startswith("Arguments.ExecutionRoleArn: 'arn:aws:iam::1:role/this-is-no-role' does not match")
    (limit,) = problems(VpcConfig={"SecurityGroupIds": [], "Subnets": ["subnet-1"]})
    assert limit == "Arguments.VpcConfig.SecurityGroupIds: 0 items: the API takes at least 1"


def test_a_required_member_that_is_missing_is_told() -> None:
    assert problems(VpcConfig={"Subnets": ["subnet-1"]}) == ["Arguments.VpcConfig: SecurityGroupIds is missing"]


def test_answers_are_walked_by_members_indexes_and_names() -> None:
    assert members_at("sagemaker", "DescribeTrainingJob", ("ModelArtifacts",)) == frozenset({"S3ModelArtifacts"})
    outputs = ("ProcessingOutputConfig", "Outputs", "train", "S3Output", "S3Uri")
    assert members_at("sagemaker", "DescribeProcessingJob", outputs) == frozenset()
    assert members_at("sagemaker", "DescribeTrainingJob", ("ModelArtifact",)) is None
