"""A template without anybody's parameters: every branch, and names in which only what the template says is told."""

from __future__ import annotations

import pytest

from harness.checks.launching.imagined import alike, imagine, written
from harness.checks.launching.samples import sample
from tests.unit.checks.launching.grounds import FOUNDATION, PARAMETERS

ACCOUNT = "000000000000"


def arns(resources: str, logical_id: str) -> list[str]:
    pairs = imagine("demo", PARAMETERS + resources, ACCOUNT, written(imagine("base", FOUNDATION, ACCOUNT, {})))
    return [alike(one.arn, other.arn) for one, other in pairs if one.logical_id == logical_id]


@pytest.mark.parametrize(
    ("one", "other", "common"),
    [
        ("platform-studio", "platform-studio", "platform-studio"),
        ("models-a-eu-west-1", "models-b-ap-southeast-3", "models-*"),
        ("key/0f-1e-2d", "key/3c-4b-5a", "key/*"),
        ("a-training", "b-training", "*-training"),
        ("app/d-1/jane/x", "app/d-2/joe/y", "app/d-*"),
        ("log-group:a:*", "log-group:b:*", "log-group:*"),
        ("one/two/three", "one/three", "one/*three"),
        ("left", "right-hand", "*"),
    ],
)
def test_what_differs_in_two_worlds_is_a_star(one: str, other: str, common: str) -> None:
    assert alike(one, other) == common


def test_generated_names_tell_the_stack_and_the_logical_id() -> None:
    topic = "  Topic: { Type: AWS::SNS::Topic }\n"
    assert arns(topic, "Topic") == [f"arn:aws:sns:*:{ACCOUNT}:SC-{ACCOUNT}-pp-*-Topic-*"]
    bucket = "  Files: { Type: AWS::S3::Bucket }\n"
    assert arns(bucket, "Files") == [f"arn:aws:s3:::sc-{ACCOUNT}-pp-*-files-*"]


def test_a_logical_id_that_may_be_cut_is_not_told() -> None:
    topic = "  NotificationsOfEveryone: { Type: AWS::SNS::Topic }\n"
    assert arns(topic, "NotificationsOfEveryone") == [f"arn:aws:sns:*:{ACCOUNT}:SC-{ACCOUNT}-pp-*"]


def test_ids_and_names_that_a_service_chooses_are_not_told() -> None:
    group = "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x } }\n"
    assert arns(group, "Group") == [f"arn:aws:ec2:*:{ACCOUNT}:security-group/*"]
    budget = "  Budget: { Type: AWS::Budgets::Budget, Properties: { Budget: {} } }\n"
    assert arns(budget, "Budget") == [f"arn:aws:budgets::{ACCOUNT}:budget/*"]


def test_both_branches_of_a_condition_are_looked_at() -> None:
    bucket = """
  Files:
    Type: AWS::S3::Bucket
    Properties:
      BucketName: !If [IsNamed, !If [IsLarge, !Sub "large-${Name}", !Sub "small-${Name}"], !Ref AWS::NoValue]
"""
    found = {"arn:aws:s3:::large-*", "arn:aws:s3:::small-*", f"arn:aws:s3:::sc-{ACCOUNT}-pp-*-files-*"}
    assert set(arns(bucket, "Files")) == found


def test_a_name_that_follows_another_resources_has_its_branches_too() -> None:
    resources = """
  Files: { Type: AWS::S3::Bucket, Properties: { BucketName: !If [IsNamed, !Ref Name, "files"] } }
  More: { Type: AWS::S3::Bucket, Properties: { BucketName: !Sub "more-${Files}" } }
"""
    assert set(arns(resources, "More")) == {"arn:aws:s3:::more-*", "arn:aws:s3:::more-files"}


def test_what_somebody_writes_into_ssm_is_what_a_parameter_reads() -> None:
    text = PARAMETERS + "  Topic: { Type: AWS::SNS::Topic, Properties: { KmsMasterKeyId: !Ref DataKeyArn } }\n"
    base = imagine("base", FOUNDATION, ACCOUNT, {})
    (pair,) = imagine("demo", text, ACCOUNT, written(base))
    key = next(pair for pair in base if pair[0].logical_id == "DataKey")
    assert [each.properties["KmsMasterKeyId"] for each in pair] == [each.arn for each in key]


def test_a_function_that_nobody_can_compute_beforehand_is_free() -> None:
    text = """
  Topic: { Type: AWS::SNS::Topic, Properties: { TopicName: !Sub ["team-${X}", { X: !FindInMap [A, !Ref Name, B] }] } }
"""
    assert arns(text, "Topic") == [f"arn:aws:sns:*:{ACCOUNT}:team-*"]


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        (r"^$|^arn:aws[a-z-]*:codestar:[a-z0-9-]+:\d{3}:x/[0-9a-f-]+$", "arn:aws:codestar:a:111:x/a"),
        ("^team-[a-z]{2}$", "team-aa"),
        ("^[^a]x?y{2,}$", "1yy"),
        ("(?=a)", ""),
        ("[", ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_text_that_a_pattern_allows(pattern: str, text: str) -> None:
    assert sample(pattern, "a1-") == text
