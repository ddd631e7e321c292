"""Every state of a state machine is reached and reaches an end, in branches and iterators too."""

from __future__ import annotations

from typing import Any

from harness.documents.statemachines import problems

END = {"Type": "Succeed"}


def found(start: str, **states: dict[str, Any]) -> list[str]:
    return [f"{each.place.path}: {each.problem}" for each in problems({"StartAt": start, "States": states})]


def test_a_machine_that_ends_is_fine() -> None:
    assert found("A", A={"Type": "Pass", "Next": "B"}, B=END) == []


def test_a_loop_with_a_way_out_is_fine_and_one_without_is_told() -> None:
    choice = {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "A"}]}
    assert found("A", A={"Type": "Pass", "Next": "B"}, B={**choice, "Default": "C"}, C=END) == []
    assert found("A", A={"Type": "Pass", "Next": "B"}, B={"Type": "Pass", "Next": "A"}) == [
        "States.A: from A the machine never ends",
        "States.B: from B the machine never ends",
    ]


def test_states_that_only_lead_to_each_other_are_told() -> None:
    assert found("A", A=END, B={"Type": "Pass", "Next": "C"}, C={"Type": "Pass", "Next": "B"}) == [
        "States.B: no state leads to B",
        "States.C: no state leads to C",
    ]


def test_an_error_handler_is_a_way() -> None:
    task = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage",
        "Parameters": {"QueueUrl": "a"},
        "Next": "B",
    }
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "C"}]
    assert found("A", A={**task, "Catch": catch}, B=END, C={"Type": "Fail"}) == []


def test_branches_and_iterators_are_looked_into() -> None:
    inner = {"StartAt": "A", "States": {"A": END, "B": END}}
    assert found("P", P={"Type": "Parallel", "Branches": [inner], "End": True}) == [
        "States.P.Branches[0].States.B: no state leads to B"
    ]
    assert found("M", M={"Type": "Map", "ItemProcessor": inner, "End": True}) == [
        "States.M.ItemProcessor.States.B: no state leads to B"
    ]


def test_what_statelint_says_is_told_with_its_place() -> None:
    (finding,) = found("A", A={"Type": "Wait", "Seconds": -1, "End": True})
    assert finding == "States.A.Seconds: States.A.Seconds is -1 but allowed floor is 0"


def test_what_is_no_machine_is_told() -> None:
    assert [each.problem for each in problems([])] == ["the definition is no object"]


def test_what_step_functions_takes_and_statelint_does_not_is_fine() -> None:
    retry = [{"ErrorEquals": ["States.ALL"], "BackoffRate": 2}]
    task = {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Retry": retry, "End": True}
    assert found("A", A=task) == []
    reader = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "CSV"}}
    items = {"ProcessorConfig": {"Mode": "DISTRIBUTED"}, "StartAt": "A", "States": {"A": END}}
    assert found("M", M={"Type": "Map", "ItemReader": reader, "ItemProcessor": items, "End": True}) == []
