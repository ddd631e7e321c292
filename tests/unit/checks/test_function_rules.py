"""A function's code, role and configuration fit one another: E9107, E9108, E9109."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.cfn.provider import SchemaProvider
from harness.checks.examine import StackFinding, examine, stack_rules
from harness.checks.jobs import Given, Launch, Subject
from harness.checks.rehearse import rehearse

RULES = [rule for rule in stack_rules() if rule.id in ("E9107", "E9108", "E9109")]
TEMPLATE = """\
Resources:
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Principal: { Service: lambda.amazonaws.com }, Action: "sts:AssumeRole" }
      Policies:
        - PolicyName: duties
          PolicyDocument:
            Statement:
              - { Effect: Allow, Action: [logs:CreateLogStream, logs:PutLogEvents], Resource: "*" }
              - Effect: Allow
                Action:
                  - s3:GetObject
                Resource: "*"
  Function:
    Type: AWS::Lambda::Function
    Properties:
      Role: !GetAtt Role.Arn
      Runtime: python3.13
      Handler: app.main.handle
      Code: { S3Bucket: a-bucket, S3Key: assets/a.zip }
"""
MAIN = """\
import boto3


def handle(event, context):
    return boto3.client("s3").get_object(Bucket="a", Key="b")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("")
    (tmp_path / "app" / "main.py").write_text(MAIN)
    return tmp_path


def found(folder: Path, template: str = TEMPLATE) -> list[tuple[str, int, str, str]]:
    """File (empty: the template), line, rule and problem."""
    names = {path.relative_to(folder).as_posix(): path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    launch = Launch("fixture", template, {}, "111111111111", "eu-west-1", Given())
    rehearsed = rehearse(launch, SchemaProvider())
    assert rehearsed.state is not None, rehearsed.failures
    findings: tuple[StackFinding, ...] = examine(
        rehearsed.state, launch, Subject(str(folder), {"assets/a.zip": names}), RULES
    )
    return [(each.path, each.line, each.rule, each.problem) for each in findings]


def test_code_whose_calls_and_rights_are_the_same_is_fine(folder: Path) -> None:
    assert found(folder) == []


def test_a_handler_that_is_not_there_is_found_at_the_property(folder: Path) -> None:
    template = TEMPLATE.replace("app.main.handle", "app.main.handel")
    assert found(folder, template) == [("", 21, "E9107", "module app.main has no function handel")]


def test_code_that_does_not_compile_is_found_in_its_own_line_and_judged_no_further(folder: Path) -> None:
    (folder / "app" / "main.py").write_text(f"{MAIN}return 1\n")
    (finding,) = found(folder)
    assert finding[:3] == ("app/main.py", 6, "E9107")
    assert "does not compile" in finding[3]


def test_a_call_without_the_right_is_found_at_the_call_and_the_right_without_a_call_at_the_statement(
    folder: Path,
) -> None:
    (folder / "app" / "main.py").write_text(MAIN.replace("get_object", "delete_object"))
    assert found(folder) == [
        ("", 14, "E9109", "Role allows s3:GetObject, which Function never uses"),
        ("app/main.py", 5, "E9108", "Function calls DeleteObject of s3, but Role does not allow s3:DeleteObject"),
    ]


def test_a_right_that_the_code_says_it_needs_is_used_and_must_be_given(folder: Path) -> None:
    main = MAIN.replace("    return", "    # needs s3:PutObjectTagging: tags go along\n    return")
    (folder / "app" / "main.py").write_text(main)
    assert found(folder) == [
        ("app/main.py", 5, "E9108", "Function needs s3:PutObjectTagging, but Role does not allow it")
    ]
    given = TEMPLATE.replace("- s3:GetObject\n", "- s3:GetObject\n                  - s3:PutObjectTagging\n")
    assert found(folder, given) == []


def test_what_the_configuration_makes_lambda_do_needs_rights_too(folder: Path) -> None:
    queue = "DeadLetterConfig: { TargetArn: arn:aws:sqs:eu-west-1:111111111111:a }"
    template = f"{TEMPLATE}      TracingConfig: {{ Mode: Active }}\n      {queue}\n"
    problems = [problem for _, line, rule, problem in found(folder, template) if (line, rule) >= (23, "E9108")]
    assert problems == [
        "TracingConfig of Function needs xray:PutTelemetryRecords, but Role does not allow it",
        "TracingConfig of Function needs xray:PutTraceSegments, but Role does not allow it",
        "DeadLetterConfig of Function needs sqs:SendMessage, but Role does not allow it",
    ]


def test_policies_beside_the_role_count(folder: Path) -> None:
    (folder / "app" / "main.py").write_text(
        MAIN.replace("    return", '    boto3.client("sqs").send_message()\n    return')
    )
    assert [each[2] for each in found(folder)] == ["E9108"]
    beside = """\
  More:
    Type: AWS::IAM::RolePolicy
    Properties:
      RoleName: !Ref Role
      PolicyName: more
      PolicyDocument: { Statement: { Effect: Allow, Action: "sqs:SendMessage", Resource: "*" } }
"""
    assert found(folder, TEMPLATE + beside) == []


def test_a_key_is_used_by_the_services_that_the_function_calls_and_by_no_other(folder: Path) -> None:
    statement = """\
              - Effect: Allow
                Action: kms:Decrypt
                Resource: "*"
                Condition: { StringEquals: { "kms:ViaService": SERVICE.eu-west-1.amazonaws.com } }
  Function:
"""
    template = TEMPLATE.replace("  Function:\n", statement)
    assert found(folder, template.replace("SERVICE", "s3")) == []
    assert [each[3] for each in found(folder, template.replace("SERVICE", "sns"))] == [
        "Role allows kms:Decrypt, which Function never uses"
    ]


def test_a_role_that_another_service_takes_too_is_not_asked_for_unused_rights(folder: Path) -> None:
    template = TEMPLATE.replace("lambda.amazonaws.com", "[lambda.amazonaws.com, scheduler.amazonaws.com]")
    assert found(folder, template.replace("- s3:GetObject\n", "- s3:Get*\n                  - s3:ListBucket\n")) == []
