"""Rights become statements that say no more than the rights, and that a person reads."""

from __future__ import annotations

from harness.checks.launching.narrow import NARROWINGS
from harness.checks.launching.statements import Condition, Right, Statement, Why, statements

QUEUE = "arn:${AWS::Partition}:sqs:*:${AWS::AccountId}:one"
IMAGE = "arn:${AWS::Partition}:sagemaker:*:${AWS::AccountId}:image/*"
VERSION = "arn:${AWS::Partition}:sagemaker:*:${AWS::AccountId}:image-version/*"
GROUP = "arn:${AWS::Partition}:ec2:*:${AWS::AccountId}:security-group/*"
VPC = "arn:${AWS::Partition}:ec2:*:*:vpc/*"
OTHERS = Condition("StringNotEquals", "aws:ResourceTag/platform:product", ("foundation",))


def why(*types: str, owner: str = "") -> Why:
    return Why(dict.fromkeys(types), {owner: None} if owner else {}, things={"Thing": None})


def of(*rights: tuple[Right, Why]) -> list[Statement]:
    return list(statements(dict(rights)))


def test_actions_on_the_same_thing_are_one_statement() -> None:
    taken = why("AWS::SQS::Queue", owner="AWS::SQS::Queue")
    (found,) = of(
        (Right("sqs:DeleteQueue", QUEUE, (), "queue", True), taken),
        (Right("sqs:CreateQueue", QUEUE, (), "queue", True), taken),
    )
    assert found == Statement(
        "SqsQueue", "AWS::SQS::Queue: the product makes Thing", ("sqs:CreateQueue", "sqs:DeleteQueue"), (QUEUE,)
    )


def test_a_right_without_conditions_needs_none_with_them() -> None:
    (found,) = of(
        (Right("sqs:CreateQueue", QUEUE, (), "queue", True), why("AWS::SQS::Queue")),
        (Right("sqs:CreateQueue", QUEUE, (OTHERS,), "queue", True), why("AWS::SQS::Queue")),
    )
    assert found.conditions == ()


def test_things_of_others_are_one_statement_where_nothing_is_gained() -> None:
    (found,) = of(
        (Right("sagemaker:DescribeImage", IMAGE, (), "image", False), why("A::B::C")),
        (Right("sagemaker:DescribeImageVersion", VERSION, (), "image-version", False), why("A::B::C")),
    )
    assert found.resources == (VERSION, IMAGE)


def test_an_action_gains_no_resource_by_standing_beside_another() -> None:
    found = of(
        (Right("ec2:CreateTags", GROUP, (OTHERS,), "security-group", True), why("A::B::C")),
        (Right("ec2:CreateSecurityGroup", VPC, (OTHERS,), "vpc", False), why("A::B::C")),
    )
    assert [each.resources for each in found] == [(GROUP,), (VPC,)]


def test_values_that_join_are_one_statement() -> None:
    line = next(each for each in NARROWINGS if each.key == "kms:ViaService")
    key = "arn:${AWS::Partition}:kms:*:${AWS::AccountId}:key/*"

    def through(service: str) -> tuple[Right, Why]:
        condition = Condition(line.operator, line.key, (f"{service}.*.amazonaws.com",), joins=True)
        return Right("kms:Decrypt", key, (condition,), "key", False), Why(
            {f"AWS::{service}::X": None}, {}, {line: None}
        )

    (found,) = of(through("sns"), through("lambda"))
    assert found.conditions[0].values == ("lambda.*.amazonaws.com", "sns.*.amazonaws.com")
    assert found.reason == f"AWS::lambda::X and AWS::sns::X: {line.reason}"


def test_no_two_statements_have_one_sid() -> None:
    found = of(
        (Right("sqs:CreateQueue", QUEUE, (), "queue", True), why("AWS::SQS::Queue", owner="AWS::SQS::Queue")),
        (Right("sqs:SendMessage", QUEUE, (), "queue", False), why("AWS::SQS::Queue", owner="AWS::SQS::Queue")),
    )
    assert [each.sid for each in found] == ["SqsQueue1", "SqsQueue2"]
