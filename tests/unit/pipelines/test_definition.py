"""Reading and checking a definition: what is wrong is told with its path, all of it at once."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from harness.errors import KnownError
from harness.pipelines import parse, validate
from harness.pipelines.parameters import values
from tests.unit.pipelines.workshop import get, pipeline, processing


def told(*steps: Any, **members: Any) -> list[str]:
    """The findings of a definition, as `path: problem`."""
    document = {"Version": "2020-12-01", "Steps": list(steps), **members}
    with pytest.raises(KnownError) as raised:
        validate.checked(json.dumps(document))
    return [f"{each.place}: {each.problem}" for each in raised.value.findings]


def condition(*conditions: Any, name: str = "Decide", **branches: Any) -> dict[str, Any]:
    return {"Name": name, "Type": "Condition", "Arguments": {"Conditions": list(conditions), **branches}}


def test_a_text_that_is_no_json_is_told_so() -> None:
    with pytest.raises(KnownError, match="it is no JSON"):
        parse.read("{")


def test_every_mistake_of_structure_is_told_with_its_path() -> None:
    assert told(
        {"Name": "a b", "Type": "Processing", "Arguments": []},
        {"Name": "twice", "Type": "Fail", "Arguments": {"ErrorMessage": 1}},
        {"Name": "twice", "Type": "Fail"},
        {"Name": "bare", "Type": "Lambda", "OutputParameters": [{"OutputName": "x", "OutputType": "Text"}]},
        {"Name": "odd", "Type": "Processing", "Argument": {}},
        Version="1",
        Parameters=[{"Name": "P", "Type": "Integer", "DefaultValue": "1"}, {"Name": "P", "Type": "Number"}],
    ) == [
        "Version: '1' is no version of the schema",
        "Parameters[0].DefaultValue: '1' is no Integer",
        "Parameters[1].Type: 'Number' is no type of a parameter",
        "Parameters[1].Name: there are two parameters P",
        "Steps[0].Name: 'a b' is no step's name",
        "Steps[0].Arguments: it is no object",
        "Steps[1].Arguments.ErrorMessage: it is no text",
        "Steps[2].Name: there are two steps twice (also at Steps[1])",
        "Steps[3].FunctionArn: a Lambda step needs one",
        "Steps[3].OutputParameters[0].OutputType: 'Text' is no type",
        "Steps[4].Argument: there is no such member",
    ]


@pytest.mark.parametrize("kind", ["Tuning", "Callback", "ClarifyCheck", "QualityCheck", "EMR", "AutoML"])
def test_a_step_type_that_is_not_modelled_is_refused_by_name(kind: str) -> None:
    assert told({"Name": "s", "Type": kind}) == [f"Steps[0].Type: steps of type {kind} are not modelled"]


def test_what_is_written_in_the_place_of_names_is_told_and_breaks_nothing() -> None:
    odd = processing("odd", RetryPolicies=[{"ExceptionType": [{"Get": "Parameters.X"}], "MaxAttempts": 1}])
    bare = {"Name": "bare", "Type": "Lambda", "FunctionArn": {"Std:Join": {"On": ":"}}}
    assert told(odd) == ["Steps[0].RetryPolicies[0].ExceptionType: [{'Get': 'Parameters.X'}] holds no exception types"]
    assert told(bare) == ["Steps[0].FunctionArn: Std:Join needs Values, a list"]


def test_a_step_type_that_does_not_exist_is_told_so() -> None:
    assert told({"Name": "s", "Type": "Proccessing"}) == ["Steps[0].Type: 'Proccessing' is no type of a step"]


def test_names_of_steps_are_unique_across_branches() -> None:
    branches = {"IfSteps": [processing("same")], "ElseSteps": [processing("same")]}
    found = told(condition({"Type": "Equals", "LeftValue": 1, "RightValue": 1}, **branches))
    assert found == [
        "Steps[0].Arguments.ElseSteps[0].Name: there are two steps same (also at Steps[0].Arguments.IfSteps[0])"
    ]


def test_conditions_are_not_nested() -> None:
    equal = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    found = told(condition(equal, IfSteps=[condition(equal, name="Inner")]))
    assert found == ["Steps[0].Arguments.IfSteps[0]: a Condition inside the Condition Decide"]


def test_references_to_nothing_are_told() -> None:
    arguments = {
        "a": get("Parameters.Nobody"),
        "b": get("Execution.Weather"),
        "c": get("Steps.Nowhere.X"),
        "d": [get("Nothing")],
        "e": get("Steps.first.PropertyFiles.Report"),
        "f": get("Steps.call.OutputParameters['y']"),
        "g": {"Std:Join": {"On": "/"}},
        "h": {"Std:JsonGet": {"Path": "x"}},
    }
    call = {"Name": "call", "Type": "Lambda", "FunctionArn": "f", "Arguments": {}}
    outputs = [{"OutputName": "x", "OutputType": "String"}]
    found = told(
        processing("first"),
        {**call, "OutputParameters": outputs},
        processing("s", Arguments=arguments, DependsOn=["q"]),
    )
    assert found == [
        "Steps[2].DependsOn: there is no step q",
        "Steps[2].Arguments.a: there is no parameter Nobody",
        "Steps[2].Arguments.b: there is no execution variable Weather",
        "Steps[2].Arguments.c: there is no step Nowhere",
        "Steps[2].Arguments.d[0]: 'Nothing' begins with none of Parameters, Execution and Steps",
        "Steps[2].Arguments.e: step first has no property file Report",
        "Steps[2].Arguments.f: 'OutputParameters.y' is no output of the Lambda step call",
        "Steps[2].Arguments.g: Std:Join needs Values, a list",
        "Steps[2].Arguments.h: Std:JsonGet needs a PropertyFile or an S3Uri, and a Path",
    ]


def test_steps_that_wait_for_each_other_are_told() -> None:
    found = told(processing("a", DependsOn=["b"]), processing("b", Arguments={"x": get("Steps.a.RoleArn")}))
    assert found[0].split(": ", 1)[1] in (
        "steps wait for each other: a → b → a",
        "steps wait for each other: b → a → b",
    )


def test_a_reference_into_the_other_branch_is_told() -> None:
    branches = {"IfSteps": [processing("yes")], "ElseSteps": [processing("no", DependsOn=["yes"])]}
    equal = {"Type": "Equals", "LeftValue": 1, "RightValue": 1}
    assert pipeline(condition(equal, **branches)).steps["no"].depends_on == ("yes",)  # it never runs, which is legal
    branches["ElseSteps"] = [processing("no", Arguments={"x": get("Steps.yes.RoleArn")})]
    assert told(condition(equal, **branches)) == [
        "Steps[0].Arguments.ElseSteps[0].Arguments.x: step yes stands in the other branch and will not have run"
    ]


def test_conditions_are_checked_to_their_depth() -> None:
    found = told(
        condition(
            {"Type": "Or", "Conditions": [{"Type": "Not", "Expression": {"Type": "Near"}}]},
            {"Type": "In", "QueryValue": 1, "Values": []},
            {"Type": "LessThan", "LeftValue": 1},
        )
    )
    assert found == [
        "Steps[0].Arguments.Conditions[0].Conditions[0].Expression.Type: 'Near' is no condition",
        "Steps[0].Arguments.Conditions[1].Values: it is no list with something in it",
        "Steps[0].Arguments.Conditions[2]: LessThan needs RightValue",
    ]


def test_retries_and_caches_only_where_sagemaker_has_them() -> None:
    policy = {"ExceptionType": ["SageMaker.CAPACITY_ERROR"], "MaxAttempts": 0}
    found = told(
        {"Name": "f", "Type": "Fail", "RetryPolicies": [policy], "CacheConfig": {"Enabled": True}},
        processing(
            "p",
            RetryPolicies=[policy, {"ExceptionType": ["Everything"]}],
            CacheConfig={"Enabled": True, "ExpireAfter": "soon"},
        ),
    )
    assert found == [
        "Steps[0].CacheConfig: a Fail step is never cached",
        "Steps[0].RetryPolicies: a Fail step is never retried",
        "Steps[1].CacheConfig.ExpireAfter: 'soon' is no duration",
        "Steps[1].RetryPolicies[0].MaxAttempts: 0 is no number of at least 1",
        "Steps[1].RetryPolicies[1].ExceptionType: ['Everything'] holds no exception types",
    ]


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("30d", timedelta(days=30)),
        ("5y", timedelta(days=5 * 365)),
        ("T16m", timedelta(minutes=16)),
        ("2m", timedelta(days=60)),
        ("30dT5h", timedelta(days=30, hours=5)),
        ("PT1H", timedelta(hours=1)),
        ("", None),
        ("P", None),
        ("30", None),
    ],
)
def test_durations_are_read_as_the_guide_writes_them(text: str, length: timedelta | None) -> None:
    assert parse.duration(text) == length


def test_parameters_are_converted_to_their_types_and_checked() -> None:
    definition = pipeline(
        processing("s"),
        parameters=[
            {"Name": "Text", "Type": "String", "DefaultValue": "a", "EnumValues": ["a", "b"]},
            {"Name": "Count", "Type": "Integer"},
            {"Name": "Share", "Type": "Float", "DefaultValue": 0.5},
            {"Name": "Flag", "Type": "Boolean", "DefaultValue": False},
        ],
    )
    assert values(definition, {"Count": "3", "Flag": "True"}) == {"Text": "a", "Count": 3, "Share": 0.5, "Flag": True}
    with pytest.raises(KnownError) as raised:
        values(definition, {"Text": "c", "Share": "much", "Other": "1"})
    assert [f"{each.place}: {each.problem}" for each in raised.value.findings] == [
        "Parameters.Other: the pipeline has no such parameter",
        "Parameters.Text: 'c' is not allowed",
        "Parameters.Count: it has no default and was not given",
        "Parameters.Share: 'much' is no Float",
    ]
