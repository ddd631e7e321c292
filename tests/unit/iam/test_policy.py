"""What policies say, and what they may not say: elements, actions, resources, variables, principals."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.iam.models import iam_backends

from harness.iam import Kind, Policy, Principal, Request, UnreadablePolicyError
from tests.unit.iam.cases import OWN, SESSION, allow, decide, deny, policy, to


@pytest.mark.parametrize(
    ("pattern", "action", "covered"),
    [
        ("*", "s3:GetObject", True),
        ("s3:*", "s3:GetObject", True),
        ("s3:Get*", "s3:GetObject", True),
        ("S3:getobject", "s3:GetObject", True),
        ("s3:Get?bject", "s3:GetObject", True),
        ("s3:Get?bject", "s3:Getbject", False),
        ("s3:GetObject", "s3:GetObjectTagging", False),
        ("sqs:*", "s3:GetObject", False),
    ],
)
def test_actions_have_wildcards_and_no_case(pattern: str, action: str, covered: bool) -> None:
    assert decide(allow(pattern), action=action).allowed is covered
    assert decide({"Effect": "Allow", "NotAction": pattern, "Resource": "*"}, action=action).allowed is not covered


KEY = "arn:aws:s3:::shelf/data/one"


@pytest.mark.parametrize(
    ("pattern", "resource", "covered"),
    [
        ("*", KEY, True),
        ("arn:aws:s3:::shelf/*", KEY, True),
        ("arn:aws:s3:::shelf", KEY, False),
        ("arn:aws:s3:::shelf/data/on?", KEY, True),
        ("arn:aws:s3:::SHELF/*", KEY, False),
        ("arn:aws:s3:::*", KEY, True),
        # A * at the end of a part runs on beyond its colon, one within it does not.
        ("arn:aws:s3:*", KEY, True),
        ("arn:aws:s3:*shelf/*", KEY, True),
        ("arn:aws:iam::*:role/a", "arn:aws:iam::111122223333:role/a", True),
        ("arn:a*s:iam::*:role/a", "arn:aws:iam::111122223333:role/a", True),
        ("arn:a*3::::role/a", "arn:aws:iam::111122223333:role/a", False),
        ("arn:aws:logs:*:*:log-group:/a/*:*", "arn:aws:logs:eu-west-1:1:log-group:/a/b:log-stream:c", True),
    ],
)
def test_resources_have_wildcards(pattern: str, resource: str, covered: bool) -> None:
    assert decide(allow(on=pattern), on=resource).allowed is covered
    assert decide({"Effect": "Allow", "Action": "*", "NotResource": pattern}, on=resource).allowed is not covered


def test_an_action_that_takes_no_resource_wants_a_star() -> None:
    assert decide(allow("s3:ListAllMyBuckets"), action="s3:ListAllMyBuckets", on="*").allowed
    assert not decide(allow("s3:*", "arn:aws:s3:::*"), action="s3:ListAllMyBuckets", on="*").allowed


@pytest.mark.parametrize(
    ("pattern", "context", "resource", "covered"),
    [
        ("arn:aws:s3:::shelf/${aws:PrincipalTag/team}/*", {"aws:PrincipalTag/team": "risk"}, "shelf/risk/x", True),
        ("arn:aws:s3:::shelf/${AWS:principaltag/Team}/*", {"aws:PrincipalTag/team": "risk"}, "shelf/risk/x", True),
        ("arn:aws:s3:::shelf/${aws:PrincipalTag/team}/*", {"aws:PrincipalTag/team": "risk"}, "shelf/loan/x", False),
        ("arn:aws:s3:::shelf/${aws:PrincipalTag/team}/*", {}, "shelf//x", False),
        ("arn:aws:s3:::shelf/${aws:PrincipalTag/team, 'all'}/*", {}, "shelf/all/x", True),
        ("arn:aws:s3:::shelf/${ aws:PrincipalTag/team , 'all' }/*", {"aws:PrincipalTag/team": "a"}, "shelf/a/x", True),
        # What a variable gives is no wildcard.
        ("arn:aws:s3:::shelf/${aws:PrincipalTag/team}/x", {"aws:PrincipalTag/team": "*"}, "shelf/risk/x", False),
        ("arn:aws:s3:::shelf/${aws:PrincipalTag/team}/x", {"aws:PrincipalTag/team": "*"}, "shelf/*/x", True),
        ("arn:aws:s3:::shelf/${*}", {}, "shelf/*", True),
        ("arn:aws:s3:::shelf/${*}", {}, "shelf/a", False),
        ("arn:aws:s3:::shelf/${$}${?}", {}, "shelf/$?", True),
        # A key that holds many values is none to be filled in.
        ("arn:aws:s3:::shelf/${aws:TagKeys}", {"aws:TagKeys": ("a", "b")}, "shelf/a", False),
    ],
)
def test_policy_variables(pattern: str, context: dict[str, Any], resource: str, covered: bool) -> None:
    assert decide(allow(on=pattern), on=f"arn:aws:s3:::{resource}", context=context).allowed is covered


def test_variables_in_conditions() -> None:
    own = {"StringEquals": {"aws:ResourceTag/owner": "${aws:PrincipalTag/user}"}}
    anna = {"aws:PrincipalTag/user": "anna", "aws:ResourceTag/owner": "anna"}
    assert decide(allow(Condition=own), context=anna).allowed
    assert not decide(allow(Condition=own), context={**anna, "aws:ResourceTag/owner": "ben"}).allowed
    assert not decide(allow(Condition=own), context={"aws:ResourceTag/owner": "anna"}).allowed


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"Effect": "Perhaps", "Action": "*", "Resource": "*"},
        {"Effect": "Allow", "Resource": "*"},
        {"Effect": "Allow", "Action": "*"},
        {"Effect": "Allow", "Action": "*", "NotAction": "*", "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "NotResource": "*"},
        {"Effect": "Allow", "Action": "*", "Resources": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Principal": "*"},
        {"Effect": "Allow", "Action": "GetObject", "Resource": "*"},
        {"Effect": "Allow", "Action": {"Ref": "Action"}, "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": {"Fn::Sub": "arn:aws:s3:::shelf"}},
        {"Effect": "Allow", "Action": [], "Resource": "*"},
        {"Effect": "Allow", "NotAction": [], "Resource": "*"},
        {"Effect": "Allow", "Action": "*", "Resource": []},
        {"Effect": "Allow", "Action": "*", "Resource": "shelf"},
        {"Effect": "Allow", "Action": "*", "Resource": "*shelf"},
        {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s*:::shelf"},
        {"Effect": "Allow", "Action": "*", "Resource": "arn:${AWS::Partition}:s3:::shelf"},
        {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${Bucket}"},
        {"Effect": "Allow", "Action": "*", "Resource": "arn:aws:s3:::${aws:PrincipalTag/team"},
        {"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringEquals": {"a:b": "${AWS::Region}"}}},
    ],
)
def test_a_statement_that_would_mislead_is_an_error_that_names_it(statement: dict[str, Any]) -> None:
    with pytest.raises(UnreadablePolicyError, match=r"^identity-based policy duties, statement 2: "):
        policy(allow(), statement, name="duties")


def test_two_statements_of_one_name_are_refused_as_iam_does_and_as_policies_of_resources_may_have() -> None:
    twice = [allow("s3:GetObject", Sid="Same"), allow("sqs:SendMessage", Sid="Same")]
    with pytest.raises(UnreadablePolicyError, match="several statements are called Same"):
        policy(*twice)
    assert policy(*(to("*", statement=each) for each in twice), kind=Kind.RESOURCE).statements


def test_a_statement_is_named_by_its_sid() -> None:
    with pytest.raises(UnreadablePolicyError, match="statement Wrong: its Effect"):
        policy({"Sid": "Wrong"})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no json",
        "[]",
        "{}",
        '{"Version": "2020-01-01", "Statement": []}',
        '{"Statement": {"Effect": "Deny", "Effect": "Allow", "Action": "*", "Resource": "*"}}',  # one would be unseen
    ],
)
def test_a_document_that_is_no_policy_is_an_error(text: str) -> None:
    with pytest.raises(UnreadablePolicyError, match="identity-based policy broken: "):
        Policy.read(text, Kind.IDENTITY, "broken")


def test_the_first_version_of_the_language_has_no_variables() -> None:
    with pytest.raises(UnreadablePolicyError, match="without Version 2012-10-17"):
        Policy.read({"Statement": allow(on="arn:aws:s3:::${aws:username}")})


@pytest.mark.parametrize(
    "principal",
    [
        {"AWS": "jane"},
        {"AWS": "arn:aws:iam::111122223333:role/team-*"},
        {"AWS": "arn:aws:iam::111122223333:group/team"},
        {"AWS": "arn:aws:sts::111122223333:assumed-role/runner"},
        {"AWS": "arn:aws:iam::111122223333:role/${aws:PrincipalTag/team}"},
        {"Service": "*"},
        {"Service": "events"},
        {"CanonicalUser": "79a5"},
        {"AWS": {"Ref": "Role"}},
        "everybody",
    ],
)
def test_a_principal_that_iam_does_not_take_is_an_error(principal: Any) -> None:
    with pytest.raises(UnreadablePolicyError, match="principal"):
        policy({**allow(), "Principal": principal}, kind=Kind.RESOURCE)


def test_a_resources_policy_names_principals_and_never_all_but_some_with_allow() -> None:
    with pytest.raises(UnreadablePolicyError, match="it names no Principal"):
        policy(allow(), kind=Kind.RESOURCE)
    with pytest.raises(UnreadablePolicyError, match="strangers"):
        policy({**allow(), "NotPrincipal": {"AWS": OWN}}, kind=Kind.RESOURCE)


def test_a_trust_policy_needs_no_resource() -> None:
    trust = policy({"Effect": "Allow", "Principal": {"AWS": OWN}, "Action": "sts:AssumeRole"}, kind=Kind.TRUST)
    assert trust.statements[0].applies(Request(SESSION, "sts:AssumeRole", "arn:aws:iam::1:role/a"))


def test_a_key_that_the_context_lacks_is_looked_up() -> None:
    asked: list[str] = []

    def lookup(key: str) -> str:
        asked.append(key)
        return "risk"

    own = policy(allow(Condition={"StringEquals": {"aws:ResourceTag/team": "risk", "aws:PrincipalTag/a": "b"}}))
    request = Request(SESSION, "s3:GetObject", KEY, {"aws:PrincipalTag/a": "b"}, lookup=lookup)
    assert own.statements[0].applies(request)
    assert asked == ["aws:ResourceTag/team"]


# "Policy variables with no value".
def test_a_variable_without_a_value_equals_nothing() -> None:
    asked = {"context": {"s3:ExistingObjectTag/team": "risk"}}
    for operator, denied in (("StringEquals", False), ("StringNotEquals", True), ("StringNotLike", True)):
        own = deny(Condition={operator: {"s3:ExistingObjectTag/team": "${aws:PrincipalTag/team}"}})
        assert decide(allow(), own, **asked).allowed is not denied
    assert not decide(allow(on="arn:aws:s3:::shelf/${aws:PrincipalTag/team}*"), on=KEY).allowed
    assert decide({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::${aws:PrincipalTag/team}*"}).allowed


def test_a_deleted_principal_is_nobody() -> None:
    gone = policy(to("AROAIOSFODNN7EXAMPLE1"), kind=Kind.RESOURCE)
    assert not gone.statements[0].level(Request(SESSION, "s3:GetObject"))


def test_every_managed_policy_of_aws_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOTO_IAM_LOAD_MANAGED_POLICIES", "true")
    managed = [
        each for each in iam_backends["999900001111"]["aws"].managed_policies.values() if ":aws:policy" in each.arn
    ]
    assert len(managed) > 1000
    for each in managed:
        document = next(version.document for version in each.versions if version.is_default)
        assert len(Policy.read(document, Kind.IDENTITY, each.arn).statements) == len(_statements(document))


def _statements(document: str) -> list[Any]:
    found = json.loads(document)["Statement"]
    return found if isinstance(found, list) else [found]


def test_who_is_no_session_of_a_role_is_not_that_role() -> None:
    role = "arn:aws:iam::111122223333:role/team/runner"
    other = Principal.session("arn:aws:iam::111122223333:role/other/runner")
    assert not decide(who=other, resource=(to(role),)).allowed
    assert decide(deny("sqs:*"), allow(), who=other).allowed
