"""Who is let in: one account, several accounts, limits. Cases follow the IAM user guide's pages on evaluation logic."""

from __future__ import annotations

from typing import Any

import pytest

from harness.iam import Clause, Decision, Kind, Principal, denial, evaluate
from harness.iam.request import Request
from tests.unit.iam.cases import OTHER, OWN, ROLE, SESSION, USER, allow, decide, deny, policy, to

EVERYTHING = allow("*")


def test_nothing_said_is_a_denial_for_lack_of_an_identity_policy() -> None:
    decision = decide()
    assert (decision.allowed, decision.missing, decision.statement) == (False, Kind.IDENTITY, None)


def test_an_identity_policy_lets_in_and_is_named() -> None:
    decision = decide(allow("sqs:*"), allow("s3:Get*", Sid="Reads"))
    assert decision.allowed
    assert decision.statement == Clause(Kind.IDENTITY, "identity-based policy", "Reads", 1)
    assert decision.why == "allowed by statement Reads of the identity-based policy identity-based policy"


def test_an_explicit_denial_outweighs_any_permission_and_is_named() -> None:
    decision = decide(EVERYTHING, deny(Sid="Never"))
    assert not decision.allowed
    assert decision.missing is None
    assert decision.statement is not None
    assert (decision.statement.sid, decision.statement.index) == ("Never", 1)


@pytest.mark.parametrize("kind", ["boundary", "session", "control"])
def test_what_limits_must_allow_too_and_gives_nothing_by_itself(kind: str) -> None:
    limit = {"control": ((EVERYTHING,),)} if kind == "control" else {kind: EVERYTHING}
    assert not decide(**limit).allowed
    assert decide(EVERYTHING, **limit).allowed
    empty = {"control": ((allow("sqs:*"),),)} if kind == "control" else {kind: allow("sqs:*")}
    decision = decide(EVERYTHING, **empty)
    lacking = {"boundary": Kind.BOUNDARY, "session": Kind.SESSION, "control": Kind.SERVICE_CONTROL}[kind]
    assert (decision.allowed, decision.missing) == (False, lacking)


def test_each_level_of_the_organization_must_allow() -> None:
    assert decide(EVERYTHING, control=((EVERYTHING,), (allow("s3:*"), allow("sqs:*")))).allowed
    assert not decide(EVERYTHING, control=((EVERYTHING,), (allow("sqs:*"),))).allowed
    assert not decide(EVERYTHING, control=((EVERYTHING, deny()), (EVERYTHING,))).allowed


# "AWS global condition context keys", aws:PrincipalArn: neither a boundary nor a session policy limits what * gives
# with that key; only where the key says who.
@pytest.mark.parametrize(
    ("condition", "unlimited"),
    [
        ({"ArnEquals": {"aws:PrincipalArn": ROLE}}, True),
        ({"StringEquals": {"aws:principalarn": ROLE}}, True),
        ({"ArnNotEquals": {"aws:PrincipalArn": ROLE + "x"}}, False),
        ({"StringEquals": {"aws:PrincipalAccount": OWN}}, False),
    ],
)
def test_everyone_narrowed_by_the_key_of_the_principals_arn_is_the_session_itself(
    condition: dict[str, Any], unlimited: bool
) -> None:
    context = {"aws:PrincipalArn": ROLE, "aws:PrincipalAccount": OWN}
    lets_in = (to("*", Condition=condition),)
    assert decide(resource=lets_in, context=context).allowed
    for limit in ("boundary", "session"):
        assert decide(resource=lets_in, context=context, **{limit: allow("sqs:*")}).allowed is unlimited
    assert not decide(deny(), resource=lets_in, context=context).allowed
    assert not decide(resource=lets_in, context=context, owner=OTHER).allowed


# Within one account; "Policy evaluation for requests within a single account", resource-based policies.
# Principal of the resource's policy → lets in without an identity policy, in spite of a boundary, of a session policy.
WITHIN = [
    (SESSION, SESSION.arn, True, True, True),
    (SESSION, ROLE, True, False, False),
    (SESSION, "*", True, False, False),
    (SESSION, f"arn:aws:iam::{OWN}:root", False, False, False),
    (SESSION, OWN, False, False, False),
    (USER, USER.arn, True, True, True),
    (SESSION, f"arn:aws:iam::{OWN}:role/team/other", False, False, False),
]


@pytest.mark.parametrize(("who", "named", "alone", "past_boundary", "past_session"), WITHIN)
def test_within_the_account_a_resources_policy_may_be_enough(
    who: Principal, named: str, alone: bool, past_boundary: bool, past_session: bool
) -> None:
    nothing = allow("sqs:*")
    assert decide(who=who, resource=(to(named),)).allowed is alone
    assert decide(who=who, resource=(to(named),), boundary=nothing).allowed is past_boundary
    assert decide(who=who, resource=(to(named),), session=nothing).allowed is past_session
    assert not decide(who=who, resource=(to(named),), boundary=deny()).allowed


def test_a_resources_policy_that_says_nothing_of_the_caller_leaves_the_decision_to_their_own() -> None:
    assert decide(allow(), resource=(to(OTHER),)).allowed
    assert not decide(resource=(to(OTHER),)).allowed


@pytest.mark.parametrize("named", [OWN, f"arn:aws:iam::{OWN}:root", ROLE, SESSION.arn, "*"])
def test_across_accounts_both_sides_must_allow(named: str) -> None:
    assert decide(allow(), owner=OTHER, resource=(to(named),)).allowed
    assert decide(owner=OTHER, resource=(to(named),)).missing is Kind.IDENTITY
    assert decide(allow(), owner=OTHER).missing is Kind.RESOURCE
    assert decide(allow(), owner=OTHER, resource=(to(named),), boundary=allow("sqs:*")).missing is Kind.BOUNDARY
    assert not decide(allow(), owner=OTHER, resource=(to(OTHER),)).allowed


def test_a_key_or_a_roles_trust_must_allow_even_within_the_account() -> None:
    assert decide(EVERYTHING, must=True).missing is Kind.RESOURCE
    assert decide(EVERYTHING, must=True, resource=(to(OTHER),)).missing is Kind.RESOURCE
    assert decide(EVERYTHING, must=True, resource=(to(OWN),)).allowed, "delegated to the account"
    assert decide(must=True, resource=(to(OWN),)).missing is Kind.IDENTITY
    assert decide(must=True, resource=(to(ROLE),)).allowed, "given to the role itself"


def test_the_accounts_root_may_do_everything_that_a_resource_does_not_forbid() -> None:
    root = Principal.account(OWN)
    assert decide(who=root).allowed
    assert not decide(who=root, resource=(to("*", statement=deny()),)).allowed
    assert not decide(who=root, owner=OTHER).allowed
    assert decide(who=root, owner=OTHER, resource=(to(OWN),)).allowed
    assert not decide(who=root, must=True).allowed


def test_a_service_has_only_the_resources_policy() -> None:
    service = Principal.service("events.amazonaws.com")
    named = {**allow(), "Principal": {"Service": "events.amazonaws.com"}}
    assert decide(who=service, resource=(named,)).allowed
    assert decide(who=service, resource=(to("*"),)).allowed
    assert decide(who=service, resource=(to(OWN),)).missing is Kind.RESOURCE
    assert decide(who=service).missing is Kind.RESOURCE
    assert not decide(who=Principal.service("sns.amazonaws.com"), resource=(named,)).allowed


def test_somebody_federated_is_known_by_the_provider() -> None:
    provider = f"arn:aws:iam::{OWN}:saml-provider/company"
    named = {"Effect": "Allow", "Action": "sts:AssumeRoleWithSAML", "Principal": {"Federated": provider}}
    asked = {"action": "sts:AssumeRoleWithSAML", "on": ROLE, "resource": (named,), "must": True}
    assert decide(who=Principal.federated(provider), **asked).allowed  # type: ignore[arg-type]
    assert not decide(who=Principal.federated("another"), **asked).allowed  # type: ignore[arg-type]


# "Permissions boundaries for IAM entities": NotPrincipal with Deny always denies whoever has a boundary.
def test_a_denial_to_all_but_some_spares_only_those_named_with_account_role_and_session() -> None:
    def spared(*names: str, bounded: bool = False) -> bool:
        statement = {**deny(), "NotPrincipal": {"AWS": list(names)}}
        return decide(EVERYTHING, resource=(statement,), boundary=EVERYTHING if bounded else None).allowed

    everything_named = (OWN, ROLE, SESSION.arn)
    assert spared(*everything_named)
    assert not spared(*everything_named, bounded=True)
    assert not spared(OWN, ROLE)
    assert not spared(ROLE, SESSION.arn)
    assert not spared(OWN)


def test_all_denials_are_told_the_one_that_aws_would_name_first_ahead() -> None:
    decision = decide(EVERYTHING, deny(Sid="Own"), boundary=deny(Sid="Cap"))
    assert [each.sid for each in decision.clauses] == ["Cap", "Own"]


# "Troubleshoot access denied error messages", examples.
@pytest.mark.parametrize(
    ("decision", "ending"),
    [
        (decide(), "because no identity-based policy allows the s3:GetObject action"),
        (decide(EVERYTHING, owner=OTHER), "because no resource-based policy allows the s3:GetObject action"),
        (decide(EVERYTHING, boundary=allow("a:b")), "because no permissions boundary allows the s3:GetObject action"),
        (decide(EVERYTHING, session=allow("a:b")), "because no session policy allows the s3:GetObject action"),
        (
            decide(EVERYTHING, control=((allow("a:b"),),)),
            "because no service control policy allows the s3:GetObject action",
        ),
        (decide(deny()), "with an explicit deny in an identity-based policy"),
        (decide(boundary=deny()), "with an explicit deny in a permissions boundary"),
        (decide(session=deny()), "with an explicit deny in a session policy"),
        (decide(control=((deny(),),)), "with an explicit deny in a service control policy"),
        (decide(resource=(to("*", statement=deny()),)), "with an explicit deny in a resource-based policy"),
    ],
)
def test_a_denial_is_worded_as_aws_does(decision: Decision, ending: str) -> None:
    told = denial(Request(SESSION, "s3:GetObject", "arn:aws:s3:::shelf/key"), decision)
    start = f"User: arn:aws:sts::{OWN}:assumed-role/runner/jane is not authorized to perform: s3:GetObject"
    assert told == f"{start} on resource: arn:aws:s3:::shelf/key {ending}"


def test_a_trust_policy_is_called_by_its_own_name() -> None:
    trust = policy({"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}, kind=Kind.TRUST)
    request = Request(SESSION, "sts:AssumeRole", ROLE)
    told = denial(request, evaluate(request, resource_policy=trust, resource_must_allow=True))
    assert told.endswith("with an explicit deny in the role trust policy")
    told = denial(request, evaluate(request, None, policy({**allow("a:b"), "Principal": "*"}, kind=Kind.TRUST), True))
    assert told.endswith("because no identity-based policy allows the sts:AssumeRole action")
