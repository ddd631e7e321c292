"""The boundary's line of the proof: whatever a role is given, one that carries it decides nothing and becomes nobody.

Whom the boundary spares is stated here once more: a name that it comes to spare beside these is a hole.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from harness.checks.duties.landscape import Landscape
from harness.checks.duties.problem import Problem
from harness.checks.duties.questions import Asked, becoming, decisions
from harness.checks.duties.routes import APPROVER_PATHS
from harness.iam import UNLIMITED, Policy, Principal, Values
from harness.iam.possible import Question, possible

_ANYBODY = "platform/any"
_LAUNCHES, _PUBLISHER = ("platform-launch-",), ("platform-publisher",)
# Action → beginnings of the names of roles that may; of everything else that is asked, nobody may.
_SPARED: dict[str, tuple[str, ...]] = {
    "sagemaker:AddTags": _LAUNCHES,
    "sagemaker:CreateDomain": _LAUNCHES,
    "sagemaker:CreatePresignedDomainUrl": ("platform-approver", "platform-developer", "platform/developer/"),
    "sagemaker:CreateUserProfile": _LAUNCHES,
    "sagemaker:DeleteModelPackageGroupPolicy": _LAUNCHES,
    "sagemaker:DeleteTags": _LAUNCHES,
    "sagemaker:PutModelPackageGroupPolicy": _LAUNCHES,
    "sagemaker:UpdateDomain": _LAUNCHES,
    "sagemaker:UpdateModelPackage": APPROVER_PATHS,
    "sagemaker:UpdateUserProfile": _LAUNCHES,
    "servicecatalog:CreateConstraint": _PUBLISHER,
    "servicecatalog:UpdateConstraint": _PUBLISHER,
    "ssm:DeleteParameter": _LAUNCHES,
    "ssm:DeleteParameters": _LAUNCHES,
    "ssm:PutParameter": _LAUNCHES,
}
# Roles under these paths are made, changed and handed on by launches.
_MADE_BY_LAUNCHES = ("platform/approver/", "platform/delivery/")


def boundary(landscape: Landscape) -> Iterator[Problem]:
    """Every request that a boundary lets through, of a role that is nobody's or of one that it need not spare."""
    seen = set()
    for each in landscape.holders:
        cap = each.policies.boundary
        if cap is None or (each.account, cap) in seen:
            continue
        seen.add((each.account, cap))
        held = replace(UNLIMITED, boundary=cap)
        names = (_ANYBODY, *_named(cap))
        for action, resource, _, known in _questions(landscape, each.account):
            for name in names:
                if name.startswith(_spared(action, resource)):
                    continue
                arn = f"arn:aws:iam::{each.account}:role/{name}"
                context = {**replace(each, arn=arn).known, **known}
                # asked within the account, where the boundary decides alone
                question = Question(Principal.session(arn), action, resource, context, each.account)
                if possible(question, held):
                    who = "a role that is nobody's" if name == _ANYBODY else f"the role {name}"
                    what = f"the boundary of {each.account} lets {who} do {action} on {resource}"
                    yield Problem(what, "deny it in templates/foundation/boundary.yaml.j2", each.unit)


def _named(cap: Policy) -> tuple[str, ...]:
    """Names of roles that its conditions name, one for each pattern."""
    patterns = {
        text.partition(":role/")[2].replace("*", "any")
        for statement in cap.statements
        for condition in statement.conditions
        if condition.key.lower() == "aws:principalarn"
        for text in condition.wanted
    }
    return tuple(sorted(patterns - {""}))


def _spared(action: str, resource: str) -> tuple[str, ...]:
    name = resource.partition(":role/")[2]
    if action == "iam:PassRole":
        return _PUBLISHER if name.startswith("platform-") else _LAUNCHES
    if action.startswith("iam:") and name.startswith(_MADE_BY_LAUNCHES):
        return _LAUNCHES
    return _SPARED.get(action, ())


def _questions(landscape: Landscape, account: str) -> Iterator[Asked]:
    region = next((each.region for each in landscape.stage.things), "")
    sagemaker = f"arn:aws:sagemaker:{region}:{account}:"
    yield from decisions(landscape)
    for question in becoming(landscape):
        if question[0] == "sts:AssumeRole" or question[2] == account:
            yield question
    for action in ("CreateDomain", "UpdateDomain"):
        yield f"sagemaker:{action}", f"{sagemaker}domain/*", account, {}
    for action in ("CreateUserProfile", "UpdateUserProfile", "CreatePresignedDomainUrl"):
        yield f"sagemaker:{action}", f"{sagemaker}user-profile/*", account, {}
    for tag in ("platform:persona", "platform:user", "Platform:User"):
        for action in ("AddTags", "DeleteTags"):
            yield f"sagemaker:{action}", f"{sagemaker}user-profile/*", account, {"aws:TagKeys": (tag,)}
    for action in ("CreateConstraint", "UpdateConstraint"):
        yield f"servicecatalog:{action}", "*", account, {}
    contract = f"arn:aws:ssm:{region}:{account}:parameter/platform/studio/approver-role-arn"
    for action in ("DeleteParameter", "DeleteParameters", "PutParameter"):
        yield f"ssm:{action}", contract, account, {}
    yield from _of_roles(account)
    yield from _of_identities(account)


def _of_roles(account: str) -> Iterator[Asked]:
    """Making and changing roles: the platform's, those that launches make, and any without this boundary."""
    role = f"arn:aws:iam::{account}:role/"
    bounded: dict[str, Values] = {"iam:PermissionsBoundary": f"arn:aws:iam::{account}:policy/platform-boundary"}
    making = ("AttachRolePolicy", "CreateRole", "PutRolePolicy", "UpdateAssumeRolePolicy")
    stripping = ("DeleteRolePolicy", "DetachRolePolicy")
    of_platform = ("DeleteRole", "PutRolePermissionsBoundary", "TagRole", "UntagRole", "UpdateRole")
    for path, actions in (
        ("platform/delivery/any", making),
        ("platform/approver/any", (*making, *stripping)),
        ("platform-approver", (*making, *stripping, *of_platform)),
    ):
        for action in actions:
            yield f"iam:{action}", f"{role}{path}", account, bounded
    for action in (*making, "PutRolePermissionsBoundary"):
        yield f"iam:{action}", f"{role}any/*", account, {"iam:PermissionsBoundary": None}
        yield f"iam:{action}", f"{role}any/*", account, {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/Any"}
    yield "iam:DeleteRolePermissionsBoundary", f"{role}*", account, {}
    for action in (
        "CreatePolicy",
        "CreatePolicyVersion",
        "DeletePolicy",
        "DeletePolicyVersion",
        "SetDefaultPolicyVersion",
    ):
        yield f"iam:{action}", f"arn:aws:iam::{account}:policy/platform-boundary", account, {}


def _of_identities(account: str) -> Iterator[Asked]:
    """Whoever signs in without the company's provider."""
    for action in ("CreateUser", "CreateAccessKey", "CreateLoginProfile"):
        yield f"iam:{action}", f"arn:aws:iam::{account}:user/*", account, {}
    yield "iam:CreateGroup", f"arn:aws:iam::{account}:group/*", account, {}
    for action in ("CreateSAMLProvider", "UpdateSAMLProvider"):
        yield f"iam:{action}", f"arn:aws:iam::{account}:saml-provider/*", account, {}
    yield "iam:CreateOpenIDConnectProvider", f"arn:aws:iam::{account}:oidc-provider/*", account, {}
