"""Rollbacks of updates that stop, and go on when they are told to."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.cfn.model import Outcome, Provisioned, ResourceRequest, ResourceState, StackError, StackState
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import continue_update_rollback
from tests.unit.cfn.engine import AROUND, FailingProvider, clock, create, delete, story, update

BEFORE = """
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: 30}}
  Topic: {Type: AWS::SNS::Topic, Properties: {FifoTopic: false}}
  Reader: {Type: AWS::SSM::Parameter, Properties: {Type: String, Value: !Ref Topic}}
"""
AFTER = (
    BEFORE.replace("30", "60").replace("FifoTopic: false", "FifoTopic: true")
    + "  Fresh: {Type: AWS::SQS::Queue}\n  Last: {Type: AWS::SQS::Queue, DependsOn: [Fresh, Reader, Queue]}\n"
)


class Stubborn(FailingProvider):
    """Fails to create Last, and from then on to update what it is told."""

    def __init__(self, *stuck: str) -> None:
        super().__init__("create Last")
        self._stuck = tuple(f"update {name}" for name in stuck)

    def create(self, request: ResourceRequest) -> Provisioned:
        if request.logical_id == "Last":
            self.failures = ("create Last", *self._stuck)
        return super().create(request)


def _stopped(*stuck: str) -> tuple[StackState, StackState]:
    before = create(BEFORE).state
    return before, update(before, AFTER, provider=Stubborn(*stuck)).state


def _continue(state: StackState, provider: SchemaProvider | None = None, *skip: str) -> Outcome:
    return continue_update_rollback(state, AROUND, provider or SchemaProvider(), clock, skip)


def _comparable(state: StackState) -> StackState:
    return replace(state, status="", reason="", updated=None, generation=0)


def test_a_rollback_step_that_fails_stops_the_stack_and_names_the_resource() -> None:
    _, stopped = _stopped("Queue")
    assert stopped.status == "UPDATE_ROLLBACK_FAILED"
    assert stopped.reason == "The following resource(s) failed to update: [Queue]. "
    queue = stopped.resource("Queue")
    assert queue is not None
    assert (queue.status, queue.reason) == ("UPDATE_FAILED", "cannot update Queue")
    with pytest.raises(StackError, match="is in UPDATE_ROLLBACK_FAILED state and can not be updated"):
        update(stopped, AFTER)


def test_a_continued_rollback_restores_the_old_stack_and_removes_what_the_update_made() -> None:
    before, stopped = _stopped("Queue", "Reader")
    provider = FailingProvider()
    done = _continue(stopped, provider)
    assert done.state.status == "UPDATE_ROLLBACK_COMPLETE"
    assert _comparable(done.state) == _comparable(before)
    assert provider.calls == ["update Reader", "update Queue", "delete Topic", "delete Fresh"]
    assert story(done)[0] == "app UPDATE_ROLLBACK_IN_PROGRESS"
    assert story(done)[-1] == "app UPDATE_ROLLBACK_COMPLETE"


def test_a_rollback_can_stop_again_and_goes_on_with_what_is_left() -> None:
    before, stopped = _stopped("Queue", "Reader")
    again = _continue(stopped, FailingProvider("update Queue"))
    assert again.state.status == "UPDATE_ROLLBACK_FAILED"
    assert again.state.reason == "The following resource(s) failed to update: [Queue]. "
    provider = FailingProvider()
    assert _comparable(_continue(again.state, provider).state) == _comparable(before)
    assert "update Reader" not in provider.calls


def test_a_skipped_resource_counts_as_restored_and_is_not_touched() -> None:
    _, stopped = _stopped("Queue")
    provider = FailingProvider("update Queue")
    done = _continue(stopped, provider, "Queue")
    assert done.state.status == "UPDATE_ROLLBACK_COMPLETE"
    assert "update Queue" not in provider.calls
    queue = done.state.resource("Queue")
    assert queue is not None
    assert (queue.status, queue.properties) == ("UPDATE_COMPLETE", {"VisibilityTimeout": 30})


def test_only_a_resource_whose_rollback_failed_can_be_skipped() -> None:
    _, stopped = _stopped("Queue")
    with pytest.raises(StackError, match=r"Resource \[Topic\] is not in a failed state and cannot be skipped"):
        _continue(stopped, None, "Topic")


def test_a_stack_whose_rollback_did_not_stop_cannot_continue_it() -> None:
    with pytest.raises(StackError, match="ContinueUpdateRollback cannot be called from current stack status"):
        _continue(create(BEFORE).state)


def test_a_stack_that_stopped_can_be_deleted_with_all_that_the_update_made() -> None:
    _, stopped = _stopped("Queue")
    provider = Counting()
    assert delete(stopped, provider=provider).state.status == "DELETE_COMPLETE"
    assert sorted(provider.calls) == ["delete Fresh", "delete Queue", "delete Reader", "delete Topic", "delete Topic"]
    assert len(set(provider.topics)) == 2


class Counting(FailingProvider):
    """Remembers which topics it deleted."""

    def __init__(self) -> None:
        super().__init__()
        self.topics: list[str] = []

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        super().delete(request, current)
        if current.logical_id == "Topic":
            self.topics.append(current.physical_id)
