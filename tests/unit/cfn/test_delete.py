"""Deleting stacks."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.cfn.model import StackError
from tests.unit.cfn.engine import AROUND, FailingProvider, create, delete, one, story

TEMPLATE = """
Resources:
  Queue: {Type: AWS::SQS::Queue}
  Topic: {Type: AWS::SNS::Topic, DependsOn: Queue}
  Kept: {Type: AWS::S3::Bucket, DeletionPolicy: Retain}
  KeptToo: {Type: AWS::S3::Bucket, DeletionPolicy: RetainExceptOnCreate}
Outputs: {O: {Value: x, Export: {Name: of-app}}}
"""


def test_resources_go_dependents_first_and_retained_ones_stay() -> None:
    outcome = delete(create(TEMPLATE).state)
    told = story(outcome)
    assert told.index("Topic DELETE_COMPLETE") < told.index("Queue DELETE_IN_PROGRESS")
    assert "Kept DELETE_SKIPPED" in told
    assert outcome.state.status == "DELETE_COMPLETE"
    assert {each.logical_id for each in outcome.state.resources} == {"Kept", "KeptToo"}
    assert outcome.state.outputs == ()


def test_retained_resources_are_never_given_to_the_provider() -> None:
    provider = FailingProvider()
    delete(create(TEMPLATE).state, provider=provider)
    assert sorted(provider.calls) == ["delete Queue", "delete Topic"]


def test_a_resource_that_will_not_go_keeps_the_stack_and_what_it_needs() -> None:
    outcome = delete(create(TEMPLATE).state, provider=FailingProvider("delete Topic"))
    assert outcome.state.status == "DELETE_FAILED"
    assert outcome.state.reason == "The following resource(s) failed to delete: [Topic]. "
    statuses = {each.logical_id: each.status for each in outcome.state.resources}
    assert statuses["Topic"] == "DELETE_FAILED"
    assert statuses["Queue"] == "CREATE_COMPLETE"
    assert "Queue DELETE_IN_PROGRESS" not in story(outcome)


def test_a_second_deletion_finishes_what_the_first_could_not() -> None:
    failed = delete(create(TEMPLATE).state, provider=FailingProvider("delete Topic"))
    again = delete(failed.state)
    assert again.state.status == "DELETE_COMPLETE"
    assert {each.logical_id for each in again.state.resources} == {"Kept", "KeptToo"}


def test_a_protected_stack_cannot_be_deleted() -> None:
    state = replace(create(TEMPLATE).state, termination_protection=True)
    with pytest.raises(StackError, match=r"Stack \[app\] cannot be deleted while TerminationProtection is enabled"):
        delete(state)


def test_a_stack_whose_export_is_in_use_cannot_be_deleted() -> None:
    around = replace(AROUND, importers={"of-app": ("other",)})
    with pytest.raises(StackError, match="Export of-app cannot be deleted as it is in use by other"):
        delete(create(TEMPLATE).state, around)


def test_a_snapshot_is_a_deletion_with_a_copy() -> None:
    template = one("AWS::EC2::Volume", "{AvailabilityZone: eu-west-1a, Size: 8}") + "#\n"
    outcome = delete(create(template.replace("Properties", "DeletionPolicy: Snapshot\n    Properties")).state)
    assert "Thing DELETE_COMPLETE" in story(outcome)
    assert outcome.state.resources == ()
