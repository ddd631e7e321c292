"""The file of a launch role: what people read is what IAM gets, and it fits into a role."""

from __future__ import annotations

from harness.checks.launching.policyfile import as_data, as_text, fits, fitted, parsed, size
from harness.checks.launching.statements import Condition, Statement
from tests.unit.checks.launching.grounds import FUNCTION, ROLE, statements

STACK = "arn:${AWS::Partition}:sns:*:${AWS::AccountId}:SC-${AWS::AccountId}-pp-*"


def topics(*names: str, actions: int = 1) -> Statement:
    listed = tuple(f"sns:Action{'x' * 40}{number}" for number in range(actions))
    return Statement("SnsTopic", "topics", listed, tuple(f"{STACK}-{name}-*" for name in names))


def test_what_the_file_says_is_what_was_generated() -> None:
    found = list(statements(ROLE + FUNCTION).values())

    def in_long_form(value: object) -> object:
        if isinstance(value, dict):
            return {key: in_long_form(each) for key, each in value.items()}
        if isinstance(value, list):
            return [in_long_form(each) for each in value]
        return {"Fn::Sub": value} if "${" in str(value) else value

    assert parsed(as_text("demo", found)) == [in_long_form(as_data(each)) for each in found]


def test_each_statement_has_its_reason_above_and_the_file_says_who_wrote_it() -> None:
    text = as_text("demo", [topics("One")])
    assert "Written by `build.py roles demo`" in text
    assert "# topics\n- Sid: SnsTopic\n" in text


def test_values_that_yaml_would_read_as_something_else_stand_in_quotes() -> None:
    conditions = (Condition("Bool", "kms:GrantIsForAWSResource", ("true",)), Condition("NumericEquals", "x:y", ("30",)))
    (found,) = parsed(as_text("demo", [Statement("A", "b", ("kms:CreateGrant",), ("*",), conditions)]))
    assert found["Condition"] == {"Bool": {"kms:GrantIsForAWSResource": "true"}, "NumericEquals": {"x:y": "30"}}


def test_a_file_that_is_no_list_of_statements_says_nothing() -> None:
    assert parsed("") == parsed("a: 1") == parsed("- [") == parsed("- one") == []


def test_names_are_told_in_full_where_there_is_room() -> None:
    assert fitted([topics("One", "Two", "Three")]) == (topics("One", "Two", "Three"),)


def test_names_are_told_in_full_where_two_policies_have_room() -> None:
    both = (topics("One", "Two", "Three", actions=180), topics("Five", "Four", actions=100))
    assert size(both[:1]) <= 10_240 < size(both)
    assert fitted(both) == both


def test_names_of_a_stack_are_told_by_their_beginning_where_there_is_none() -> None:
    three, two = topics("One", "Two", "Three", actions=181), topics("Five", "Four", actions=100)
    assert not fits([three, two])
    assert fits(fitted([three, two]))
    assert [each.resources for each in fitted([three, two])] == [(STACK,), two.resources]
    no_room = "topics; its policies have no room for each name, hence any that begins so, of other products too"
    assert [each.reason for each in fitted([three, two])] == [no_room, "topics"]
    named = Statement("A", "b", ("sns:Publish",), (f"{STACK}-One-*", "arn:aws:sns:*:*:platform"))
    (*_, found) = fitted([topics("One", "Two", actions=190), named])
    assert found.resources == (STACK, "arn:aws:sns:*:*:platform")


def test_what_a_human_added_is_told_as_it_was_written() -> None:
    added = topics("One", "Two", "Three")
    assert fitted([topics("One", "Two", "Three", actions=200)], [added])[-1] == added


def test_the_size_is_what_iam_counts() -> None:
    text = '{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":"sns:Publish","Resource":"'
    text += 'arn:aws:sns:*:000000000000:x"}]}'
    statement = Statement("A", "not counted", ("sns:Publish",), ("arn:${AWS::Partition}:sns:*:${AWS::AccountId}:x",))
    assert size([statement]) == len(text)
