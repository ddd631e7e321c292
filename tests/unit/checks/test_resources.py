"""From the arguments of a call to the ARNs that IAM decides about."""

from __future__ import annotations

import pytest

from harness.checks.resources import Here, about, passed
from harness.documents.code.boto import Call
from harness.errors import Place

HERE = Here("aws", "eu-west-1", "111111111111", {"NAME": "mine"})


def arns(service: str, operation: str, action: str, role: str = "", **given: str | list[str]) -> tuple[str, ...]:
    """What the call asks for, all kinds together; `a__b` stands for a.b."""
    listed = {name.replace("__", "."): [text] if isinstance(text, str) else text for name, text in given.items()}
    arguments = tuple((name, frozenset(texts)) for name, texts in listed.items())
    call = Call(service, operation, Place("main.py", 1), role, "", arguments, True)
    return tuple(arn for each in about(call, action, HERE) for arn in each)


@pytest.mark.parametrize(
    ("service", "operation", "action", "given", "expected"),
    [
        ("s3", "GetObject", "s3:GetObject", {"Bucket": "a", "Key": "b/c"}, "arn:aws:s3:::a/b/c"),
        ("s3", "GetObject", "s3:ListBucket", {"Bucket": "a", "Key": "b/c"}, "arn:aws:s3:::a"),
        ("s3", "GetObject", "s3:GetObject", {"Bucket": "*", "Key": "b"}, "arn:aws:s3:::*/b"),
        ("s3", "GetObject", "s3:GetObject", {"Bucket": "\ue010NAME\ue012", "Key": "*"}, "arn:aws:s3:::mine/*"),
        ("s3", "CopyObject", "s3:PutObject", {"Bucket": "a", "Key": "b", "CopySource": "c/d"}, "arn:aws:s3:::a/b"),
        ("s3", "CopyObject", "s3:GetObject", {"Bucket": "a", "Key": "b", "CopySource": "c/d"}, "arn:aws:s3:::c/*"),
        (
            "s3", "copy", "s3:GetObject",
            {"Bucket": "a", "Key": "b", "CopySource__Bucket": "c", "CopySource__Key": "d"},
            "arn:aws:s3:::c/d",
        ),
        ("sns", "Publish", "sns:Publish", {"TopicArn": "arn:aws:sns:eu-west-1:2:t"}, "arn:aws:sns:eu-west-1:2:t"),
        ("sns", "Publish", "sns:Publish", {"TopicArn": "*"}, "arn:aws:sns:*:*:*"),
        (
            "sqs", "SendMessage", "sqs:SendMessage", {"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/222222222222/q"},
            "arn:aws:sqs:eu-west-1:222222222222:q",
        ),
        (
            "lambda", "Invoke", "lambda:InvokeFunction", {"FunctionName": "f:live"},
            "arn:aws:lambda:eu-west-1:111111111111:function:f",
        ),
        (
            "lambda", "Invoke", "lambda:InvokeFunction", {"FunctionName": "arn:aws:lambda:eu-west-1:2:function:f"},
            "arn:aws:lambda:eu-west-1:2:function:f",
        ),
        (
            "dynamodb", "UpdateItem", "dynamodb:UpdateItem", {"TableName": "t"},
            "arn:aws:dynamodb:eu-west-1:111111111111:table/t",
        ),
        (
            "codepipeline", "StartPipelineExecution", "codepipeline:StartPipelineExecution", {"name": "p"},
            "arn:aws:codepipeline:eu-west-1:111111111111:p",
        ),
        (
            "sagemaker-runtime", "InvokeEndpoint", "sagemaker:InvokeEndpoint", {"EndpointName": "e"},
            "arn:aws:sagemaker:eu-west-1:111111111111:endpoint/e",
        ),
        (
            "stepfunctions", "StartExecution", "states:StartExecution",
            {"stateMachineArn": "arn:aws:states:eu-west-1:2:stateMachine:m"},
            "arn:aws:states:eu-west-1:2:stateMachine:m",
        ),
        (
            "cloudformation", "DescribeStacks", "cloudformation:DescribeStacks", {"StackName": "s"},
            "arn:aws:cloudformation:eu-west-1:111111111111:stack/s/*",
        ),
        ("cloudformation", "DescribeStacks", "cloudformation:DescribeStacks", {}, "*"),
        (
            "ssm", "GetParameter", "ssm:GetParameter", {"Name": "/a/b"},
            "arn:aws:ssm:eu-west-1:111111111111:parameter/a/b",
        ),
        (
            "ecr", "PutImage", "ecr:PutImage", {"repositoryName": "r", "registryId": "222222222222"},
            "arn:aws:ecr:eu-west-1:222222222222:repository/r",
        ),
        (
            "events", "PutEvents", "events:PutEvents", {"Entries__EventBusName": "b"},
            "arn:aws:events:eu-west-1:111111111111:event-bus/b",
        ),
        (
            "sagemaker", "DescribePipelineExecution", "sagemaker:DescribePipelineExecution",
            {"PipelineExecutionArn": "*"}, "arn:aws:sagemaker:*:*:pipeline/*/execution/*",
        ),
        (
            "sagemaker", "DescribePipelineExecution", "sagemaker:DescribePipelineExecution",
            {"PipelineExecutionArn": "arn:aws:sagemaker:eu-west-1:2:pipeline/p/execution/e"},
            "arn:aws:sagemaker:eu-west-1:2:pipeline/p/execution/e",
        ),
        ("cloudwatch", "PutMetricData", "cloudwatch:PutMetricData", {"Namespace": "n"}, "*"),
        ("codepipeline", "PutJobSuccessResult", "codepipeline:PutJobSuccessResult", {"jobId": "1"}, "*"),
    ],
)  # fmt: skip
def test_arguments_say_which_resource(
    service: str, operation: str, action: str, given: dict[str, str], expected: str
) -> None:
    assert arns(service, operation, action, **given) == (expected,)


def test_a_call_whose_arguments_are_not_all_known_may_be_about_anything_of_the_kind() -> None:
    call = Call("dynamodb", "UpdateItem", Place("main.py", 1))
    assert about(call, "dynamodb:UpdateItem", HERE) == (("arn:aws:dynamodb:*:*:table/*",),)


def test_names_of_sagemaker_are_in_lower_case_in_its_arns() -> None:
    found = arns("sagemaker", "DescribeEndpoint", "sagemaker:DescribeEndpoint", EndpointName="Big")
    assert [each.rpartition("/")[2] for each in found] == ["Big", "big"]


def test_each_value_that_an_argument_may_have_is_a_resource_and_too_many_are_all_of_the_kind() -> None:
    assert arns("s3", "GetObject", "s3:GetObject", Bucket=["a", "b"], Key="k") == (
        "arn:aws:s3:::a/k",
        "arn:aws:s3:::b/k",
    )
    many = [str(number) for number in range(100)]
    assert arns("s3", "GetObject", "s3:GetObject", Bucket=many, Key="k") == ("arn:*:s3:::*/*",)


def test_a_call_as_another_role_is_about_the_resources_of_its_account() -> None:
    role = "arn:aws:iam::222222222222:role/helper"
    found = arns("dynamodb", "UpdateItem", "dynamodb:UpdateItem", role, TableName="t")
    assert found == ("arn:aws:dynamodb:eu-west-1:222222222222:table/t",)


def test_roles_in_a_request_are_handed_to_a_service_save_where_they_are_assumed() -> None:
    def handed(service: str, operation: str) -> tuple[str, ...]:
        given = (("Config.RoleArn", frozenset({"arn:aws:iam::1:role/r"})), ("RoleName", frozenset({"x"})))
        return passed(Call(service, operation, Place("main.py", 1), arguments=given), HERE)

    assert handed("sagemaker", "CreateModel") == ("arn:aws:iam::1:role/r",)
    assert handed("sts", "AssumeRole") == ()
