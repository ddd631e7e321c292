"""Updating stacks: in place, by replacement, and back again."""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.cfn.changes import change_set
from harness.cfn.model import Provisioned, ResourceRequest, ResourceState, StackError, StackState
from harness.cfn.stack import update_stack
from tests.unit.cfn.engine import (
    AROUND,
    FailingProvider,
    clock,
    create,
    outputs,
    reasons,
    request,
    story,
    update,
)

BEFORE = """
Parameters: {Seconds: {Type: Number, Default: 30}}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: !Ref Seconds}}
  Topic: {Type: AWS::SNS::Topic, Properties: {FifoTopic: false, DisplayName: !Ref Queue}}
  Reader:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: !Ref Topic}
Outputs: {Topic: {Value: !Ref Topic}}
"""
IN_PLACE = BEFORE.replace("Default: 30", "Default: 60")
REPLACING = BEFORE.replace("FifoTopic: false", "FifoTopic: true")
EXTENDED = BEFORE.replace("Outputs:", "  More: {Type: AWS::SQS::Queue, DependsOn: Reader}\nOutputs:")
REDUCED = BEFORE.replace(
    """  Reader:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: !Ref Topic}
""",
    "",
)


def _ids(state: StackState) -> dict[str, str]:
    return {each.logical_id: each.physical_id for each in state.resources}


def _comparable(state: StackState) -> StackState:
    """The state without what an update that was undone may leave behind: its status, reason, moment and number."""
    return replace(state, status="", reason="", updated=None, generation=0)


def test_an_update_that_changes_nothing_is_refused() -> None:
    with pytest.raises(StackError, match=r"^No updates are to be performed\.$"):
        update(create(BEFORE).state, BEFORE)


def test_another_text_of_the_same_template_changes_nothing() -> None:
    with pytest.raises(StackError, match=r"No updates are to be performed\."):
        update(create(BEFORE).state, "# a comment\nDescription: new\n" + BEFORE.replace("30", "'30'"))


def test_a_parameter_that_changes_nothing_is_no_update() -> None:
    unused = BEFORE.replace("Parameters: {", "Parameters: {Unused: {Type: String, Default: a}, ")
    with pytest.raises(StackError, match=r"No updates are to be performed\."):
        update(create(unused).state, unused, Unused="b")


def test_a_changed_property_is_updated_in_place() -> None:
    before = create(BEFORE)
    provider = FailingProvider()
    after = update(before.state, IN_PLACE, provider=provider)
    assert story(after) == [
        "app UPDATE_IN_PROGRESS",
        "Queue UPDATE_IN_PROGRESS",
        "Queue UPDATE_COMPLETE",
        "app UPDATE_COMPLETE_CLEANUP_IN_PROGRESS",
        "app UPDATE_COMPLETE",
    ]
    assert provider.calls == ["update Queue"]
    assert _ids(after.state) == _ids(before.state)
    queue = after.state.resource("Queue")
    assert queue is not None
    assert queue.properties == {"VisibilityTimeout": 60}
    assert queue.status == "UPDATE_COMPLETE"


def test_a_create_only_property_replaces_and_what_refers_to_it_follows() -> None:
    before = create(BEFORE)
    after = update(before.state, REPLACING)
    old, new = _ids(before.state), _ids(after.state)
    assert new["Topic"] != old["Topic"]
    assert new["Queue"] == old["Queue"]
    assert new["Reader"] == old["Reader"]
    reader = after.state.resource("Reader")
    assert reader is not None
    assert reader.properties["Value"] == new["Topic"]
    assert outputs(after) == {"Topic": new["Topic"]}
    assert reasons(after)["Topic"] == (
        "Requested update requires the creation of a new physical resource; hence creating one."
    )
    told = story(after)
    assert told.index("Reader UPDATE_COMPLETE") < told.index("Topic DELETE_IN_PROGRESS")
    deleted = [event.physical_id for event in after.events if event.status == "DELETE_COMPLETE"]
    assert deleted == [old["Topic"]]


def test_update_replace_policy_retain_keeps_the_old_resource() -> None:
    keep = "UpdateReplacePolicy: Retain, Properties: {FifoTopic"
    before = create(BEFORE.replace("Properties: {FifoTopic", keep))
    provider = FailingProvider()
    after = update(before.state, REPLACING.replace("Properties: {FifoTopic", keep), provider=provider)
    assert "delete Topic" not in provider.calls
    assert "Topic DELETE_SKIPPED" in story(after)
    assert _ids(after.state)["Topic"] != _ids(before.state)["Topic"]


@pytest.mark.parametrize(
    ("old", "new", "left"), [("Delete", "Retain", "DELETE_SKIPPED"), ("Retain", "Delete", "DELETE_COMPLETE")]
)
def test_the_update_replace_policy_of_the_new_template_decides(old: str, new: str, left: str) -> None:
    def with_policy(template: str, policy: str) -> str:
        return template.replace("Properties: {FifoTopic", f"UpdateReplacePolicy: {policy}, Properties: {{FifoTopic")

    before = create(with_policy(BEFORE, old))
    plan = change_set(request(with_policy(REPLACING, new)), AROUND, before.state)
    assert {each.logical_id: each.policy_action for each in plan.changes}["Topic"] == f"ReplaceAnd{new}"
    assert f"Topic {left}" in story(update(before.state, with_policy(REPLACING, new)))


def test_a_custom_named_resource_cannot_be_replaced() -> None:
    named = BEFORE.replace("FifoTopic: false", "TopicName: mine, FifoTopic: false")
    after = update(create(named).state, named.replace("FifoTopic: false", "FifoTopic: true"))
    assert after.state.status == "UPDATE_ROLLBACK_COMPLETE"
    assert next(event.reason for event in after.events if event.status == "UPDATE_FAILED") == (
        "CloudFormation cannot update a stack when a custom-named resource requires replacing. Rename "
        "arn:aws:sns:eu-west-1:111111111111:mine and update the stack again."
    )


def test_new_resources_are_created_and_absent_ones_deleted() -> None:
    extended = update(create(BEFORE).state, EXTENDED)
    assert set(_ids(extended.state)) == {"Queue", "Topic", "Reader", "More"}
    reduced = update(extended.state, REDUCED)
    assert set(_ids(reduced.state)) == {"Queue", "Topic"}
    assert story(reduced)[-5:] == [
        "More DELETE_IN_PROGRESS",
        "More DELETE_COMPLETE",
        "Reader DELETE_IN_PROGRESS",
        "Reader DELETE_COMPLETE",
        "app UPDATE_COMPLETE",
    ]


def test_a_removed_resource_with_retain_leaves_the_stack_but_is_not_deleted() -> None:
    keeping = BEFORE.replace("Type: AWS::SSM::Parameter", "Type: AWS::SSM::Parameter\n    DeletionPolicy: Retain")
    provider = FailingProvider()
    after = update(create(keeping).state, REDUCED, provider=provider)
    assert provider.calls == []
    assert "Reader DELETE_SKIPPED" in story(after)
    assert set(_ids(after.state)) == {"Queue", "Topic"}


def test_a_resource_removed_and_added_again_gets_another_physical_id() -> None:
    first = create(BEFORE)
    again = update(update(first.state, REDUCED).state, BEFORE)
    assert _ids(again.state)["Reader"] != _ids(first.state)["Reader"]


@pytest.mark.parametrize("failure", ["update Reader", "create Topic", "update Queue"])
def test_a_failed_update_restores_the_old_state(failure: str) -> None:
    before = create(BEFORE)
    provider = FailingProvider(failure)
    after = update(before.state, REPLACING.replace("Default: 30", "Default: 60"), provider=provider)
    assert after.state.status == "UPDATE_ROLLBACK_COMPLETE"
    assert story(after)[-1] == "app UPDATE_ROLLBACK_COMPLETE"
    assert _comparable(after.state) == _comparable(before.state)


def test_a_failed_update_restores_what_it_only_declared_anew() -> None:
    declared = EXTENDED.replace(
        "Type: AWS::SQS::Queue, Properties", "Type: AWS::SQS::Queue, DeletionPolicy: Retain, Properties"
    )
    before = create(BEFORE)
    after = update(before.state, declared, provider=FailingProvider("create More"))
    assert after.state.status == "UPDATE_ROLLBACK_COMPLETE"
    assert _comparable(after.state) == _comparable(before.state)


def test_a_failed_update_takes_back_what_it_created_and_replaced() -> None:
    before = create(BEFORE)
    provider = FailingProvider("create More")
    template = EXTENDED.replace("FifoTopic: false", "FifoTopic: true").replace("Default: 30", "Default: 60")
    after = update(before.state, template, provider=provider)
    assert provider.calls == [
        "update Queue",
        "create Topic",
        "update Reader",
        "create More",
        "update Reader",
        "update Queue",
        "delete Topic",
    ]
    assert after.state.reason == "The following resource(s) failed to create: [More]."
    assert _ids(after.state) == _ids(before.state)


def test_a_rollback_that_fails_says_so() -> None:
    class Stubborn(FailingProvider):
        def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
            made = super().update(request, current)
            self.failures = ("create More", "update Queue")  # from the second update on
            return made

    template = EXTENDED.replace("Default: 30", "Default: 60")
    after = update(create(BEFORE).state, template, provider=Stubborn("create More"))
    assert after.state.status == "UPDATE_ROLLBACK_FAILED"
    assert after.state.reason == "The following resource(s) failed to update: [Queue]. "


def test_a_stack_that_was_rolled_back_can_be_updated_again() -> None:
    failed = update(create(BEFORE).state, IN_PLACE, provider=FailingProvider("update Queue"))
    assert update(failed.state, IN_PLACE).state.status == "UPDATE_COMPLETE"


def test_a_stack_whose_creation_was_rolled_back_cannot_be_updated() -> None:
    rolled_back = create(BEFORE, provider=FailingProvider("create Queue"))
    with pytest.raises(StackError, match="is in ROLLBACK_COMPLETE state and can not be updated"):
        update(rolled_back.state, IN_PLACE)


def test_an_empty_template_means_the_stacks_own() -> None:
    after = update(create(BEFORE).state, "", Seconds="45")
    queue = after.state.resource("Queue")
    assert queue is not None
    assert queue.properties == {"VisibilityTimeout": 45}
    assert after.state.template == BEFORE


def test_use_previous_value_keeps_what_was_given_before() -> None:
    before = create(BEFORE, Seconds="45")
    after = update(before.state, EXTENDED, Seconds=None)
    assert after.state.parameters == {"Seconds": "45"}


def test_a_type_cannot_change_under_a_logical_id() -> None:
    with pytest.raises(StackError, match=r"Update of resource type is not permitted.*\[Reader\]"):
        update(create(BEFORE).state, REDUCED.replace("Outputs:", "  Reader: {Type: AWS::SQS::Queue}\nOutputs:"))


def test_a_changed_ssm_value_is_an_update() -> None:
    template = """
Parameters: {Word: {Type: 'AWS::SSM::Parameter::Value<String>', Default: /word}}
Resources: {Topic: {Type: AWS::SNS::Topic, Properties: {DisplayName: !Ref Word}}}
"""
    before = create(template, replace(AROUND, ssm={"/word": "old"}))
    after = update(before.state, template, replace(AROUND, ssm={"/word": "new"}))
    assert after.state.resources[0].properties == {"DisplayName": "new"}


def test_new_stack_tags_reach_every_resource_that_takes_tags() -> None:
    provider = FailingProvider()
    asked = replace(request(BEFORE), tags={"team": "risk"})
    after = update_stack(create(BEFORE).state, asked, AROUND, provider, clock)
    assert sorted(provider.calls) == ["update Queue", "update Reader", "update Topic"]
    assert {each.tags["team"] for each in provider.requests} == {"risk"}
    assert after.state.tags == {"team": "risk"}


def test_changed_metadata_and_policies_are_an_update_that_touches_no_resource() -> None:
    template = BEFORE.replace("Queue: {Type", "Queue: {DeletionPolicy: Retain, Metadata: {a: 1}, Type")
    provider = FailingProvider()
    after = update(create(BEFORE).state, template, provider=provider)
    queue = after.state.resource("Queue")
    assert provider.calls == []
    assert queue is not None
    assert (queue.deletion_policy, queue.metadata) == ("Retain", {"a": 1})


def test_an_output_alone_can_be_added() -> None:
    after = update(create(BEFORE).state, BEFORE.replace("Outputs: {", "Outputs: {Other: {Value: x}, "))
    assert outputs(after)["Other"] == "x"


EXPORTING = BEFORE.replace("{Value: !Ref Topic}", "{Value: !GetAtt Queue.Arn, Export: {Name: of-app}}")


@pytest.mark.parametrize(
    ("template", "verb"),
    [
        (BEFORE, "deleted"),
        (EXPORTING.replace("!GetAtt Queue.Arn", "other"), "updated"),
    ],
)
def test_an_export_in_use_can_be_neither_changed_nor_removed(template: str, verb: str) -> None:
    around = replace(AROUND, importers={"of-app": ("reader",)})
    after = update(create(EXPORTING).state, template, around)
    assert after.state.status == "UPDATE_ROLLBACK_COMPLETE"
    assert after.state.reason == f"Export of-app cannot be {verb} as it is in use by reader."


def test_an_export_may_keep_its_own_name() -> None:
    state = create(EXPORTING).state
    around = replace(AROUND, exports={"of-app": "x"}, exporters={"of-app": "app"}, importers={"of-app": ("reader",)})
    assert update(state, EXPORTING.replace("Default: 30", "Default: 60"), around).state.status == "UPDATE_COMPLETE"
