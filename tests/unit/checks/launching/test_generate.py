"""What the generator gives a template: what its handlers call, on what it names, under the conditions of the rules."""

from __future__ import annotations

import fnmatch

import pytest

from harness.checks.launching.generate import Ground, generate
from harness.checks.launching.narrow import NARROWINGS, Narrowing
from harness.checks.launching.statements import Condition, Statement
from harness.iam import reference
from tests.unit.checks.launching.grounds import FUNCTION, GROUND, PARAMETERS, ROLE, statements

ARN = "arn:${AWS::Partition}"
BOUNDARY = Condition(
    "StringEquals", "iam:PermissionsBoundary", (f"{ARN}:iam::${{AWS::AccountId}}:policy/platform-boundary",)
)
MADE_ROLE = f"{ARN}:iam::${{AWS::AccountId}}:role/platform/functions/SC-${{AWS::AccountId}}-pp-*-Role-*"
KEY = """
  Key:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy: {}
      Tags: [{ Key: platform:product, Value: demo }]
"""


def test_a_new_products_template_gives_exactly_its_statements() -> None:
    queue = f"{ARN}:sqs:*:${{AWS::AccountId}}:SC-${{AWS::AccountId}}-pp-*-Queue-*"
    passed = Condition("StringEquals", "iam:PassedToService", ("scheduler.amazonaws.com",))
    schedule = """
  Schedule:
    Type: AWS::Scheduler::Schedule
    Properties:
      Name: nightly
      Target: { Arn: !GetAtt Queue.Arn, RoleArn: !GetAtt Role.Arn }
"""
    assert list(statements(f"  Queue: {{ Type: AWS::SQS::Queue }}\n{ROLE}{schedule}").values()) == [
        Statement(
            "IamRole",
            "AWS::IAM::Role: the product makes Role",
            (
                "iam:DeleteRole",
                "iam:GetRole",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListRolePolicies",
                "iam:TagRole",
                "iam:UntagRole",
                "iam:UpdateRole",
                "iam:UpdateRoleDescription",
            ),
            (MADE_ROLE,),
        ),
        Statement(
            "IamRoleWithBoundary",
            "AWS::IAM::Role: never without the boundary",
            (
                "iam:CreateRole",
                "iam:DeleteRolePolicy",
                "iam:PutRolePermissionsBoundary",
                "iam:PutRolePolicy",
                "iam:UpdateAssumeRolePolicy",
            ),
            (MADE_ROLE,),
            (BOUNDARY,),
        ),
        Statement(
            "PassRoleToScheduler",
            "AWS::Scheduler::Schedule: each role goes to the one service that acts with it",
            ("iam:PassRole",),
            (MADE_ROLE,),
            (passed,),
        ),
        Statement(
            "SchedulerSchedule",
            "AWS::Scheduler::Schedule: the product makes Schedule",
            (
                "scheduler:CreateSchedule",
                "scheduler:DeleteSchedule",
                "scheduler:GetSchedule",
                "scheduler:UpdateSchedule",
            ),
            (f"{ARN}:scheduler:*:${{AWS::AccountId}}:schedule/default/nightly",),
        ),
        Statement(
            "SqsQueue",
            "AWS::SQS::Queue: the product makes Queue",
            (
                "sqs:CreateQueue",
                "sqs:DeleteQueue",
                "sqs:GetQueueAttributes",
                "sqs:GetQueueUrl",
                "sqs:ListQueueTags",
                "sqs:SetQueueAttributes",
                "sqs:TagQueue",
                "sqs:UntagQueue",
            ),
            (queue,),
        ),
    ]


def test_the_same_templates_give_the_same_statements() -> None:
    texts = {"demo": PARAMETERS + ROLE + FUNCTION, "demo@1.0.0": PARAMETERS + KEY}
    turned = dict(reversed(texts.items()))
    assert generate(texts, GROUND) == generate(texts, GROUND) == generate(turned, GROUND)


def test_what_every_launch_role_has_is_not_given_again() -> None:
    given = {action for each in statements(ROLE + FUNCTION).values() for action in each.actions}
    assert not given & {"s3:GetObject", "ssm:GetParameters", "cloudformation:CreateStack"}


def test_a_release_keeps_the_rights_that_its_stacks_need() -> None:
    gone = f"{ARN}:sns:*:${{AWS::AccountId}}:SC-${{AWS::AccountId}}-pp-*-Gone-*"
    now = "  Topic: { Type: AWS::SNS::Topic }\n"
    assert gone in statements(now, "  Gone: { Type: AWS::SNS::Topic }\n")["SnsTopic"].resources
    assert gone not in statements(now)["SnsTopic"].resources


def test_what_is_kept_for_good_is_not_deleted() -> None:
    bucket = "  Files: {{ Type: AWS::S3::Bucket, DeletionPolicy: {0} }}\n"
    assert "s3:DeleteBucket" not in statements(bucket.format("Retain"))["S3Bucket"].actions
    assert "s3:DeleteBucket" in statements(bucket.format("RetainExceptOnCreate"))["S3Bucket"].actions


def test_a_key_is_this_products_by_its_tag_from_its_birth_to_its_end() -> None:
    found = statements(KEY)
    own = Condition("StringEquals", "aws:ResourceTag/platform:product", ("demo",))
    born = Condition("StringEquals", "aws:RequestTag/platform:product", ("demo",))
    assert found["KmsNewKey"].conditions == (born,)
    never_over_anothers = Condition("StringEqualsIfExists", "aws:ResourceTag/platform:product", ("demo",))
    assert found["KmsKeyTagged"].conditions == (born, never_over_anothers)
    assert found["KmsKeyOfDemo"].conditions == (own,)
    thirty = Condition("NumericGreaterThanEquals", "kms:ScheduleKeyDeletionPendingWindowInDays", ("30",))
    assert found["KmsKeyOfDemoDeletion"].conditions == (thirty, own)
    assert not [each for each in found.values() if ":key/" in str(each.resources) and not each.conditions]


def test_a_key_without_a_tag_may_not_be_made() -> None:
    untagged = KEY.replace("Tags: [{ Key: platform:product, Value: demo }]", "Enabled: true")
    assert not statements(untagged)


def test_a_key_of_the_foundation_is_used_through_services_alone() -> None:
    table = """
  Table: { Type: AWS::DynamoDB::Table, Properties: { SSESpecification: { KMSMasterKeyId: !Ref DataKeyArn } } }
"""
    found = statements(table + ROLE + FUNCTION.replace("Code:", "KmsKeyArn: !Ref DataKeyArn\n      Code:"))
    owner = Condition("StringEquals", "aws:ResourceTag/platform:product", ("foundation",))
    through = Condition("StringLike", "kms:ViaService", ("dynamodb.*.amazonaws.com", "lambda.*.amazonaws.com"), True)
    assert found["KmsKeyOfFoundation"].conditions == (owner, through)
    assert found["KmsKeyOfFoundationGrants"].conditions == (
        Condition("Bool", "kms:GrantIsForAWSResource", ("true",)),
        owner,
    )


def test_a_role_without_the_boundary_may_not_be_made() -> None:
    bare = ROLE.replace("PermissionsBoundary: !Ref BoundaryArn", "Description: x")
    given = {action for each in statements(bare).values() for action in each.actions}
    assert "iam:GetRole" in given
    assert not {"iam:CreateRole", "iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy"} & given


def test_only_the_policies_that_a_role_names_are_attached_to_it() -> None:
    role = ROLE.replace("Path:", "ManagedPolicyArns: [arn:aws:iam::aws:policy/ReadOnlyAccess]\n      Path:")
    wanted = Condition("ArnLike", "iam:PolicyARN", (f"{ARN}:iam::aws:policy/ReadOnlyAccess",), True)
    assert statements(role)["IamRoleWithBoundaryAndPolicy"].conditions == (wanted, BOUNDARY)


def test_a_policy_is_attached_to_the_role_that_it_names_and_to_no_other() -> None:
    other = ROLE.replace("  Role:", "  Other:").replace("/functions/", "/events/")
    policy = "  {0}s: {{ Type: AWS::IAM::ManagedPolicy, Properties: {{ Roles: [!Ref {0}], PolicyDocument: {{}} }} }}\n"
    found = statements(ROLE + other + policy.format("Role") + policy.format("Other"))
    attached = {
        (*each.resources, *each.conditions[0].values)
        for each in found.values()
        if "iam:AttachRolePolicy" in each.actions
    }
    named = f"{ARN}:iam::${{AWS::AccountId}}:policy/SC-${{AWS::AccountId}}-pp-*"
    other_role = MADE_ROLE.replace("functions", "events").replace("-Role-", "-Other-")
    assert attached == {(MADE_ROLE, f"{named}-Roles-*"), (other_role, f"{named}-Others-*")}


def test_security_groups_are_any_but_the_foundations_in_whatever_vpc() -> None:
    group = "  Group: { Type: AWS::EC2::SecurityGroup, Properties: { GroupDescription: x, VpcId: !Ref Name } }\n"
    found = statements(group)
    others = Condition("StringNotEquals", "aws:ResourceTag/platform:product", ("foundation",))
    assert found["Ec2SecurityGroupButTheFoundations"].conditions == (others,)
    assert (found["Ec2Vpc"].resources, found["Ec2Vpc"].conditions) == ((f"{ARN}:ec2:*:*:vpc/*",), ())
    assert set(found) == {"Ec2SecurityGroupButTheFoundations", "Ec2Vpc", "Unnamed"}


def test_a_role_is_passed_to_the_service_as_iam_calls_it() -> None:
    machine = "  Machine: { Type: AWS::StepFunctions::StateMachine, Properties: { RoleArn: !GetAtt Role.Arn } }\n"
    (passed,) = [each for each in statements(ROLE + machine).values() if "iam:PassRole" in each.actions]
    assert passed.conditions == (Condition("StringEquals", "iam:PassedToService", ("states.amazonaws.com",)),)


def test_a_log_group_is_asked_for_with_and_without_what_lies_in_it() -> None:
    found = statements("  Logs: { Type: AWS::Logs::LogGroup, Properties: { LogGroupName: /platform/x } }\n")
    group = f"{ARN}:logs:*:${{AWS::AccountId}}:log-group:/platform/x"
    assert found["LogsLogGroup"].resources == (group, f"{group}:*")


def test_a_statement_that_nothing_narrows_says_what_it_is_about() -> None:
    named = "  Topic: { Type: AWS::SNS::Topic }\n  More: { Type: AWS::SNS::Topic }\n"
    chosen = "  Group: { Type: AWS::SageMaker::ModelPackageGroup, Properties: { ModelPackageGroupName: !Ref Name } }\n"
    found = statements(named + chosen + "  Hook: { Type: AWS::EC2::SecurityGroup, Properties: { VpcId: !Ref Name } }\n")
    assert found["SnsTopic"].reason == "AWS::SNS::Topic: the product makes More and Topic"
    chosen_at_launch = "what it is called is chosen at launch, hence any of its kind"
    assert found["SagemakerModelPackageGroup"].reason == (
        f"AWS::SageMaker::ModelPackageGroup: the product makes Group; {chosen_at_launch}"
    )
    long = statements("  NotificationsOfEveryone: { Type: AWS::SNS::Topic }\n")["SnsTopic"]
    assert long.reason == (
        "AWS::SNS::Topic: the product makes NotificationsOfEveryone; names so long may be cut, hence any that begins"
        " so, of other products too"
    )
    assert found["Ec2Vpc"].reason == f"AWS::EC2::SecurityGroup: needed for Hook; {chosen_at_launch}"


def test_a_type_that_no_rule_knows_has_its_own_arn_and_keys_and_buckets_only_where_it_names_them() -> None:
    group = "  Queries: { Type: AWS::Athena::WorkGroup, Properties: { Name: !Sub '${Name}-queries' } }\n"
    found = statements(group)
    assert set(found) == {"AthenaWorkGroup", "IamRoleLinkedToAthena"}
    assert found["AthenaWorkGroup"].resources == (f"{ARN}:athena:*:${{AWS::AccountId}}:workgroup/*-queries",)
    assert found["IamRoleLinkedToAthena"].resources == (
        f"{ARN}:iam::${{AWS::AccountId}}:role/aws-service-role/athena.amazonaws.com/*",
    )


def test_what_takes_no_resource_is_one_statement_that_says_so() -> None:
    logs = "  Logs: { Type: AWS::Logs::LogGroup }\n"
    alias = "  Alias: { Type: AWS::KMS::Alias, Properties: { AliasName: alias/a, TargetKeyId: !Ref Key } }\n"
    unnamed = statements(logs + KEY + alias)["Unnamed"]
    assert unnamed.reason == "AWS::KMS::Alias and AWS::Logs::LogGroup: IAM knows no resource for these actions"
    assert unnamed.resources == ("*",)
    assert "kms:ListAliases" in unnamed.actions


def test_the_account_of_a_registry_that_is_the_hub_is_written_like_any() -> None:
    (foundation,) = GROUND.foundations.values()
    hub = Ground({"foundation/hub": ("111111111111", foundation[1])}, account="111111111111")
    found = statements(ROLE + FUNCTION, ground=hub)
    assert found == statements(ROLE + FUNCTION)
    assert "111111111111" not in str(found)


@pytest.mark.parametrize("line", NARROWINGS, ids=lambda each: f"{each.actions[0]} {each.key}")
def test_every_narrowing_is_about_an_action_that_offers_its_key(line: Narrowing) -> None:
    """IAM matches a key that an action does not offer with nothing, and tells nobody."""
    for pattern in line.actions:
        service = pattern.partition(":")[0]
        known = [reference.action(service, name) for name in reference.names(service)]
        fitting = [one for one in known if one is not None and fnmatch.fnmatchcase(one.name, pattern)]
        assert any(one.offers(line.key) for one in fitting), pattern
    assert line.reason
