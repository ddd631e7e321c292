"""Who may assume a role, by its trust policy."""

from __future__ import annotations

from typing import Any

import pytest

from harness.emulator.identity import Caller
from harness.emulator.trust import may_assume
from harness.iam import UnreadablePolicyError

LEAD = Caller(
    "222222222221",
    "arn:aws:sts::222222222221:assumed-role/platform-lead/jane",
    "arn:aws:iam::222222222221:role/platform-lead",
)


def allows(
    principal: Any,
    who: Caller = LEAD,
    context: dict[str, str] | None = None,
    tags: dict[str, str] | None = None,
    **more: Any,
) -> bool:
    statement = {"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole", **more}
    document = {"Version": "2012-10-17", "Statement": [statement]}
    return may_assume(document, who, {"aws:PrincipalArn": who.principal_arn, **(context or {})}, tags)


@pytest.mark.parametrize(
    "principal",
    [
        "*",
        {"AWS": "*"},
        {"AWS": "222222222221"},
        {"AWS": "arn:aws:iam::222222222221:root"},
        {"AWS": ["arn:aws:iam::333333333333:root", "arn:aws:iam::222222222221:role/platform-lead"]},
        {"AWS": "arn:aws:sts::222222222221:assumed-role/platform-lead/jane"},
    ],
)
def test_a_role_may_be_assumed_by_whom_it_names(principal: Any) -> None:
    assert allows(principal)


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "333333333333"},
        {"AWS": "arn:aws:iam::222222222221:role/platform-developer"},
        {"Service": "sagemaker.amazonaws.com"},
        {},
    ],
)
def test_a_role_may_not_be_assumed_by_anybody_else(principal: Any) -> None:
    assert not allows(principal)


def test_a_denial_outweighs_a_permission() -> None:
    statements = [
        {"Effect": "Allow", "Principal": "*", "Action": "sts:*"},
        {"Effect": "Deny", "Principal": {"AWS": "222222222221"}, "Action": "sts:AssumeRole"},
    ]
    assert not may_assume({"Statement": statements}, LEAD, {})


def test_a_permission_to_tag_the_session_is_none_to_assume() -> None:
    assert not allows("*", Action="sts:TagSession")


@pytest.mark.parametrize(
    ("condition", "held"),
    [
        ({"StringEquals": {"aws:PrincipalOrgID": "o-mlplatform1"}}, True),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-another0001"}}, False),
        ({"StringEquals": {"sts:ExternalId": "secret"}}, False),
        ({"StringNotEquals": {"sts:ExternalId": "secret"}}, True),
        ({"StringEqualsIfExists": {"sts:ExternalId": "secret"}}, True),
        ({"Null": {"sts:ExternalId": "true"}}, True),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/platform-*"}}, True),
        ({"ArnLike": {"AWS:principalarn": "arn:aws:iam::*:role/other-*"}}, False),
        ({"ArnNotLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/platform-*"}}, False),
    ],
)
def test_conditions_are_evaluated(condition: dict[str, Any], held: bool) -> None:
    assert allows("*", context={"aws:PrincipalOrgID": "o-mlplatform1"}, Condition=condition) is held


OWN_USER = {"StringEquals": {"aws:RequestTag/user": "${aws:PrincipalTag/user}"}}
OWN_USER_IF_ANY = {"StringEqualsIfExists": {"aws:RequestTag/user": "${aws:PrincipalTag/user}"}}


@pytest.mark.parametrize(
    ("condition", "tags", "held"),
    [
        (OWN_USER, {"user": "jane"}, True),
        (OWN_USER, {"user": "bob"}, False),
        (OWN_USER, {}, False),
        (OWN_USER_IF_ANY, {}, True),
        (OWN_USER_IF_ANY, {"user": "bob"}, False),
        ({"StringEquals": {"aws:RequestTag/user": "${aws:PrincipalTag/absent}"}}, {"user": "jane"}, False),
        ({"StringLike": {"aws:RequestTag/user": "${aws:PrincipalTag/any}"}}, {"user": "jane"}, False),
        ({"StringLike": {"aws:RequestTag/user": "?*"}}, {"user": "jane"}, True),
    ],
)
def test_session_tags_are_compared_with_the_callers_own(
    condition: dict[str, Any], tags: dict[str, str], held: bool
) -> None:
    context = {"aws:PrincipalTag/user": "jane", "aws:PrincipalTag/any": "*"}
    assert allows("*", context=context, tags=tags, Action="sts:*", Condition=condition) is held


def test_a_session_is_tagged_only_where_the_role_allows_it() -> None:
    assert allows("*", tags={"user": "jane"}, Action=["sts:AssumeRole", "sts:TagSession"])
    assert not allows("*", tags={"user": "jane"}, Action="sts:AssumeRole")


@pytest.mark.parametrize(("until", "held"), [("2000-01-01T00:00:00Z", False), ("2999-01-01T00:00:00Z", True)])
def test_trust_ends_at_its_moment(until: str, held: bool) -> None:
    assert allows("*", Condition={"DateLessThan": {"aws:CurrentTime": until}}) is held
    assert allows("*", Condition={"DateGreaterThan": {"aws:CurrentTime": until}}) is not held


@pytest.mark.parametrize(
    "more",
    [
        {"Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}},
        {"Condition": {"IpAddress": {"aws:PrincipalArn": "x"}}},
        {"Condition": {"DateLessThan": {"aws:CurrentTime": "tomorrow"}}},
        {"Condition": {"StringEquals": {"aws:PrincipalArn": "${aws:userid}"}}},
    ],
)
def test_what_is_not_modelled_is_refused_and_named(more: dict[str, Any]) -> None:
    with pytest.raises(UnreadablePolicyError, match="not modelled"):
        allows("*", **more)


@pytest.mark.parametrize("more", [{"NotPrincipal": {"AWS": "*"}}, {"NotAction": "sts:TagSession"}])
def test_what_contradicts_itself_is_refused_and_named(more: dict[str, Any]) -> None:
    with pytest.raises(UnreadablePolicyError, match="it has both"):
        allows("*", **more)
