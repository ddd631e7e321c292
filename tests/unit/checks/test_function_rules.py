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


NOTHING_BEFORE = Given()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "__init__.py").write_text("")
    (tmp_path / "app" / "main.py").write_text(MAIN)
    return tmp_path


def found(folder: Path, template: str = TEMPLATE, given: Given = NOTHING_BEFORE) -> list[tuple[str, int, str, str]]:
    """File (empty: the template), line, rule and problem."""
    names = {path.relative_to(folder).as_posix(): path.relative_to(folder).as_posix() for path in folder.rglob("*.py")}
    launch = Launch("fixture", template, {}, "111111111111", "eu-west-1", given)
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
    assert found(folder, template) == [("", 21, "E9107", "Function: module app.main has no function handel")]


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
        "DeadLetterConfig of Function needs sqs:SendMessage on "
        "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:a, but Role does not allow it",
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


def with_variables(template: str, **variables: str) -> str:
    """The function with an environment."""
    listed = ", ".join(f"{name}: {text}" for name, text in variables.items())
    return f"{template}      Environment: {{ Variables: {{ {listed} }} }}\n"


def main_of(folder: Path, body: str) -> None:
    """The handler does this."""
    (folder / "app" / "main.py").write_text(f"import os\nimport boto3\n\n\ndef handle(event, context):\n{body}\n")


def test_a_call_on_another_resource_than_the_role_allows_is_found_on_both_sides(folder: Path) -> None:
    template = TEMPLATE.replace('Resource: "*"\n  Func', "Resource: [arn:aws:s3:::a/b, arn:aws:s3:::c/*]\n  Func")
    assert found(folder, template) == [
        ("", 15, "E9109", "Role allows s3:GetObject on arn:${AWS::Partition}:s3:::c/*, which Function never comes to")
    ]
    assert found(folder, template.replace("[arn:aws:s3:::a/b, arn:aws:s3:::c/*]", "arn:aws:s3:::c/*")) == [
        (
            "", 14, "E9109",
            "Role allows s3:GetObject on arn:${AWS::Partition}:s3:::c/*, which Function never uses there",
        ),
        (
            "app/main.py", 5, "E9108",
            "Function calls GetObject of s3 on arn:${AWS::Partition}:s3:::a/b, where Role does not allow s3:GetObject",
        ),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("bucket", "is_found"),
    [
        ("os.environ['BUCKET']", True),
        ("f\"{os.environ['BUCKET']}\"", True),
        ("event['bucket']", False),
        ("f\"{event['x']}-of-the-stack\"", False),
        ("os.environ['NOT_SET']", False),
        ("os.environ['ALLOWED'] if event else os.environ['BUCKET']", False),
    ],
)
def test_what_is_not_known_may_be_allowed(folder: Path, bucket: str, is_found: bool) -> None:
    main_of(folder, f"    boto3.client('s3').get_object(Bucket={bucket}, Key=event['key'])")
    template = TEMPLATE.replace('Resource: "*"\n  Func', "Resource: arn:aws:s3:::allowed-of-the-stack/*\n  Func")
    template = with_variables(template, BUCKET="other", ALLOWED="allowed-of-the-stack")
    assert [each[2] for each in found(folder, template) if each[2] == "E9108"] == ["E9108"] * is_found


ASSUMES = """\
              - { Effect: Allow, Action: "sts:AssumeRole", Resource: "arn:aws:iam::111111111111:role/helper" }
  Function:
"""
AWAY = """\
    given = boto3.client("sts").assume_role(RoleArn=os.environ["ROLE"], RoleSessionName="a")["Credentials"]
    boto3.client("sqs", aws_access_key_id=given["AccessKeyId"]).send_message(QueueUrl=os.environ["QUEUE"])
    boto3.client("s3").get_object()"""
HELPER = "arn:aws:iam::111111111111:role/helper"
QUEUE = "https://sqs.eu-west-1.amazonaws.com/111111111111/calls"


def sends(resource: str) -> Given:
    """A role of the foundation that may send to a queue."""
    statement = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": resource}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return Given(roles={HELPER: {"documents": [document], "boundary": ""}})


def test_a_call_with_the_credentials_of_a_known_role_is_held_to_that_role(folder: Path) -> None:
    main_of(folder, AWAY)
    template = with_variables(TEMPLATE.replace("  Function:\n", ASSUMES), ROLE=HELPER, QUEUE=QUEUE)
    assert found(folder, template, sends("arn:aws:sqs:eu-west-1:111111111111:calls")) == []
    assert found(folder, template, sends("arn:aws:sqs:eu-west-1:111111111111:other")) == [
        (
            "app/main.py", 7, "E9108",
            "Function calls SendMessage of sqs on arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:calls, "
            "where arn:${AWS::Partition}:iam::${AWS::AccountId}:role/helper does not allow sqs:SendMessage",
        )
    ]  # fmt: skip
    assert found(folder, template) == []  # a role that nobody knows may do it


def test_assuming_is_a_call_of_the_functions_own_role(folder: Path) -> None:
    main_of(folder, AWAY)
    template = with_variables(TEMPLATE, ROLE=HELPER, QUEUE=QUEUE)
    assert [(line, problem) for _, line, _, problem in found(folder, template)] == [
        (6, "Function calls AssumeRole of sts, but Role does not allow sts:AssumeRole")
    ]
    other = with_variables(TEMPLATE.replace("  Function:\n", ASSUMES), ROLE=f"{HELPER}-2", QUEUE=QUEUE)
    assert [(line, rule) for _, line, rule, _ in found(folder, other)] == [(16, "E9109"), (6, "E9108")]


def test_a_role_of_the_same_template_that_is_assumed_is_known(folder: Path) -> None:
    main_of(folder, AWAY)
    helper = """\
  Helper:
    Type: AWS::IAM::Role
    Properties:
      RoleName: helper
      AssumeRolePolicyDocument:
        Statement: { Effect: Allow, Principal: { AWS: "111111111111" }, Action: "sts:AssumeRole" }
"""
    template = with_variables(TEMPLATE.replace("  Function:\n", ASSUMES), ROLE=HELPER, QUEUE=QUEUE)
    assert [each[3] for each in found(folder, template + helper)] == [
        "Function calls SendMessage of sqs, but Helper does not allow sqs:SendMessage"
    ]


def test_a_role_that_a_call_hands_to_a_service_must_be_one_that_may_be_passed(folder: Path) -> None:
    main_of(
        folder,
        "    boto3.client('s3').get_object()\n"
        "    boto3.client('cloudformation').create_stack(RoleARN=os.environ['ROLE'])",
    )
    stack = '              - { Effect: Allow, Action: "cloudformation:CreateStack", Resource: "*" }\n'
    passes = f'              - {{ Effect: Allow, Action: "iam:PassRole", Resource: "{HELPER}" }}\n'
    template = with_variables(TEMPLATE.replace("  Function:\n", f"{stack}{passes}  Function:\n"), ROLE=HELPER)
    assert found(folder, template) == []
    assert [each[3] for each in found(folder, template.replace(passes, ""))] == [
        "Function calls CreateStack of cloudformation, but Role does not allow iam:PassRole"
    ]


def test_lambdas_own_logs_are_those_of_the_function(folder: Path) -> None:
    template = TEMPLATE.replace(
        'PutLogEvents], Resource: "*"', 'PutLogEvents], Resource: "arn:aws:logs:*:*:log-group:other:*"'
    )
    template = f"{template}      LoggingConfig: {{ LogGroup: mine }}\n"
    assert sorted({each[2] for each in found(folder, template)}) == ["E9108", "E9109"]
    assert found(folder, template.replace("log-group:other", "log-group:mine")) == []


def test_a_policy_that_cannot_be_read_is_told(folder: Path) -> None:
    template = TEMPLATE.replace(
        "Action:\n                  - s3:GetObject", "Actions:\n                  - s3:GetObject"
    )
    assert ["it cannot be judged" in each[3] for each in found(folder, template) if each[2] == "E9108"] == [True]


def test_what_a_boundary_leaves_out_no_policy_gives(folder: Path) -> None:
    limit = "arn:aws:iam::111111111111:policy/limit"
    template = TEMPLATE.replace(
        "    Properties:\n      Assume", f"    Properties:\n      PermissionsBoundary: {limit}\n      Assume"
    )
    allowed = {"Effect": "Allow", "Action": ["logs:*", "s3:GetObject"], "Resource": "arn:aws:s3:::other/*"}
    logs = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    assert found(folder, template) == []  # nobody knows what the boundary says
    given = Given(boundaries={limit: {"Version": "2012-10-17", "Statement": [allowed, logs]}})
    assert [each[3] for each in found(folder, template, given)] == [
        "Function calls GetObject of s3 on arn:${AWS::Partition}:s3:::a/b, "
        "where the boundary of Role does not allow s3:GetObject"
    ]
