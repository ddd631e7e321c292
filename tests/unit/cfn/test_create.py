"""Creating stacks: order, events, outputs, failure and what follows it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.cfn.model import StackError, StackRequest
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import create_stack
from tests.unit.cfn.engine import (
    AROUND,
    FailingProvider,
    clock,
    create,
    one,
    outputs,
    reasons,
    refusal,
    request,
    story,
)

CHAIN = """
Resources:
  Policy:
    Type: AWS::SNS::TopicPolicy
    Properties: {Topics: [!Ref Topic], PolicyDocument: {Version: 2012-10-17, Statement: []}}
  Topic: {Type: AWS::SNS::Topic, DependsOn: Queue}
  Queue: {Type: AWS::SQS::Queue}
  Other: {Type: AWS::SQS::Queue}
Outputs:
  Topic: {Value: !Ref Topic, Description: a topic, Export: {Name: !Sub '${AWS::StackName}-topic'}}
  Name: {Value: !GetAtt Queue.QueueName}
"""


def test_resources_are_created_in_dependency_order() -> None:
    assert story(create(CHAIN)) == [
        "app CREATE_IN_PROGRESS",
        "Queue CREATE_IN_PROGRESS",
        "Other CREATE_IN_PROGRESS",
        "Queue CREATE_COMPLETE",
        "Other CREATE_COMPLETE",
        "Topic CREATE_IN_PROGRESS",
        "Topic CREATE_COMPLETE",
        "Policy CREATE_IN_PROGRESS",
        "Policy CREATE_COMPLETE",
        "app CREATE_COMPLETE",
    ]


def test_outputs_and_exports_are_resolved() -> None:
    outcome = create(CHAIN)
    topic = outcome.state.resource("Topic")
    queue = outcome.state.resource("Queue")
    assert topic is not None
    assert queue is not None
    assert outputs(outcome) == {"Topic": topic.physical_id, "Name": queue.physical_id.rpartition("/")[2]}
    assert outcome.state.outputs[0].export_name == "app-topic"
    assert outcome.state.outputs[0].description == "a topic"


def test_a_resource_is_told_begun_then_by_its_physical_id_then_complete() -> None:
    outcome = create(CHAIN)
    told = [(each.status, bool(each.physical_id), each.reason) for each in outcome.events if each.logical_id == "Queue"]
    assert told == [
        ("CREATE_IN_PROGRESS", False, ""),
        ("CREATE_IN_PROGRESS", True, "Resource creation Initiated"),
        ("CREATE_COMPLETE", True, ""),
    ]


def test_a_failure_cancels_what_was_begun_and_rolls_back_in_reverse() -> None:
    outcome = create(CHAIN, provider=FailingProvider("create Topic"))
    assert story(outcome)[5:] == [
        "Topic CREATE_IN_PROGRESS",
        "Topic CREATE_FAILED",
        "app ROLLBACK_IN_PROGRESS",
        "Topic DELETE_COMPLETE",
        "Other DELETE_IN_PROGRESS",
        "Other DELETE_COMPLETE",
        "Queue DELETE_IN_PROGRESS",
        "Queue DELETE_COMPLETE",
        "app ROLLBACK_COMPLETE",
    ]
    assert outcome.state.status == "ROLLBACK_COMPLETE"
    assert outcome.state.resources == ()
    assert outcome.state.outputs == ()
    assert outcome.state.reason == ("The following resource(s) failed to create: [Topic]. Rollback requested by user.")


def test_resources_begun_beside_the_failed_one_are_told_as_cancelled() -> None:
    outcome = create(CHAIN, provider=FailingProvider("create Queue"))
    assert reasons(outcome)["Queue"] == "cannot create Queue"
    assert reasons(outcome)["Other"] == "Resource creation cancelled"
    assert outcome.state.reason.startswith("The following resource(s) failed to create: [Queue, Other].")


def test_a_property_that_is_wrong_fails_the_resource_and_not_the_call() -> None:
    outcome = create(one("AWS::SQS::Queue", "{VisibilityTimeout: soon}"))
    assert outcome.state.status == "ROLLBACK_COMPLETE"
    assert reasons(outcome)["Thing"] == (
        "Properties validation failed for resource Thing with message: #/VisibilityTimeout: expected type: Integer, "
        "found: String"
    )


@pytest.mark.parametrize(("policy", "remains"), [("Delete", False), ("Retain", True), ("RetainExceptOnCreate", False)])
def test_what_remains_of_a_rolled_back_creation(policy: str, remains: bool) -> None:
    template = f"""
Resources:
  Kept: {{Type: AWS::SQS::Queue, DeletionPolicy: {policy}}}
  Bad: {{Type: AWS::SNS::Topic, DependsOn: Kept}}
"""
    outcome = create(template, provider=FailingProvider("create Bad"))
    assert [each.logical_id for each in outcome.state.resources] == (["Kept"] if remains else [])


def test_one_name_cannot_be_used_twice() -> None:
    template = """
Resources:
  First: {Type: AWS::S3::Bucket, Properties: {BucketName: mine}}
  Second: {Type: AWS::S3::Bucket, Properties: {BucketName: mine}, DependsOn: First}
"""
    provider = FailingProvider()
    outcome = create(template, provider=provider)
    assert reasons(outcome)["Second"] == "Resource of type 'AWS::S3::Bucket' with identifier 'mine' already exists."
    assert provider.calls == ["create First", "delete First"]


def test_do_nothing_leaves_what_was_made() -> None:
    asked = replace(request(CHAIN), on_failure="DO_NOTHING")
    outcome = create_stack(asked, AROUND, FailingProvider("create Topic"), clock)
    assert outcome.state.status == "CREATE_FAILED"
    assert {each.logical_id for each in outcome.state.resources} == {"Queue", "Other"}


def test_on_failure_delete_removes_the_stack() -> None:
    asked = replace(request(CHAIN), on_failure="DELETE")
    outcome = create_stack(asked, AROUND, FailingProvider("create Topic"), clock)
    assert outcome.state.status == "DELETE_COMPLETE"
    assert outcome.state.resources == ()


def test_a_rollback_that_cannot_delete_says_so() -> None:
    outcome = create(CHAIN, provider=FailingProvider("create Topic", "delete Queue"))
    assert outcome.state.status == "ROLLBACK_FAILED"
    assert [(each.logical_id, each.status) for each in outcome.state.resources] == [("Queue", "DELETE_FAILED")]


def test_conditions_decide_what_is_made_and_told() -> None:
    template = """
Parameters: {WithTopic: {Type: String, Default: 'no'}}
Conditions: {HasTopic: !Equals [!Ref WithTopic, 'yes']}
Resources:
  Topic: {Type: AWS::SNS::Topic, Condition: HasTopic}
  Queue:
    Type: AWS::SQS::Queue
    DependsOn: Topic
    Properties: {QueueName: !If [HasTopic, !GetAtt Topic.TopicName, alone]}
Outputs:
  Topic: {Condition: HasTopic, Value: !Ref Topic}
"""
    without, with_topic = create(template), create(template, WithTopic="yes")
    assert [each.logical_id for each in without.state.resources] == ["Queue"]
    assert outputs(without) == {}
    assert {each.logical_id for each in with_topic.state.resources} == {"Topic", "Queue"}
    assert "Topic" in outputs(with_topic)


def test_an_import_of_nothing_rolls_back_before_anything_is_made() -> None:
    provider = FailingProvider()
    outcome = create(one("AWS::SNS::Topic", "{DisplayName: !ImportValue nope}"), provider=provider)
    assert provider.calls == []
    assert story(outcome) == ["app CREATE_IN_PROGRESS", "app ROLLBACK_IN_PROGRESS", "app ROLLBACK_COMPLETE"]
    assert outcome.state.reason == "No export named nope found. Rollback requested by user."


def test_imports_are_remembered() -> None:
    outcome = create(one("AWS::SNS::Topic", "{DisplayName: !ImportValue {'Fn::Sub': 'shared-topic'}}"))
    assert outcome.state.imports == ("shared-topic",)


def test_an_export_name_that_is_taken_fails_the_stack() -> None:
    outcome = create(one("AWS::SNS::Topic", outputs="{O: {Value: x, Export: {Name: shared-topic}}}"))
    assert outcome.state.status == "ROLLBACK_COMPLETE"
    assert outcome.state.reason == (
        "Export with name shared-topic is already exported by stack base. Rollback requested by user."
    )


def test_an_output_that_is_a_list_fails_the_stack() -> None:
    outcome = create(one("AWS::SNS::Topic", outputs="{O: {Value: !GetAZs ''}}"))
    assert outcome.state.reason.startswith("Template format error: The Value field of every Outputs member")


def test_providers_get_validated_properties_and_the_stacks_tags() -> None:
    provider = FailingProvider()
    asked = replace(request(one("AWS::SQS::Queue", "{VisibilityTimeout: '30'}")), tags={"team": "risk"})
    outcome = create_stack(asked, AROUND, provider, clock)
    (got,) = provider.requests
    assert got.properties == {"VisibilityTimeout": 30}
    assert got.tags == {
        "team": "risk",
        "aws:cloudformation:stack-name": "app",
        "aws:cloudformation:stack-id": outcome.state.stack_id,
        "aws:cloudformation:logical-id": "Thing",
    }


def test_the_same_request_gives_the_same_outcome() -> None:
    assert create(CHAIN) == create(CHAIN)


@pytest.mark.parametrize("name", ["1app", "app_1", "", "a" * 129])
def test_a_stack_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(StackError, match="at 'stackName' failed to satisfy constraint"):
        create_stack(StackRequest(name, CHAIN), AROUND, SchemaProvider())


def test_a_parameter_of_the_wrong_name_is_refused_at_the_call() -> None:
    assert refusal(CHAIN, Nope="1") == "Parameters: [Nope] do not exist in the template"
