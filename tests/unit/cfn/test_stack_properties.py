"""What holds for every stack, shown on generated templates."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.cfn.changes import change_set
from harness.cfn.model import Provisioned, ResourceRequest, ResourceState, StackError, StackState
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import continue_update_rollback
from tests.unit.cfn.engine import AROUND, FailingProvider, clock, create, delete, request, update
from tests.unit.cfn.grammar import MAPPINGS, PARAMETERS, conditions, templates, texts


class Plain(SchemaProvider):
    """Calls every resource by its logical id, so that stacks with different histories can be compared."""

    def create(self, request: ResourceRequest) -> Provisioned:
        made = super().create(request)
        attributes = dict.fromkeys(made.attributes, f"{request.logical_id} attribute")
        return Provisioned(made.physical_id, attributes, ref=request.logical_id)

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        return replace(self.create(request), physical_id=current.physical_id)


class Stubborn(FailingProvider):
    """Updates that resource once, and nothing after it: neither another resource, nor the way back."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self._name = name

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        made = super().update(request, current)
        if request.logical_id == self._name:
            self.failures = Everything()
        return made


class Everything(tuple[str, ...]):
    """Contains every creation and update."""

    def __contains__(self, call: object) -> bool:
        return not str(call).startswith("delete")


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
    made = create(json.dumps(template)).state
    gone = delete(made)
    retained = {each.logical_id for each in made.resources if each.deletion_policy != "Delete"}
    assert {each.logical_id for each in gone.state.resources} == retained
    assert gone.state.status == "DELETE_COMPLETE"


@settings(max_examples=30, deadline=None)
@given(templates(), templates())
def test_an_update_that_fails_at_any_resource_leaves_the_old_stack(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    before = create(json.dumps(first)).state
    for victim in dict.fromkeys([*first["Resources"], *second["Resources"]]):
        provider = FailingProvider(f"create {victim}", f"update {victim}")
        try:
            after = update(before, json.dumps(second), provider=provider).state
        except StackError as error:
            assert "No updates" in error.message
            return
        if after.status == "UPDATE_COMPLETE":
            assert not {f"create {victim}", f"update {victim}"} & set(provider.calls)
        elif after.status == "UPDATE_ROLLBACK_FAILED":  # the victim would not go back either
            assert provider.calls.count(f"update {victim}") > 1
        else:
            assert after.status == "UPDATE_ROLLBACK_COMPLETE"
            assert _comparable(after) == _comparable(before)


@settings(max_examples=30, deadline=None)
@given(templates(), templates())
def test_a_rollback_that_stopped_anywhere_ends_at_the_old_stack_when_it_is_continued(
    first: dict[str, Any], second: dict[str, Any]
) -> None:
    before = create(json.dumps(first)).state
    for stubborn in first["Resources"]:
        provider = Stubborn(stubborn)
        try:
            stopped = update(before, json.dumps(second), provider=provider).state
        except StackError:
            return
        if stopped.status != "UPDATE_ROLLBACK_FAILED":
            continue
        done = continue_update_rollback(stopped, AROUND, SchemaProvider(), clock).state
        assert _comparable(done) == _comparable(before)


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
def test_an_updated_stack_is_as_a_new_one_of_the_same_template(first: dict[str, Any], second: dict[str, Any]) -> None:
    provider = Plain()
    try:
        updated = update(create(json.dumps(first), provider=provider).state, json.dumps(second), provider=provider)
    except StackError:
        return
    fresh = create(json.dumps(second), provider=provider)
    assert updated.state.status == "UPDATE_COMPLETE"
    assert {each.logical_id: each.properties for each in updated.state.resources} == {
        each.logical_id: each.properties for each in fresh.state.resources
    }
    assert updated.state.outputs == fresh.state.outputs


@settings(max_examples=60, deadline=None)
@given(texts({}), conditions())
def test_an_expression_always_gives_the_same_text(expression: Any, declared: dict[str, Any]) -> None:
    template = {
        "Parameters": PARAMETERS,
        "Mappings": MAPPINGS,
        "Conditions": declared,
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic", "Properties": {"DisplayName": expression}}},
    }
    before = json.dumps(template)
    found = {create(body).state.resources[0].properties["DisplayName"] for body in (before, before + " ", before)}
    assert len(found) == 1
    assert all(isinstance(each, str) for each in found)
    assert json.dumps(template) == before


@settings(max_examples=40, deadline=None)
@given(templates(), st.data())
def test_a_failed_creation_leaves_nothing_but_what_is_retained(template: dict[str, Any], data: st.DataObject) -> None:
    victim = data.draw(st.sampled_from([each.logical_id for each in create(json.dumps(template)).state.resources]))
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
    template = json.loads(json.dumps(template))
    template["Parameters"]["P"] = {"Type": "String", "Default": "a", "AllowedValues": ["a"]}
    template["Rules"] = {"R": {"Assertions": [{"Assert": {"Fn::Contains": [["a"], {"Ref": "P"}]}}]}}
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
