"""What holds for every stack, shown on generated templates."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cfn.changes import change_set
from harness.cfn.model import StackError, StackState
from tests.unit.cfn.engine import AROUND, FailingProvider, create, delete, request, update

POLICIES = st.sampled_from(["Delete", "Retain", "RetainExceptOnCreate"])
TEXTS = st.text("abcdefgh", min_size=1, max_size=4)


@st.composite
def templates(draw: st.DrawFn, size: int = 6) -> dict[str, Any]:
    """Templates of queues, topics and parameters, each of which may refer to earlier ones."""
    resources: dict[str, Any] = {}
    for index in range(draw(st.integers(1, size))):
        earlier = list(resources)
        value: Any = draw(TEXTS)
        if earlier and draw(st.booleans()):
            value = {"Ref": draw(st.sampled_from(earlier))}
        kind = draw(st.sampled_from(["AWS::SQS::Queue", "AWS::SNS::Topic", "AWS::SSM::Parameter"]))
        properties: dict[str, Any] = {
            "AWS::SQS::Queue": {"VisibilityTimeout": draw(st.integers(0, 9))},
            "AWS::SNS::Topic": {"DisplayName": value, "FifoTopic": draw(st.booleans())},
            "AWS::SSM::Parameter": {"Type": "String", "Value": value},
        }[kind]
        resource: dict[str, Any] = {"Type": kind, "Properties": properties, "DeletionPolicy": draw(POLICIES)}
        if earlier and draw(st.booleans()):
            resource["DependsOn"] = draw(st.sampled_from(earlier))
        # The type is part of the id, so that a second template never changes a type under an id.
        resources[f"{kind.rpartition('::')[2]}{index}"] = resource
    return {"Resources": resources, "Outputs": {"First": {"Value": {"Ref": next(iter(resources))}}}}


def _comparable(state: StackState) -> StackState:
    return replace(state, status="", reason="", updated=None, generation=0)


@settings(max_examples=40, deadline=None)
@given(templates())
def test_the_same_template_gives_the_same_stack_however_it_is_written(template: dict[str, Any]) -> None:
    first, second = create(json.dumps(template)), create(json.dumps(template, indent=2))
    assert first.state.resources == second.state.resources
    assert first.events == second.events


@settings(max_examples=40, deadline=None)
@given(templates())
def test_an_update_to_the_same_template_is_refused(template: dict[str, Any]) -> None:
    state = create(json.dumps(template)).state
    with pytest.raises(StackError, match="No updates are to be performed"):
        update(state, json.dumps(template, indent=1))


@settings(max_examples=40, deadline=None)
@given(templates())
def test_creation_then_deletion_leaves_what_is_retained(template: dict[str, Any]) -> None:
    gone = delete(create(json.dumps(template)).state)
    retained = {name for name, each in template["Resources"].items() if each["DeletionPolicy"] != "Delete"}
    assert {each.logical_id for each in gone.state.resources} == retained
    assert gone.state.status == "DELETE_COMPLETE"


@settings(max_examples=60, deadline=None)
@given(templates(), templates(), st.data())
def test_a_failed_update_restores_the_old_stack(
    first: dict[str, Any], second: dict[str, Any], data: st.DataObject
) -> None:
    before = create(json.dumps(first)).state
    # What is created and then kept by its policy is no part of the restored stack, but is not deleted either.
    victim = data.draw(st.sampled_from(list(second["Resources"])))
    provider = FailingProvider(f"create {victim}", f"update {victim}")
    try:
        after = update(before, json.dumps(second), provider=provider).state
    except StackError as error:
        assert "No updates" in error.message
        return
    if after.status == "UPDATE_COMPLETE":
        assert f"create {victim}" not in provider.calls
        return
    assert after.status in ("UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_FAILED")
    if after.status == "UPDATE_ROLLBACK_COMPLETE":
        assert _comparable(after) == _comparable(before)


@settings(max_examples=60, deadline=None)
@given(templates(), templates())
def test_an_update_does_what_its_change_set_says(first: dict[str, Any], second: dict[str, Any]) -> None:
    before = create(json.dumps(first)).state
    plan = change_set(request(json.dumps(second)), AROUND, before)
    try:
        after = update(before, json.dumps(second)).state
    except StackError:
        assert plan.empty
        return
    old = {each.logical_id: each.physical_id for each in before.resources}
    new = {each.logical_id: each.physical_id for each in after.resources}
    said = {action: {each.logical_id for each in plan.changes if each.action == action} for action in ("Add", "Remove")}
    assert said["Add"] == set(new) - set(old)
    assert said["Remove"] == set(old) - set(new)
    replaced = {name for name in set(old) & set(new) if old[name] != new[name]}
    assert replaced == {each.logical_id for each in plan.changes if each.replacement in ("True", "Conditional")}


@settings(max_examples=40, deadline=None)
@given(templates(), templates())
def test_an_updated_stack_has_the_properties_of_a_new_one(first: dict[str, Any], second: dict[str, Any]) -> None:
    try:
        updated = update(create(json.dumps(first)).state, json.dumps(second)).state
    except StackError:
        return
    for name, declared in second["Resources"].items():
        found = updated.resource(name)
        assert found is not None
        for key, value in declared["Properties"].items():
            if isinstance(value, dict):
                target = updated.resource(value["Ref"])
                assert target is not None
                value = target.ref
            assert found.properties[key] == value


@settings(max_examples=40, deadline=None)
@given(templates(), st.data())
def test_a_failed_creation_leaves_nothing_but_what_is_retained(template: dict[str, Any], data: st.DataObject) -> None:
    victim = data.draw(st.sampled_from(list(template["Resources"])))
    outcome = create(json.dumps(template), provider=FailingProvider(f"create {victim}"))
    assert outcome.state.status == "ROLLBACK_COMPLETE"
    kept = {each.logical_id for each in outcome.state.resources}
    assert kept <= {name for name, each in template["Resources"].items() if each["DeletionPolicy"] == "Retain"}
    assert victim not in kept


JUNK: list[Any] = [
    None, 5, True, "x", [], {}, ["a"], {"a": 1}, {"Ref": "Nope"}, {"Ref": ["x"]},
    {"Fn::GetAtt": "x"}, {"Fn::GetAtt": [1, 2]},
    {"Fn::Sub": 5}, {"Fn::Sub": ["a"]}, {"Fn::If": ["x"]}, {"Fn::Join": 5}, {"Fn::Select": ["0", 5]},
    {"Fn::FindInMap": [1, 2, 3]},
    {"Fn::ImportValue": 5}, {"Condition": "x"}, {"Fn::Cidr": [1]}, {"Fn::GetAZs": [1]}, {"Fn::Split": [",", 5]},
    {"Fn::Base64": {}}, "{{resolve:ssm}}", "{{resolve:secretsmanager:}}", 10**30, {"Ref": "AWS::NoValue"},
]  # fmt: skip


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [*([path] if path else []), *(place for key, each in inner for place in _places(each, (*path, key)))]


@settings(max_examples=150, deadline=None)
@given(templates(), st.sampled_from(JUNK), st.data())
def test_a_damaged_template_is_refused_or_rolled_back_and_never_a_crash(
    template: dict[str, Any], junk: Any, data: st.DataObject
) -> None:
    template["Parameters"] = {"P": {"Type": "String", "Default": "a", "AllowedValues": ["a"]}}
    template["Conditions"] = {"C": {"Fn::Equals": [{"Ref": "P"}, "a"]}}
    template["Rules"] = {"R": {"Assertions": [{"Assert": {"Fn::Contains": [["a"], {"Ref": "P"}]}}]}}
    template["Mappings"] = {"M": {"a": {"b": "c"}}}
    *parents, last = data.draw(st.sampled_from(_places(template)))
    target: Any = template
    for step in parents:
        target = target[step]
    target[last] = junk
    try:
        outcome = create(json.dumps(template))
    except StackError as error:
        assert error.message
        return
    assert outcome.state.status in ("CREATE_COMPLETE", "ROLLBACK_COMPLETE")
    assert (outcome.state.reason == "") == (outcome.state.status == "CREATE_COMPLETE")
