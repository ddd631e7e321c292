"""Change sets: what an update would do, and why."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from harness.cfn.changes import change_set
from harness.cfn.model import StackState
from tests.unit.cfn.engine import AROUND, create, request, update

BEFORE = """
Parameters: {Seconds: {Type: Number, Default: 30}}
Resources:
  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: !Ref Seconds}}
  Topic: {Type: AWS::SNS::Topic, Properties: {FifoTopic: false}}
  Reader:
    Type: AWS::SSM::Parameter
    Properties: {Type: String, Value: !Ref Topic, Description: x}
  Domain:
    Type: AWS::SageMaker::Domain
    Properties:
      AuthMode: IAM
      DomainName: d
      VpcId: vpc-00000001
      SubnetIds: [subnet-00000001]
      DefaultUserSettings: {ExecutionRole: 'arn:aws:iam::111111111111:role/x'}
  Profile: {Type: AWS::SageMaker::UserProfile, Properties: {DomainId: !Ref Domain, UserProfileName: anna}}
"""


def _changes(template: str, state: StackState | None = None, **parameters: str) -> dict[str, dict[str, Any]]:
    plan = change_set(request(template, **parameters), AROUND, state or create(BEFORE).state)
    found = [each.as_api()["ResourceChange"] for each in plan.changes]
    return {each["LogicalResourceId"]: each for each in found}


def test_a_new_stack_is_all_additions() -> None:
    plan = change_set(request(BEFORE), AROUND)
    assert [(each.action, each.logical_id) for each in plan.changes] == [
        ("Add", name) for name in ("Queue", "Topic", "Reader", "Domain", "Profile")
    ]


def test_nothing_changed_is_an_empty_plan() -> None:
    assert change_set(request(BEFORE), AROUND, create(BEFORE).state).empty


def test_a_parameter_that_changed_is_named_as_the_cause() -> None:
    change = _changes(BEFORE, Seconds="60")["Queue"]
    assert change["Action"] == "Modify"
    assert change["Replacement"] == "False"
    assert change["Scope"] == ["Properties"]
    assert change["Details"] == [
        {
            "Target": {"Attribute": "Properties", "Name": "VisibilityTimeout", "RequiresRecreation": "Never"},
            "Evaluation": "Dynamic",
            "ChangeSource": "DirectModification",
        },
        {
            "Target": {"Attribute": "Properties", "Name": "VisibilityTimeout", "RequiresRecreation": "Never"},
            "Evaluation": "Static",
            "ChangeSource": "ParameterReference",
            "CausingEntity": "Seconds",
        },
    ]


def test_a_create_only_property_means_replacement_and_followers_may_change() -> None:
    changes = _changes(BEFORE.replace("FifoTopic: false", "FifoTopic: true"))
    assert set(changes) == {"Topic", "Reader"}
    assert changes["Topic"]["Replacement"] == "True"
    assert changes["Topic"]["PolicyAction"] == "ReplaceAndDelete"
    assert changes["Topic"]["Details"][0]["Target"]["RequiresRecreation"] == "Always"
    assert changes["Reader"]["Replacement"] == "False"
    assert changes["Reader"]["Details"] == [
        {
            "Target": {"Attribute": "Properties", "Name": "Value", "RequiresRecreation": "Never"},
            "Evaluation": "Dynamic",
            "ChangeSource": "ResourceReference",
            "CausingEntity": "Topic",
        }
    ]


def test_a_create_only_property_that_follows_a_replacement_is_conditional() -> None:
    changes = _changes(BEFORE.replace("AuthMode: IAM", "AuthMode: SSO"))
    assert changes["Domain"]["Replacement"] == "True"
    assert changes["Profile"]["Replacement"] == "Conditional"


def test_a_conditionally_create_only_property_is_conditional() -> None:
    change = _changes(BEFORE.replace("vpc-00000001", "vpc-00000002"))["Domain"]
    assert change["Replacement"] == "Conditional"
    assert change["Details"][0]["Target"]["RequiresRecreation"] == "Conditionally"


def test_a_nested_create_only_property_replaces_only_when_it_is_the_one_that_changed() -> None:
    settings = "DomainSettings: {DockerSettings: {EnableDockerAccess: DISABLED}}"
    before = create(BEFORE.replace("AuthMode: IAM", "AuthMode: IAM\n      " + settings)).state
    after = BEFORE.replace("AuthMode: IAM", "AuthMode: IAM\n      " + settings.replace("DISABLED", "ENABLED"))
    assert _changes(after, before)["Domain"]["Replacement"] == "False"


def test_additions_and_removals_are_told() -> None:
    template = BEFORE.replace("  Queue: {Type", "  Fresh: {Type").replace(
        "  Topic: {Type", "  Topic: {Metadata: {a: 1}, Type"
    )
    changes = _changes(template)
    assert changes["Fresh"]["Action"] == "Add"
    assert changes["Queue"]["Action"] == "Remove"
    assert changes["Queue"]["PolicyAction"] == "Delete"
    assert changes["Queue"]["PhysicalResourceId"]
    assert changes["Topic"]["Scope"] == ["Metadata"]


def test_a_removal_with_retain_says_so() -> None:
    before = create(BEFORE.replace("Queue: {Type", "Queue: {DeletionPolicy: Retain, Type")).state
    without = BEFORE.replace("  Queue: {Type: AWS::SQS::Queue, Properties: {VisibilityTimeout: !Ref Seconds}}\n", "")
    assert _changes(without, before)["Queue"]["PolicyAction"] == "Retain"


def test_stack_tags_are_told_on_resources_that_take_them() -> None:
    plan = change_set(replace(request(BEFORE), tags={"a": "b"}), AROUND, create(BEFORE).state)
    told = {each.logical_id: [detail.attribute for detail in each.details] for each in plan.changes}
    assert told["Topic"] == ["Tags"]


def test_functions_over_values_that_are_not_known_yet_do_not_stop_the_plan() -> None:
    template = BEFORE.replace("FifoTopic: false", "FifoTopic: true").replace(
        "Description: x", "Description: !Select [5, !Split [':', !Ref Topic]]"
    )
    assert {each["Target"]["Name"] for each in _changes(template)["Reader"]["Details"]} == {"Value", "Description"}


@pytest.mark.parametrize(
    "template",
    [
        BEFORE.replace("AuthMode: IAM", "AuthMode: SSO"),
        BEFORE.replace("FifoTopic: false", "FifoTopic: true"),
        BEFORE.replace("Default: 30", "Default: 60"),
    ],
)
def test_the_update_replaces_what_the_change_set_said(template: str) -> None:
    before = create(BEFORE).state
    planned = {
        name for name, change in _changes(template, before).items() if change.get("Replacement", "False") != "False"
    }
    after = update(before, template).state
    replaced = {
        old.logical_id
        for old in before.resources
        if (new := after.resource(old.logical_id)) and new.physical_id != old.physical_id
    }
    assert replaced == planned


def test_values_are_shown_before_and_after_where_they_are_asked_for() -> None:
    template = BEFORE.replace("FifoTopic: false", "FifoTopic: true").replace("Description: x", "Tier: Standard")
    plan = change_set(request(template, Seconds="60"), AROUND, create(BEFORE).state)
    found = {each.logical_id: each.as_api(with_values=True)["ResourceChange"] for each in plan.changes}
    target = found["Queue"]["Details"][0]["Target"]
    assert target["Path"] == "/Properties/VisibilityTimeout"
    assert (target["AttributeChangeType"], target["BeforeValue"], target["AfterValue"]) == ("Modify", "30", "60")
    assert json.loads(found["Queue"]["BeforeContext"]) == {"Properties": {"VisibilityTimeout": 30}}
    assert json.loads(found["Queue"]["AfterContext"]) == {"Properties": {"VisibilityTimeout": 60}}
    reader = {each["Target"]["Name"]: each["Target"] for each in found["Reader"]["Details"]}
    assert reader["Value"]["AfterValue"] == "{{changeSet:KNOWN_AFTER_APPLY}}"
    assert {name: each["AttributeChangeType"] for name, each in reader.items()} == {
        "Value": "Modify",
        "Tier": "Add",
        "Description": "Remove",
    }


def test_a_new_stacks_values_are_shown_as_far_as_they_are_known() -> None:
    plan = change_set(request(BEFORE), AROUND)
    found = {each.logical_id: each.as_api(with_values=True)["ResourceChange"] for each in plan.changes}
    shown = json.loads(found["Reader"]["AfterContext"])["Properties"]
    assert shown == {"Type": "String", "Value": "{{changeSet:KNOWN_AFTER_APPLY}}", "Description": "x"}
    assert "BeforeContext" not in found["Reader"]


@pytest.mark.parametrize("with_values", [False, True])
def test_changes_have_the_shape_of_the_api(with_values: bool) -> None:
    model = botocore.session.get_session().get_service_model("cloudformation")
    shape = model.shape_for("Change")
    plan = change_set(request(BEFORE.replace("AuthMode: IAM", "AuthMode: SSO")), AROUND, create(BEFORE).state)
    for change in plan.changes:
        assert not ParamValidator().validate(change.as_api(with_values), shape).has_errors()
