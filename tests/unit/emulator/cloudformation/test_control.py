"""Imports, stack policies, rollbacks that stop, cancelled updates and retained resources, through the API."""

from __future__ import annotations

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.cfn.model import ResourceFailure, ResourceRequest, ResourceState
from harness.cfn.provider import SchemaProvider
from harness.emulator.cloudformation.provider import Cancellable
from tests.unit.emulator.cloudformation.test_stacks import body, parameter
from tests.unit.emulator.conftest import Tenant


def _status(cloudformation: Any, name: str = "one") -> str:
    return str(cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])


def _queue(name: str, **more: Any) -> dict[str, Any]:
    return {"Type": "AWS::SQS::Queue", "DeletionPolicy": "Retain", "Properties": {"QueueName": name}, **more}


def _import(cloudformation: Any, template: str, url: str, name: str = "one") -> dict[str, Any]:
    wanted = {"ResourceType": "AWS::SQS::Queue", "LogicalResourceId": "Q", "ResourceIdentifier": {"QueueUrl": url}}
    made = cloudformation.create_change_set(
        StackName=name,
        ChangeSetName="take-in",
        ChangeSetType="IMPORT",
        TemplateBody=template,
        ResourcesToImport=[wanted],
    )
    return dict(cloudformation.describe_change_set(ChangeSetName=made["Id"]))


def test_a_queue_that_somebody_made_is_taken_into_a_stack_and_managed_from_then_on(tenant: Tenant) -> None:
    cloudformation, sqs = tenant.client("cloudformation"), tenant.client("sqs")
    url = sqs.create_queue(QueueName="by-hand")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="kept")
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one")))
    told = _import(cloudformation, body(P=parameter("/one"), Q=_queue("by-hand")), url)
    assert told["Status"] == "CREATE_COMPLETE"
    (change,) = (each["ResourceChange"] for each in told["Changes"])
    assert (change["Action"], change["PhysicalResourceId"]) == ("Import", url)
    cloudformation.execute_change_set(ChangeSetName=told["ChangeSetId"])
    cloudformation.get_waiter("stack_import_complete").wait(StackName="one")
    assert sqs.receive_message(QueueUrl=url)["Messages"][0]["Body"] == "kept"
    slower = _queue("by-hand", Properties={"QueueName": "by-hand", "VisibilityTimeout": 77})
    cloudformation.update_stack(StackName="one", TemplateBody=body(P=parameter("/one"), Q=slower))
    assert _status(cloudformation) == "UPDATE_COMPLETE"
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["VisibilityTimeout"])["Attributes"]
    assert found["VisibilityTimeout"] == "77"


def test_what_a_deleted_stack_retained_makes_a_new_stack(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=body(Q=_queue("kept")))
    url = cloudformation.describe_stack_resource(StackName="one", LogicalResourceId="Q")["StackResourceDetail"][
        "PhysicalResourceId"
    ]
    held = _import(cloudformation, body(Q=_queue("kept")), url, "two")
    assert (held["Status"], held["ExecutionStatus"]) == ("FAILED", "UNAVAILABLE")
    assert f"{url} already exists in stack arn:" in held["StatusReason"]
    cloudformation.delete_change_set(ChangeSetName=held["ChangeSetId"])
    cloudformation.delete_stack(StackName="one")
    told = _import(cloudformation, body(Q=_queue("kept")), url, "two")
    cloudformation.execute_change_set(ChangeSetName=told["ChangeSetId"])
    assert _status(cloudformation, "two") == "IMPORT_COMPLETE"


def test_a_queue_that_is_not_there_fails_the_change_set(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    url = f"https://sqs.eu-west-1.amazonaws.com/{tenant.id}/ghost"
    told = _import(cloudformation, body(Q=_queue("ghost")), url)
    assert (told["Status"], told["ExecutionStatus"], told["Changes"]) == ("FAILED", "UNAVAILABLE", [])
    assert told["StatusReason"] == f"Resource of type 'AWS::SQS::Queue' with identifier '{url}' was not found."
    with pytest.raises(ClientError, match="must have DeletionPolicy attribute"):
        _import(cloudformation, body(Q={"Type": "AWS::SQS::Queue"}), url, "other")
    with pytest.raises(ClientError, match="Stack with id other does not exist"):
        cloudformation.describe_stacks(StackName="other")


ALLOWED = {"Effect": "Allow", "Action": "Update:*", "Principal": "*", "Resource": "*"}
DENIED = {"Effect": "Deny", "Action": "Update:*", "Principal": "*", "Resource": "LogicalResourceId/P"}


def test_a_stack_policy_protects_until_one_update_overrides_it(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one", "a")))
    assert "StackPolicyBody" not in cloudformation.get_stack_policy(StackName="one")
    policy = json.dumps({"Statement": [ALLOWED, DENIED]})
    cloudformation.set_stack_policy(StackName="one", StackPolicyBody=policy)
    assert cloudformation.get_stack_policy(StackName="one")["StackPolicyBody"] == policy
    changed = body(P=parameter("/one", "b"))
    cloudformation.update_stack(StackName="one", TemplateBody=changed)
    assert _status(cloudformation) == "UPDATE_ROLLBACK_COMPLETE"
    during = json.dumps({"Statement": [ALLOWED]})
    cloudformation.update_stack(StackName="one", TemplateBody=changed, StackPolicyDuringUpdateBody=during)
    assert _status(cloudformation) == "UPDATE_COMPLETE"
    with pytest.raises(ClientError, match="Invalid stack policy"):
        cloudformation.set_stack_policy(StackName="one", StackPolicyBody="{}")


def _told_queue(lets_in: bool, tells: bool) -> dict[str, Any]:
    """A bucket that tells a queue of its objects, which S3 lets be configured only while the queue lets S3 in."""
    statement = {
        "Effect": "Allow" if lets_in else "Deny",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": {"Fn::GetAtt": ["Q", "Arn"]},
    }
    told = {"QueueConfigurations": [{"Event": "s3:ObjectCreated:*", "Queue": {"Fn::GetAtt": ["Q", "Arn"]}}]}
    policy = {"Version": "2012-10-17", "Statement": [statement]}
    return {
        "Q": {"Type": "AWS::SQS::Queue"},
        "Door": {"Type": "AWS::SQS::QueuePolicy", "Properties": {"Queues": [{"Ref": "Q"}], "PolicyDocument": policy}},
        "B": {
            "Type": "AWS::S3::Bucket",
            "DependsOn": "Door",
            "Properties": {"NotificationConfiguration": told} if tells else {},
        },
    }


@pytest.fixture
def stopped(tenant: Tenant) -> Any:
    """A client of an account whose stack stands in UPDATE_ROLLBACK_FAILED: the bucket is set back before the door."""
    cloudformation = tenant.client("cloudformation")
    tenant.client("ssm").put_parameter(Name="/taken", Value="x", Type="String")
    cloudformation.create_stack(StackName="one", TemplateBody=body(**_told_queue(lets_in=True, tells=True)))
    assert _status(cloudformation) == "CREATE_COMPLETE"
    late = parameter("/taken", DependsOn="B")
    cloudformation.update_stack(
        StackName="one", TemplateBody=body(Late=late, **_told_queue(lets_in=False, tells=False))
    )
    assert _status(cloudformation) == "UPDATE_ROLLBACK_FAILED"
    return cloudformation


def test_a_rollback_that_stopped_goes_on_when_what_stopped_it_is_gone(stopped: Any, tenant: Tenant) -> None:
    with pytest.raises(ClientError, match="is in UPDATE_ROLLBACK_FAILED state and can not be updated"):
        stopped.update_stack(StackName="one", UsePreviousTemplate=True)
    stopped.continue_update_rollback(StackName="one")
    assert _status(stopped) == "UPDATE_ROLLBACK_COMPLETE"
    bucket = stopped.describe_stack_resource(StackName="one", LogicalResourceId="B")["StackResourceDetail"]
    told = tenant.client("s3").get_bucket_notification_configuration(Bucket=bucket["PhysicalResourceId"])
    assert len(told["QueueConfigurations"]) == 1
    with pytest.raises(ClientError, match="ContinueUpdateRollback cannot be called from current stack status"):
        stopped.continue_update_rollback(StackName="one")


def test_a_rollback_that_stopped_goes_on_without_the_resource_that_stopped_it(stopped: Any, tenant: Tenant) -> None:
    stopped.continue_update_rollback(StackName="one", ResourcesToSkip=["B"])
    assert _status(stopped) == "UPDATE_ROLLBACK_COMPLETE"
    bucket = stopped.describe_stack_resource(StackName="one", LogicalResourceId="B")["StackResourceDetail"]
    told = tenant.client("s3").get_bucket_notification_configuration(Bucket=bucket["PhysicalResourceId"])
    assert "QueueConfigurations" not in told


def test_an_update_that_is_over_cannot_be_cancelled(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one", "a")))
    with pytest.raises(ClientError, match="CancelUpdateStack cannot be called from current stack status"):
        cloudformation.cancel_update_stack(StackName="one")


def test_a_cancelled_update_fails_once_at_its_next_resource() -> None:
    answers = [False, True, False]
    provider = Cancellable(SchemaProvider(), lambda: answers.pop(0))
    request = ResourceRequest("T", "AWS::SNS::Topic", {}, "one", "arn", "111111111111", "eu-west-1", {}, "ABCDEFGHIJKL")
    made = provider.create(request)
    state = ResourceState("T", request.type, made.physical_id, "CREATE_COMPLETE", {}, made.attributes)
    with pytest.raises(ResourceFailure, match="Resource update cancelled"):
        provider.update(request, state)
    assert provider.update(request, state).physical_id == made.physical_id


def test_a_deletion_that_failed_goes_on_without_what_is_to_be_retained(tenant: Tenant) -> None:
    cloudformation, s3 = tenant.client("cloudformation"), tenant.client("s3")
    template = body(B={"Type": "AWS::S3::Bucket"}, P=parameter("/one"))
    cloudformation.create_stack(StackName="one", TemplateBody=template)
    bucket = cloudformation.describe_stack_resource(StackName="one", LogicalResourceId="B")["StackResourceDetail"][
        "PhysicalResourceId"
    ]
    s3.put_object(Bucket=bucket, Key="k", Body=b"x")
    with pytest.raises(ClientError, match="only when the stack is in the DELETE_FAILED state"):
        cloudformation.delete_stack(StackName="one", RetainResources=["B"])
    cloudformation.delete_stack(StackName="one")
    assert _status(cloudformation) == "DELETE_FAILED"
    stack_id = cloudformation.describe_stacks(StackName="one")["Stacks"][0]["StackId"]
    events = cloudformation.describe_stack_events(StackName="one")["StackEvents"]
    failed = next(
        each for each in events if each["ResourceStatus"] == "DELETE_FAILED" and each["LogicalResourceId"] == "B"
    )
    assert "The bucket you tried to delete is not empty" in failed["ResourceStatusReason"]
    cloudformation.delete_stack(StackName="one", RetainResources=["B"])
    assert _status(cloudformation, stack_id) == "DELETE_COMPLETE"
    assert s3.list_objects_v2(Bucket=bucket)["KeyCount"] == 1


def test_what_is_not_modelled_is_refused_by_its_name(tenant: Tenant) -> None:
    cloudformation = tenant.client("cloudformation")
    cloudformation.create_stack(StackName="one", TemplateBody=body(P=parameter("/one")))
    with pytest.raises(ClientError, match="not model DeletionMode FORCE_DELETE_STACK of DeleteStack of cloudformation"):
        cloudformation.delete_stack(StackName="one", DeletionMode="FORCE_DELETE_STACK")
    change = {"StackName": "one", "ChangeSetName": "c", "UsePreviousTemplate": True}
    for member, value in (
        ("ImportExistingResources", True),
        ("IncludeNestedStacks", True),
        ("OnStackFailure", "DELETE"),
    ):
        with pytest.raises(ClientError, match=f"not model {member} of CreateChangeSet of cloudformation"):
            cloudformation.create_change_set(**change, **{member: value})
    trigger = {"Arn": "arn:aws:cloudwatch:eu-west-1:1:alarm:a", "Type": "AWS::CloudWatch::Alarm"}
    for member, given in (
        ("RollbackTriggers", {"RollbackConfiguration": {"RollbackTriggers": [trigger]}}),
        ("ResourceTypes", {"ResourceTypes": ["AWS::SSM::*"]}),
        ("RetainExceptOnCreate", {"RetainExceptOnCreate": True}),
    ):
        with pytest.raises(ClientError, match=f"not model {member} of UpdateStack of cloudformation"):
            cloudformation.update_stack(StackName="one", UsePreviousTemplate=True, **given)
    with pytest.raises(ClientError, match="RollbackStack"):
        cloudformation.rollback_stack(StackName="one")
    assert _status(cloudformation) == "CREATE_COMPLETE"


def test_tags_that_are_aws_own_are_refused(tenant: Tenant) -> None:
    tags = [{"Key": "AWS:cloudformation:stack-name", "Value": "other"}]
    with pytest.raises(ClientError, match="aws: prefixed tag key names are not allowed for external use"):
        tenant.client("cloudformation").create_stack(StackName="one", TemplateBody=body(P=parameter("/one")), Tags=tags)
