"""Drift of stacks in the landscape: what somebody changed by hand, told by DetectStackDrift and met by updates."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.cloudformation.test_stacks import NAMED, body, parameter
from tests.unit.emulator.cloudformation.things import POLICY, TRUST
from tests.unit.emulator.conftest import Tenant

SCHEMA_ONLY = {"Type": "AWS::Athena::WorkGroup", "Properties": {"Name": "w"}}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}],
}
BUCKET_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": "s3:DeleteBucket",
            "Resource": {"Fn::GetAtt": ["Bucket", "Arn"]},
        }
    ],
}
ALARM = {
    "AlarmName": "a",
    "Namespace": "N",
    "MetricName": "M",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 5,
    "ComparisonOperator": "GreaterThanThreshold",
}
RULE = {"Name": "r", "State": "ENABLED", "EventPattern": {"source": ["mine"]}}
FUNCTION = {"FunctionName": "f", "Runtime": "python3.13", "Handler": "i.h", "Timeout": 9, "Code": {"ZipFile": "x"}}
# One of each type whose properties can be read, as much of it as can be told.
READABLE: dict[str, dict[str, Any]] = {
    "Alarm": {"Type": "AWS::CloudWatch::Alarm", "Properties": ALARM},
    "Bucket": {
        "Type": "AWS::S3::Bucket",
        "Properties": {
            "VersioningConfiguration": {"Status": "Enabled"},
            "BucketEncryption": {
                "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
            },
            "PublicAccessBlockConfiguration": {
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
            "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
            "Tags": [{"Key": "own", "Value": "yes"}],
        },
    },
    "BucketPolicy": {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": {"Bucket": {"Ref": "Bucket"}, "PolicyDocument": BUCKET_POLICY},
    },
    "Function": {
        "Type": "AWS::Lambda::Function",
        "Properties": {
            **FUNCTION,
            "Role": {"Fn::GetAtt": ["Role", "Arn"]},
            "Environment": {"Variables": {"MODE": "b"}},
        },
    },
    "Group": {"Type": "AWS::Logs::LogGroup", "Properties": {"LogGroupName": "/g", "RetentionInDays": 7}},
    "Key": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": KEY_POLICY, "EnableKeyRotation": True}},
    "Managed": {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": {"ManagedPolicyName": "m", "PolicyDocument": POLICY, "Description": "d"},
    },
    "Parameter": parameter("/p", "v", DependsOn=[]),
    "Queue": {
        "Type": "AWS::SQS::Queue",
        "Properties": {"VisibilityTimeout": 45, "Tags": [{"Key": "own", "Value": "yes"}]},
    },
    "Repository": {
        "Type": "AWS::ECR::Repository",
        "Properties": {"RepositoryName": "images", "ImageTagMutability": "IMMUTABLE"},
    },
    "Role": {
        "Type": "AWS::IAM::Role",
        "Properties": {
            "AssumeRolePolicyDocument": TRUST,
            "Path": "/x/",
            "MaxSessionDuration": 7200,
            "Policies": [{"PolicyName": "own", "PolicyDocument": POLICY}],
        },
    },
    "Rule": {"Type": "AWS::Events::Rule", "Properties": RULE},
    "Table": {
        "Type": "AWS::DynamoDB::Table",
        "Properties": {
            "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
            "BillingMode": "PAY_PER_REQUEST",
        },
    },
    "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "d", "TopicName": "t"}},
}


def _detected(cloudformation: Any, name: str = "one") -> dict[str, dict[str, Any]]:
    """The resources that were checked, by logical id."""
    detection = cloudformation.detect_stack_drift(StackName=name)["StackDriftDetectionId"]
    status = cloudformation.describe_stack_drift_detection_status(StackDriftDetectionId=detection)
    assert status["DetectionStatus"] == "DETECTION_COMPLETE"
    found = cloudformation.describe_stack_resource_drifts(StackName=name)["StackResourceDrifts"]
    drifted = sum(each["StackResourceDriftStatus"] != "IN_SYNC" for each in found)
    assert status["DriftedStackResourceCount"] == drifted
    assert status["StackDriftStatus"] == ("DRIFTED" if drifted else "IN_SYNC")
    return {each["LogicalResourceId"]: each for each in found}


@pytest.fixture
def stack(tenant: Tenant) -> Any:
    """A client of an account with a stack of everything that can be read, and one thing that cannot."""
    cloudformation = tenant.client("cloudformation")
    tags = [{"Key": "team", "Value": "risk"}]
    cloudformation.create_stack(
        StackName="one", TemplateBody=body(Group0=SCHEMA_ONLY, **READABLE), Capabilities=NAMED, Tags=tags
    )
    made = cloudformation.describe_stacks(StackName="one")["Stacks"][0]
    events = cloudformation.describe_stack_events(StackName="one")["StackEvents"]
    assert made["StackStatus"] == "CREATE_COMPLETE", [
        each.get("ResourceStatusReason") for each in events if each["ResourceStatus"] == "CREATE_FAILED"
    ]
    return cloudformation


def test_a_fresh_stack_is_in_sync_in_every_type_that_can_be_read(stack: Any) -> None:
    found = _detected(stack)
    assert {name: each.get("PropertyDifferences") for name, each in found.items()} == {name: [] for name in READABLE}
    for name, each in found.items():  # nothing that the template sets is left out, but what no service tells
        told = set(json.loads(each["ActualProperties"]))
        assert set(READABLE[name]["Properties"]) - told <= {"Code"}, name


def test_what_was_changed_by_hand_is_told_with_its_place(stack: Any, tenant: Tenant) -> None:
    queue = stack.describe_stack_resource(StackName="one", LogicalResourceId="Queue")["StackResourceDetail"]
    url = queue["PhysicalResourceId"]
    tenant.client("sqs").set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": "90"})
    tenant.client("ssm").delete_parameter(Name="/p")
    found = _detected(stack)
    drifted = {name: each["StackResourceDriftStatus"] for name, each in found.items()}
    assert {name: status for name, status in drifted.items() if status != "IN_SYNC"} == {
        "Queue": "MODIFIED",
        "Parameter": "DELETED",
    }
    assert found["Queue"]["PropertyDifferences"] == [
        {
            "PropertyPath": "/VisibilityTimeout",
            "ExpectedValue": "45",
            "ActualValue": "90",
            "DifferenceType": "NOT_EQUAL",
        }
    ]
    assert stack.describe_stacks(StackName="one")["Stacks"][0]["DriftInformation"]["StackDriftStatus"] == "DRIFTED"
    shown = stack.describe_stack_resources(StackName="one")["StackResources"]
    statuses = {each["LogicalResourceId"]: each["DriftInformation"]["StackResourceDriftStatus"] for each in shown}
    assert (statuses["Queue"], statuses["Parameter"], statuses["Group0"]) == ("MODIFIED", "DELETED", "NOT_CHECKED")


def test_one_resource_can_be_looked_at_alone(stack: Any) -> None:
    alone = stack.detect_stack_resource_drift(StackName="one", LogicalResourceId="Queue")["StackResourceDrift"]
    assert alone["StackResourceDriftStatus"] == "IN_SYNC"
    found = stack.describe_stack_resource_drifts(StackName="one")["StackResourceDrifts"]
    assert [each["LogicalResourceId"] for each in found] == ["Queue"]
    with pytest.raises(ClientError, match="not supported for resource type AWS::Athena::WorkGroup"):
        stack.detect_stack_resource_drift(StackName="one", LogicalResourceId="Group0")


def test_an_update_of_a_resource_that_was_deleted_by_hand_fails_and_one_beside_it_does_not(
    stack: Any, tenant: Tenant
) -> None:
    tenant.client("sns").delete_topic(
        TopicArn=f"arn:aws:sns:eu-west-1:{tenant.id}:t",
    )
    beside = {**READABLE, "Group": {**READABLE["Group"], "Properties": {"LogGroupName": "/g", "RetentionInDays": 14}}}
    stack.update_stack(StackName="one", TemplateBody=body(Group0=SCHEMA_ONLY, **beside), Capabilities=NAMED)
    assert stack.describe_stacks(StackName="one")["Stacks"][0]["StackStatus"] == "UPDATE_COMPLETE"
    touched = {**beside, "Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": "e", "TopicName": "t"}}}
    stack.update_stack(StackName="one", TemplateBody=body(Group0=SCHEMA_ONLY, **touched), Capabilities=NAMED)
    assert stack.describe_stacks(StackName="one")["Stacks"][0]["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    events = stack.describe_stack_events(StackName="one")["StackEvents"]
    failed = next(each for each in events if each["ResourceStatus"] == "UPDATE_FAILED")
    assert failed["LogicalResourceId"] == "Topic"
    assert "NotFound" in failed["ResourceStatusReason"]


def test_an_update_sets_back_what_it_changes_anyway(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/p", "v")))
    ssm = tenant.client("ssm")
    ssm.put_parameter(Name="/p", Value="by hand", Type="String", Overwrite=True)
    with pytest.raises(ClientError, match="No updates are to be performed"):
        cloudformation.update_stack(StackName="one", TemplateBody=body(P=parameter("/p", "v")))
    cloudformation.update_stack(StackName="one", TemplateBody=body(P=parameter("/p", "w")))
    assert ssm.get_parameter(Name="/p")["Parameter"]["Value"] == "w"


def test_a_stack_whose_resources_were_deleted_by_hand_can_be_deleted(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/p", "v"), Topic=READABLE["Topic"]))
    tenant.client("ssm").delete_parameter(Name="/p")
    tenant.client("sns").delete_topic(TopicArn=f"arn:aws:sns:eu-west-1:{tenant.id}:t")
    cloudformation.delete_stack(StackName="one")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="one")
