"""Duties are separated (N4, N5), and of each Deny and each condition it is known whether the proof leans on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.checks.duties.limits import WRITES
from harness.checks.duties.proof import holes, prove
from harness.checks.duties.stage import Stage, Thing
from tests.unit.checks.duties.staged import (
    DEV,
    Weakening,
    changed,
    small,
    spoilt,
    weakenings,
    whole,
)

pytestmark = pytest.mark.unmeasured

SPOKE, HUB, STUDIO, REGISTRY = "foundation/spoke", "foundation/hub", "studio-domain", "model-registry"
_POLICIES = ("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy", "AWS::IAM::Role", "AWS::IAM::RolePolicy")
# What the proof leans on stands here: whoever signs in, whoever decides, the boundary of all, who may use a group.
_LEANT_ON = {
    (HUB, "Boundary"),
    (HUB, "Registrar"),
    (REGISTRY, "ApproveRole"),
    (REGISTRY, "Group"),
    (SPOKE, "Approver"),
    (SPOKE, "Boundary"),
    (SPOKE, "Developer"),
    (SPOKE, "Lead"),
    (SPOKE, "Repair"),
    (SPOKE, "Support"),
}

# Denials there, and condition keys of permissions, that serve another end: the proof holds without all of them at once.
DENIALS = {
    "AccountStaysInTheOrganization": "the organization",
    "NoNotebookOnTheInternet": "the network (N8)",
    "NoPublicAcl": "public data (N8)",
    "NoRemoteSession": "data on laptops",
    "NoWayToTheInternet": "the network (N8)",
    "SizesOnOffer": "costs",
    "VolumesHaveAKey": "encryption (N8)",
}
KEYS = {
    "application-autoscaling:service-namespace": "scaling of endpoints alone",
    "aws:PrincipalAccount": "signing in from the account itself, which the principal says already",
    "aws:ResourceTag/sagemaker:studio-visibility": "what Studio shows; a portfolio says who may launch",
    "aws:SourceAccount": "a service that is asked by another account",
    "cloudwatch:namespace": "other people's metrics",
    "ec2:AuthorizedService": "the network (N8)",
    "ec2:Vpc": "the network (N8)",
    "iam:AWSServiceName": "roles of AWS's own",
    "iam:PassedToService": "the role's own trust names the service, too",
    "kms:GrantIsForAWSResource": "encryption (N8)",
    "kms:ResourceAliases": "encryption (N8)",
    "kms:ViaService": "encryption (N8)",
    "sagemaker:InterContainerTrafficEncryption": "encryption (N8)",
    "sagemaker:OutputKmsKeyArn": "encryption (N8)",
    "sagemaker:TaggingAction": "tags of other things; the boundary keeps those of profiles",
    "sagemaker:VpcSecurityGroupIds": "the network (N8)",
    "sagemaker:VpcSubnets": "the network (N8)",
    "servicecatalog:accountLevel": "launches of other accounts",
    "servicecatalog:userLevel": "launches of other people",
    "sts:AWSServiceName": "packages alone",
}
# The owner of a private space is asked for besides.
PAIRS = {("OwnApps", "sagemaker:SpaceSharingType"), ("OwnSpaces", "sagemaker:SpaceSharingType")}


def is_leant_on(thing: Thing) -> bool:
    if (thing.unit, thing.logical_id) in _LEANT_ON:
        return True
    return thing.unit == STUDIO and thing.type in _POLICIES


def serves_another_end(each: Weakening) -> bool:
    if each.element == "Condition":
        return each.value in KEYS or (each.sid, each.value) in PAIRS
    return each.sid in DENIALS


def everything(statement: dict[str, Any]) -> dict[str, Any] | None:
    """No denial, no condition."""
    return (
        None if statement["Effect"] == "Deny" else {key: each for key, each in statement.items() if key != "Condition"}
    )


def is_refuted(stage: Stage) -> bool:
    return next(holes(stage), None) is not None


def test_nobody_who_may_not_decide_comes_to_a_decision_by_any_route() -> None:
    assert not whole().failures
    assert prove(whole()) == []


def test_the_part_of_the_landscape_that_is_spoilt_below_is_sound_by_itself() -> None:
    assert prove(small()) == []


def test_the_proof_fails_without_any_one_denial_or_condition_that_it_leans_on() -> None:
    """Each whole denial, each action and resource of it, each condition key of a permission: one at a time."""
    leant = [each for each in dict.fromkeys(weakenings(small(), is_leant_on)) if not serves_another_end(each)]
    assert len(leant) > 150
    unnoticed = [each for each in leant if not is_refuted(changed(small(), each, each.of))]
    assert unnoticed == [], "say in DENIALS or KEYS what it is for, or let the proof see it"


def test_the_proof_holds_without_all_at_once_that_serves_another_end() -> None:
    stage, named = small(), set()
    for each in dict.fromkeys(weakenings(small(), is_leant_on)):
        if serves_another_end(each) and each.element in ("", "Condition"):
            stage = changed(stage, each, each.of)
            named |= {each.sid, each.value, (each.sid, each.value)}
    assert prove(stage) == []
    assert {*DENIALS, *KEYS, *PAIRS} <= named


def test_the_proof_leans_on_nothing_that_other_policies_say() -> None:
    """Not one denial or condition of launch roles, pipelines, functions, builds and the publisher."""
    assert prove(changed(small(), everything, lambda each: each.type in _POLICIES and not is_leant_on(each))) == []


@pytest.mark.parametrize("name", ["role/platform-lead", "role/platform/developer/*", "role/platform/pipelines/*"])
def test_nobody_is_spared_by_the_boundary_beside_those_who_are_known(name: str) -> None:
    def spares(statement: dict[str, Any]) -> dict[str, Any]:
        if statement["Sid"] != "OnlyApproversDecideAboutModels":
            return statement
        condition = statement["Condition"]
        names = [*condition["ArnNotLike"]["aws:PrincipalArn"], f"arn:aws:iam::{DEV}:{name}"]
        return {**statement, "Condition": {**condition, "ArnNotLike": {"aws:PrincipalArn": names}}}

    told = [each.what for each in prove(spoilt(small(), SPOKE, "Boundary", spares))]
    who = name.removeprefix("role/").replace("*", "any")
    assert f"the boundary of {DEV} lets the role {who} do sagemaker:UpdateModelPackage on" in told[0]


@pytest.mark.parametrize(
    ("persona", "action", "on"),
    [
        ("support", "s3:PutObject", "arn:aws:s3:::data/*"),
        ("support", "sagemaker:UpdateEndpoint", "*"),
        ("approver", "sagemaker:StopPipelineExecution", "*"),
        ("approver", "s3:DeleteObject", "*"),
    ],
)
def test_support_and_the_approver_change_nothing_beyond_their_duties(persona: str, action: str, on: str) -> None:
    def more(statement: dict[str, Any]) -> dict[str, Any]:
        if statement["Sid"] != "ViewsModels":
            return statement
        return {"Sid": "TooMuch", "Effect": "Allow", "Action": action, "Resource": on}

    told = [each.what for each in prove(spoilt(small(), SPOKE, persona.title(), more))]
    assert f"the persona {persona} of {DEV} may do {action}" in told
    assert action not in WRITES[persona]


def test_support_is_given_nothing_by_a_policy_of_a_bucket_either() -> None:
    bucket = next(each for each in small().of("AWS::S3::BucketPolicy") if each.account == DEV)

    def opens(statement: dict[str, Any]) -> dict[str, Any]:
        support = {"AWS": f"arn:aws:iam::{DEV}:role/platform-support"}
        return {"Effect": "Allow", "Principal": support, "Action": "s3:PutObject", "Resource": statement["Resource"]}

    stage = changed(small(), opens, lambda each: each is bucket)
    assert f"the persona support of {DEV} may do s3:PutObject" in [each.what for each in prove(stage)]


def test_what_acts_with_a_role_in_a_way_that_nobody_has_judged_is_a_finding() -> None:
    role = next(each for each in small().of("AWS::IAM::Role") if each.account == DEV)
    function = next(each for each in small().of("AWS::Lambda::Function") if each.account == DEV)
    job = replace(function, type="AWS::Glue::Job", logical_id="Job", properties={"Role": role.arn})
    told = prove(replace(small(), things=(*small().things, job)))
    assert [each.remedy for each in told] == ["say it in harness/checks/duties/seats.py"]
    assert told[0].what.startswith("Job ")
    assert told[0].what.endswith(f"acts with {role.arn}, and nobody has said who steers it")


def test_a_known_thing_that_names_a_role_in_an_unknown_place_is_a_finding() -> None:
    role = next(each for each in small().of("AWS::IAM::Role") if each.account == DEV)
    rule = next(each for each in small().of("AWS::Events::Rule") if each.account == DEV)
    other = replace(rule, properties={**rule.properties, "Fallback": {"RoleArn": role.arn}})
    stage = replace(small(), things=tuple(other if each is rule else each for each in small().things))
    assert [each.what.partition(" acts with ")[2] for each in prove(stage)] == [
        f"{role.arn}, and nobody has said who steers it"
    ]


def test_a_right_that_nobody_has_judged_is_a_finding_of_whoever_comes_to_it() -> None:
    def more(statement: dict[str, Any]) -> dict[str, Any]:
        if statement["Sid"] != "Jobs":
            return statement
        return {"Sid": "Jobs", "Effect": "Allow", "Action": "glue:CreateJob", "Resource": "*"}

    told = [each.what for each in prove(spoilt(small(), STUDIO, "JobPolicy", more))]
    assert any(
        each.startswith(f"the persona developer of {DEV}, hands platform/developer/")
        and each.endswith("may then do glue:CreateJob, of which nobody has said where it leads")
        for each in told
    )
