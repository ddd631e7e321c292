"""What holds for all policies: denials only take away, permissions only add, limits only limit."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as some

from tests.unit.iam.cases import OTHER, OWN, ROLE, SESSION, USER, decide

ACTIONS = ["s3:GetObject", "s3:PutObject", "s3:*", "sqs:SendMessage", "*"]
RESOURCES = ["arn:aws:s3:::shelf/key", "arn:aws:s3:::shelf/*", "arn:aws:s3:::*", "arn:aws:sqs:eu-west-1:1:q", "*"]
CONDITIONS = [
    {},
    {"StringEquals": {"aws:PrincipalTag/team": "risk"}},
    {"StringNotEquals": {"aws:PrincipalTag/team": "risk"}},
    {"Null": {"aws:PrincipalTag/team": "true"}},
    {"ForAllValues:StringLike": {"aws:TagKeys": ["a*"]}},
    {"ForAnyValue:StringLike": {"aws:TagKeys": ["a*"]}},
]


@some.composite
def statements(draw: Any, effect: str = "", named: bool = False) -> dict[str, Any]:
    found = {
        "Effect": effect or draw(some.sampled_from(["Allow", "Deny"])),
        draw(some.sampled_from(["Action", "NotAction"])): draw(some.sampled_from(ACTIONS)),
        draw(some.sampled_from(["Resource", "NotResource"])): draw(some.sampled_from(RESOURCES)),
        "Condition": draw(some.sampled_from(CONDITIONS)),
    }
    if named:
        found["Principal"] = {"AWS": draw(some.sampled_from([OWN, OTHER, ROLE, SESSION.arn, USER.arn, "*"]))}
    return found


@some.composite
def worlds(draw: Any) -> dict[str, Any]:
    """Everything that has a say but the identity policy."""
    return {
        "who": draw(some.sampled_from([SESSION, USER])),
        "action": draw(some.sampled_from(["s3:GetObject", "sqs:SendMessage"])),
        "on": draw(some.sampled_from(["arn:aws:s3:::shelf/key", "arn:aws:sqs:eu-west-1:1:q", "*"])),
        "owner": draw(some.sampled_from([OWN, OTHER])),
        "must": draw(some.booleans()),
        "context": draw(some.sampled_from([{}, {"aws:PrincipalTag/team": "risk"}, {"aws:TagKeys": ("ab", "c")}])),
        "boundary": draw(some.none() | statements()),
        "session": draw(some.none() | statements()),
        "resource": tuple(draw(some.lists(statements(named=True), max_size=2))),
        "control": tuple((each,) for each in draw(some.lists(statements(), max_size=1))),
    }


many = some.lists(statements(), max_size=3)


@given(worlds(), many, statements("Deny"))
def test_a_denial_that_is_added_never_lets_more_pass(
    world: dict[str, Any], own: list[Any], more: dict[str, Any]
) -> None:
    if not decide(*own, **world).allowed:
        assert not decide(*own, more, **world).allowed


@given(worlds(), many, statements("Allow"))
def test_a_permission_that_is_added_never_lets_less_pass(
    world: dict[str, Any], own: list[Any], more: dict[str, Any]
) -> None:
    if decide(*own, **world).allowed:
        assert decide(*own, more, **world).allowed


@given(worlds(), many, statements())
def test_a_boundary_never_lets_more_pass(world: dict[str, Any], own: list[Any], cap: dict[str, Any]) -> None:
    without = decide(*own, **{**world, "boundary": None})
    assert without.allowed or not decide(*own, **{**world, "boundary": cap}).allowed


@given(worlds(), many)
def test_nobody_of_another_account_gets_in_without_the_resource(world: dict[str, Any], own: list[Any]) -> None:
    assert not decide(*own, **{**world, "owner": OTHER, "resource": ()}).allowed


@given(worlds(), many)
def test_the_order_of_statements_does_not_matter(world: dict[str, Any], own: list[Any]) -> None:
    assert decide(*own, **world).allowed is decide(*reversed(own), **world).allowed


@given(worlds(), many)
def test_the_answer_always_says_why(world: dict[str, Any], own: list[Any]) -> None:
    decision = decide(*own, **world)
    assert (decision.statement is None) is (decision.missing is not None)
    assert decision.why
