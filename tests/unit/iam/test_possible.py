"""What could ever be allowed: nothing that IAM can allow is missed, and what is surely denied is found impossible."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.iam import UNLIMITED, Kind, PrincipalPolicies, Request, UnreadablePolicyError, Values, evaluate
from harness.iam.possible import Question, denial, lacking, may, possible
from harness.iam.wildcards import covers, expression, meets
from tests.unit.iam.cases import OTHER, OWN, SESSION, allow, deny, policy, to

UPDATE = "sagemaker:UpdateModelPackage"
VERSION = f"arn:aws:sagemaker:eu-west-1:{OWN}:model-package/churn/3"
STATUS = "sagemaker:ModelApprovalStatus"


def could(
    *identity: dict[str, Any],
    action: str = UPDATE,
    on: str = VERSION,
    known: dict[str, Values] | None = None,
    boundary: tuple[dict[str, Any], ...] = (),
    resource: tuple[dict[str, Any], ...] = (),
    owner: str = OWN,
) -> bool:
    held = PrincipalPolicies(
        identity=(policy(*identity),), boundary=policy(*boundary, kind=Kind.BOUNDARY) if boundary else None
    )
    of_resource = policy(*resource, kind=Kind.RESOURCE) if resource else None
    return bool(possible(Question(SESSION, action, on, known or {}, owner), held, of_resource))


def test_an_unknown_key_may_have_the_value_that_a_permission_wants() -> None:
    approved = allow(UPDATE, Condition={"StringEquals": {STATUS: "Approved"}})
    assert could(approved)
    assert could(approved, known={STATUS: "Approved"})
    assert not could(approved, known={STATUS: "Rejected"})
    assert not could(approved, known={STATUS: None})


def test_a_denial_counts_only_where_it_holds_whatever_the_unknown_is() -> None:
    never = deny(UPDATE, Condition={"StringEquals": {STATUS: "Approved"}})
    assert could(allow(UPDATE), never)
    assert not could(allow(UPDATE), never, known={STATUS: "Approved"})
    assert not could(allow(UPDATE), deny(UPDATE))


def test_a_key_that_the_action_does_not_offer_is_absent() -> None:
    """IAM: an unknown key never matches and warns nobody."""
    assert not could(allow(UPDATE, Condition={"StringEquals": {"s3:prefix": "a"}}))
    assert could(allow(UPDATE), deny(UPDATE, Condition={"StringEquals": {"s3:prefix": "a"}}))
    assert not could(allow(UPDATE), deny(UPDATE, Condition={"StringNotEquals": {"s3:prefix": "a"}}))


def test_an_action_that_iam_does_not_know_is_an_error() -> None:
    with pytest.raises(UnreadablePolicyError, match="IAM knows no action sagemaker:ApproveModel"):
        could(allow("*", Condition={"StringEquals": {STATUS: "Approved"}}), action="sagemaker:ApproveModel")


def test_a_pattern_stands_for_any_of_its_resources() -> None:
    other = VERSION.replace("churn", "fraud")
    every = VERSION.replace("churn/3", "*")
    assert could(allow(UPDATE, VERSION), on=every)
    assert not could(allow(UPDATE, VERSION), deny(UPDATE, every), on=every)
    assert could(allow(UPDATE, every), deny(UPDATE, VERSION), on=every)
    assert not could(allow(UPDATE, VERSION), deny(UPDATE, VERSION), on=every)
    assert not could(allow(UPDATE, other), on=VERSION)


def test_a_variable_that_nobody_knows_may_be_anything_in_a_permission_and_nothing_in_a_denial() -> None:
    own = VERSION.replace("churn", "${aws:PrincipalTag/team}")
    assert could(allow(UPDATE, own))
    assert could(allow(UPDATE), deny(UPDATE, own))
    assert not could(allow(UPDATE, own), known={"aws:PrincipalTag/team": "fraud"})
    assert not could(allow(UPDATE), deny(UPDATE, own), known={"aws:PrincipalTag/team": "churn"})
    assert not could(allow(UPDATE, own), known={"aws:PrincipalTag/team": None})


def test_a_boundary_must_let_it_through_and_another_account_must_agree() -> None:
    assert could(allow("*"), boundary=(allow(UPDATE),))
    assert not could(allow("*"), boundary=(allow("s3:*"),))
    assert not could(allow("*"), boundary=(allow("*"), deny(UPDATE)))
    assert not could(allow("*"), owner=OTHER)
    assert could(allow("*"), owner=OTHER, resource=(to(f"arn:aws:iam::{OWN}:root", statement=allow(UPDATE)),))
    assert not could(allow("s3:*"), owner=OTHER, resource=(to(f"arn:aws:iam::{OWN}:root", statement=allow(UPDATE)),))


def test_what_surely_denies_is_named() -> None:
    held = PrincipalPolicies(identity=(policy(allow(UPDATE), deny(UPDATE, Sid="Never")),))
    clause = denial(Question(SESSION, UPDATE, VERSION), held)
    assert clause is not None
    assert clause.sid == "Never"


def test_every_action_is_swept_and_wildcards_find_what_they_cover() -> None:
    held = PrincipalPolicies(identity=(policy(allow("sagemaker:*ModelPackage"), deny(UPDATE)),))
    found = may(SESSION, held, {})
    verbs = ("Access", "BatchDescribe", "Create", "Delete", "Describe")
    assert set(found) == {f"sagemaker:{verb}ModelPackage" for verb in verbs}


def test_a_sweep_finds_what_a_resource_grants_to_the_role_itself() -> None:
    grants = policy(to(str(SESSION.role_arn), statement=allow("s3:GetObject")), kind=Kind.RESOURCE)
    assert set(may(SESSION, PrincipalPolicies(), {}, [grants])) == {"s3:GetObject"}


def test_what_a_resource_gives_to_everyone_may_pass_a_boundary_for_no_page_says_that_it_does_not() -> None:
    read = allow("s3:GetObject")
    assert could(
        allow("a:b"), action="s3:GetObject", on="*", boundary=(allow("a:b"),), resource=(to("*", statement=read),)
    )
    role = to(str(SESSION.role_arn), statement=read)
    assert not could(allow("a:b"), action="s3:GetObject", on="*", boundary=(allow("a:b"),), resource=(role,))


@pytest.mark.parametrize(
    ("kind", "held"),
    [
        (Kind.IDENTITY, PrincipalPolicies()),
        (Kind.SERVICE_CONTROL, PrincipalPolicies(service_control=((policy(allow("s3:*")),),))),
        (Kind.BOUNDARY, replace(UNLIMITED, boundary=policy(allow("s3:*")))),
        (Kind.SESSION, replace(UNLIMITED, session=(policy(allow("s3:*")),))),
        (None, replace(UNLIMITED, session=(policy(allow("s3:*")), policy(allow(UPDATE, VERSION))))),
    ],
)
def test_the_first_kind_of_policy_in_which_a_permission_lacks_is_named(
    kind: Kind | None, held: PrincipalPolicies
) -> None:
    assert lacking(Question(SESSION, UPDATE), held) is kind


_PATTERNS = st.text(alphabet="ab*?", max_size=6)
_TEXTS = st.text(alphabet="ab", max_size=6)


@given(_PATTERNS, _PATTERNS, _TEXTS)
def test_patterns_that_share_a_text_meet_and_one_that_covers_another_takes_all_of_its_texts(
    one: str, other: str, text: str
) -> None:
    fits, also = bool(expression(one).fullmatch(text)), bool(expression(other).fullmatch(text))
    if fits and also:
        assert meets(one, other)
    if covers(one, other) and also:
        assert fits


_STATUSES = st.sampled_from(["Approved", "Rejected", None])
_CONDITIONS = st.sampled_from(
    [
        {},
        {"StringEquals": {STATUS: "Approved"}},
        {"StringNotEquals": {STATUS: "Approved"}},
        {"Null": {STATUS: "true"}},
        {"StringLike": {STATUS: ["Re*", "x"]}},
        {"StringEqualsIfExists": {STATUS: "Rejected"}},
    ]
)
_RESOURCES = st.sampled_from(["*", VERSION, VERSION.replace("3", "*"), VERSION.replace("churn", "fraud")])
_STATEMENTS = st.lists(
    st.builds(
        lambda effect, on, condition: {"Effect": effect, "Action": UPDATE, "Resource": on, "Condition": condition},
        st.sampled_from(["Allow", "Deny"]),
        _RESOURCES,
        _CONDITIONS,
    ),
    min_size=1,
    max_size=4,
)


@given(_STATEMENTS, _STATEMENTS, _STATUSES)
def test_whatever_is_allowed_is_possible(
    identity: list[dict[str, Any]], cap: list[dict[str, Any]], status: str | None
) -> None:
    held = PrincipalPolicies(identity=(policy(*identity),), boundary=policy(*cap, kind=Kind.BOUNDARY))
    if evaluate(Request(SESSION, UPDATE, VERSION, {STATUS: status}), held).allowed:
        assert possible(Question(SESSION, UPDATE, "*"), held)
        assert possible(Question(SESSION, UPDATE, VERSION, {STATUS: status}), held)
