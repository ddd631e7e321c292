"""The proof that duties are separated (N4, N5): whoever may not decide about a model comes to it by no route.

Four lines, each held for itself, so that no one mistake opens the way: each persona's own denials, whatever is attached
to it later; the boundary, whatever role carries it; the policy of each model group, whoever asks from another account;
and, over all policies as they are, no route from a persona to a decision. Pure; begin at `prove`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

from harness.catalog.load import Repository
from harness.checks.duties.holders import Holder
from harness.checks.duties.launches import Launches
from harness.checks.duties.routes import APPROVER_PATHS, Landscape, Route, shortest
from harness.checks.duties.stage import Stage, Texts, outline, with_chosen_names
from harness.iam import (
    UNLIMITED,
    Clause,
    Kind,
    Principal,
    PrincipalPolicies,
    UnreadablePolicyError,
    Values,
    reference,
)
from harness.iam.misleading import misleading
from harness.iam.possible import Question, may, possible

PERSONAS = ("lead", "developer", "approver", "support", "repair")
APPROVER = "approver"
REGISTRAR = "registrar"
# What an approver changes: decisions, and nothing else. The others open the own profile and the reports.
APPROVERS_WRITES = frozenset({"kms:Decrypt", "sagemaker:CreatePresignedDomainUrl", "sagemaker:UpdateModelPackage"})
# Says who may use a group of models, at its launch.
SHAPES_GROUPS = "platform-launch-model-registry"

# What would run code as an approver.
_RUNNING = ("CreateApp", "CreatePipeline", "CreateProcessingJob", "CreateSpace", "StartPipelineExecution")
_Asked: TypeAlias = tuple[str, str, str, dict[str, Values]]  # action, resource, whose it is, what is certain
_STATUS = "sagemaker:ModelApprovalStatus"


@dataclass(frozen=True)
class Problem:
    """One hole. `clause`: the statement to look at first, if there is one; `unit`: whose template."""

    what: str
    remedy: str
    unit: str
    clause: Clause | None = None


def stage_of(repository: Repository, texts: Texts) -> Stage:
    """The stage of the proof, with nothing remembered."""
    plain = outline(repository, texts, Launches())
    return with_chosen_names(plain, repository, texts, beginnings(plain.stage)).stage


def prove(stage: Stage) -> list[Problem]:
    """Every hole in the separation of duties; none: it is proved."""
    try:
        landscape = Landscape(stage)
        found = [
            *_unlimited(landscape),
            *_misleading(landscape),
            *_own_denials(landscape),
            *_boundary(landscape),
            *_group_policies(landscape),
            *_deciders(landscape),
            *_studio(landscape),
            *_routes(landscape),
            *_limits(landscape),
        ]
    except UnreadablePolicyError as error:
        return [
            Problem(f"the separation of duties cannot be judged: {error}", "correct the policy", "foundation/spoke")
        ]
    return list(dict.fromkeys(found))


def beginnings(stage: Stage) -> tuple[str, ...]:
    """How names begin that personas, and developers in Studio, may change things by: `dev-`.

    None where a policy cannot be read: nothing can be proved there, as `prove` tells.
    """
    try:
        landscape = Landscape(stage)
    except UnreadablePolicyError:
        return ()
    found: set[str] = set()
    for who in landscape.holders:
        if not who.name.startswith(("platform-", "platform/developer/")) or who.name.startswith("platform-launch-"):
            continue
        for policy in who.policies.identity:
            for statement in policy.statements:
                for text in statement.resources.texts if statement.allows else ():
                    name = text.rpartition(":")[2].rpartition("/")[2]
                    head = name.partition("*")[0]
                    if head != name and head.endswith("-") and head.islower():
                        found.add(head)
    return tuple(sorted(found))


def personas(landscape: Landscape) -> Iterator[tuple[str, Holder]]:
    """Each persona's role in each account."""
    for account in landscape.stage.spokes:
        for name in PERSONAS:
            holder = landscape.holders.get(f"arn:aws:iam::{account}:role/platform-{name}")
            if holder is not None:
                yield name, holder


def _unlimited(landscape: Landscape) -> Iterator[Problem]:
    for each in landscape.holders.unbounded:
        yield Problem(each, "give the role the platform's boundary, and policies of its own", "foundation/spoke")


def _misleading(landscape: Landscape) -> Iterator[Problem]:
    """What would make everything below speak of something else than it seems to."""
    for thing in landscape.stage.things:
        for trust, document in _documents(thing.properties):
            for each in misleading(document, with_resources=not trust):
                clause = Clause(Kind.IDENTITY, f"{thing.unit} {thing.logical_id}", each.sid, 0)
                what = f"the statement {each.sid} of {thing.logical_id} misleads: {each.problem}"
                yield Problem(what, "correct it by the Service Authorization Reference", thing.unit, clause)


def _documents(value: Any, trust: bool = False) -> Iterator[tuple[bool, Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        if "Statement" in value and "Version" in value:
            yield trust, value
        for key, each in value.items():
            yield from _documents(each, trust or key == "AssumeRolePolicyDocument")
    elif isinstance(value, list):
        for each in value:
            yield from _documents(each, trust)


def _decisions(landscape: Landscape) -> Iterator[_Asked]:
    """Action, resource, its account and what is certain of the request, for everything that is a decision."""
    region = next((each.region for each in landscape.stage.things), "")
    for account in _all(landscape):
        versions = f"arn:aws:sagemaker:{region}:{account}:model-package/*"
        of_group = f"arn:aws:sagemaker:{region}:{account}:model-package-group/*"
        for status in ("Approved", "Rejected"):
            yield "sagemaker:UpdateModelPackage", versions, account, {_STATUS: status}
        yield "sagemaker:CreateModelPackage", versions, account, {_STATUS: "Approved"}
        yield "sagemaker:PutModelPackageGroupPolicy", of_group, account, {}
        yield "sagemaker:DeleteModelPackageGroupPolicy", of_group, account, {}


def _becoming(landscape: Landscape) -> Iterator[_Asked]:
    """The same for whoever takes on a role that decides, or one of the platform's."""
    for account in _all(landscape):
        for name in ("platform-approver", "platform-launch-studio-domain", "platform/approver/any"):
            role = f"arn:aws:iam::{account}:role/{name}"
            yield "sts:AssumeRole", role, account, {}
            yield "iam:PassRole", role, account, {}


def _own_denials(landscape: Landscape) -> Iterator[Problem]:
    """Whatever is attached to somebody later, and if they had no boundary."""
    decisions, becoming = [*_decisions(landscape)], [*_becoming(landscape)]
    opening: list[_Asked] = [
        ("sagemaker:CreatePresignedDomainUrl", f"arn:aws:sagemaker:*:{a}:user-profile/*", a, {})
        for a in _all(landscape)
    ]
    for name, who in _deciding_not(landscape):
        more = opening if name == "lead" else []
        yield from _undenied(who, f"the persona {name}", [*decisions, *becoming, *more])
    registering = [question for question in decisions if question[0] != "sagemaker:UpdateModelPackage"]
    approvers_profile: dict[str, Values] = {"sagemaker:ResourceTag/platform:persona": APPROVER}
    for who in landscape.holders:
        if who.name == f"platform-{APPROVER}":
            yield from _undenied(who, "the persona approver", [*registering, *becoming])
        elif who.name.startswith("platform/developer/"):
            roles = [each for each in becoming if each[0] == "sts:AssumeRole"]
            opened = [(action, on, owner, approvers_profile) for action, on, owner, _ in opening]
            shaped: list[_Asked] = [
                (f"sagemaker:{action}", "*", who.account, {})
                for action in ("CreateDomain", "CreateUserProfile", "UpdateDomain", "UpdateUserProfile")
            ]
            yield from _undenied(who, "a developer in Studio", [*decisions, *roles, *opened, *shaped])
        elif who.name.startswith("platform/approver/") and "sagemaker.amazonaws.com" in who.services:
            running: list[_Asked] = [(f"sagemaker:{action}", "*", who.account, {}) for action in _RUNNING]
            roles = [(action, "*", who.account, {}) for action in ("iam:PassRole", "sts:AssumeRole")]
            yield from _undenied(who, "an approver in Studio", [*running, *roles])


def _undenied(who: Holder, title: str, questions: Iterable[_Asked]) -> Iterator[Problem]:
    alone = PrincipalPolicies(identity=(*who.policies.identity, *UNLIMITED.identity))
    for action, resource, _, known in questions:
        # asked within the account, where the own policies decide alone
        question = Question(who.principal, action, resource, {**who.known, **known}, who.account)
        if possible(question, alone):
            what = f"nothing of its own keeps {title} of {who.account} from {action} on {resource}"
            remedy = "deny it in its own policy, as common.never_decides does"
            yield Problem(f"{what}, should a policy be attached that allows it", remedy, who.unit)


def _all(landscape: Landscape) -> tuple[str, ...]:
    return tuple(dict.fromkeys((landscape.stage.registry, *landscape.stage.spokes)))


def _deciding_not(landscape: Landscape) -> Iterator[tuple[str, Holder]]:
    registrar = landscape.holders.get(f"arn:aws:iam::{landscape.stage.registry}:role/platform-{REGISTRAR}")
    yield from ((name, who) for name, who in personas(landscape) if name != APPROVER)
    if registrar is not None:
        yield REGISTRAR, registrar


def _boundary(landscape: Landscape) -> Iterator[Problem]:
    """Whatever a role is given: one that carries the boundary and is no approver decides nothing and becomes nobody."""
    seen = set()
    for each in landscape.holders:
        cap = each.policies.boundary
        if cap is None or (each.account, cap) in seen:
            continue
        seen.add((each.account, cap))
        arn = f"arn:aws:iam::{each.account}:role/platform/any"
        held = replace(UNLIMITED, boundary=cap)
        anybody = replace(each, arn=arn, policies=held)
        for action, resource, account, known in _held_by_the_boundary(landscape, each.account):
            question = Question(Principal.session(arn), action, resource, {**anybody.known, **known}, account)
            if possible(question, held):
                what = f"the boundary of {each.account} lets a role that is nobody's do {action} on {resource}"
                yield Problem(what, "deny it in templates/foundation/boundary.yaml.j2", each.unit)


def _held_by_the_boundary(landscape: Landscape, account: str) -> Iterator[_Asked]:
    region = next((each.region for each in landscape.stage.things), "")
    sagemaker = f"arn:aws:sagemaker:{region}:{account}:"
    role = f"arn:aws:iam::{account}:role/"
    yield from _decisions(landscape)
    for question in _becoming(landscape):
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
    bounded: dict[str, Values] = {"iam:PermissionsBoundary": f"arn:aws:iam::{account}:policy/platform-boundary"}
    for path in ("platform/approver/any", "platform/delivery/any", "platform-approver"):
        for action in ("AttachRolePolicy", "CreateRole", "PutRolePolicy", "UpdateAssumeRolePolicy"):
            yield f"iam:{action}", f"{role}{path}", account, bounded
    for action in ("AttachRolePolicy", "CreateRole", "PutRolePermissionsBoundary", "PutRolePolicy"):
        yield f"iam:{action}", f"{role}any/*", account, {"iam:PermissionsBoundary": None}
        yield f"iam:{action}", f"{role}any/*", account, {"iam:PermissionsBoundary": "arn:aws:iam::aws:policy/Any"}
    yield "iam:DeleteRolePermissionsBoundary", f"{role}*", account, {}
    for action in ("CreatePolicyVersion", "DeletePolicy", "SetDefaultPolicyVersion"):
        yield f"iam:{action}", f"arn:aws:iam::{account}:policy/platform-boundary", account, {}
    yield "ssm:PutParameter", f"arn:aws:ssm:{region}:{account}:parameter/platform/studio/approver-role-arn", account, {}
    for action in ("CreateUser", "CreateAccessKey", "CreateLoginProfile"):
        yield f"iam:{action}", f"arn:aws:iam::{account}:user/*", account, {}
    for action in ("CreateSAMLProvider", "UpdateSAMLProvider"):
        yield f"iam:{action}", f"arn:aws:iam::{account}:saml-provider/*", account, {}
    yield "iam:CreateOpenIDConnectProvider", f"arn:aws:iam::{account}:oidc-provider/*", account, {}


def _group_policies(landscape: Landscape) -> Iterator[Problem]:
    """Whoever asks from another account, whatever they are given there."""
    region = next((each.region for each in landscape.stage.things), "")
    for owner, group, policy in landscape.groups:
        versions = f"arn:aws:sagemaker:{region}:{owner}:model-package/{group}/*"
        of_group = f"arn:aws:sagemaker:{region}:{owner}:model-package-group/{group}"
        questions: list[tuple[str, str, dict[str, Values]]] = [
            ("sagemaker:UpdateModelPackage", versions, {}),
            ("sagemaker:CreateModelPackage", versions, {_STATUS: "Approved"}),
            ("sagemaker:CreateModelPackage", versions, {_STATUS: None}),
            ("sagemaker:PutModelPackageGroupPolicy", of_group, {}),
            ("sagemaker:DeleteModelPackage", versions, {}),
        ]
        for account in landscape.stage.spokes:
            who = Principal.session(f"arn:aws:iam::{account}:role/platform/any")
            known: dict[str, Values] = {
                "aws:PrincipalArn": who.role_arn,
                "aws:PrincipalAccount": account,
                "aws:PrincipalOrgID": landscape.stage.organization,
            }
            for action, resource, more in questions:
                if possible(Question(who, action, resource, {**known, **more}, owner), UNLIMITED, policy):
                    what = f"the policy of the model group {group} lets any role of {account} do {action}"
                    yield Problem(what, "narrow products/model-registry/policies/group.yaml.j2", "model-registry")


def _deciders(landscape: Landscape) -> Iterator[Problem]:
    """Of all roles that there are, only approvers decide, and only launches of the registry share groups."""
    for who in landscape.holders:
        if who.name.startswith((*APPROVER_PATHS, SHAPES_GROUPS)):
            continue
        step = landscape.decides(who)
        if step is not None:
            what = f"the role {who.name} of {who.account} {step}"
            yield Problem(what, "take the right from it, or make it an approver's", who.unit, step.clause)


def _studio(landscape: Landscape) -> Iterator[Problem]:
    """A profile opens for a person of its persona whose tag `user` it carries, and for nobody else (N5)."""
    region = next((each.region for each in landscape.stage.things), "")
    for name, who in personas(landscape):
        profile = f"arn:aws:sagemaker:{region}:{who.account}:user-profile/d-1/ana"
        for persona in ("developer", APPROVER):
            for owner, signed_in in (("ana", "ana"), ("ben", "ana"), ("ana", None)):
                known: dict[str, Values] = {
                    "sagemaker:ResourceTag/platform:persona": persona,
                    "sagemaker:ResourceTag/platform:user": owner,
                    "aws:PrincipalTag/user": signed_in,
                }
                opens = bool(who.may("sagemaker:CreatePresignedDomainUrl", profile, who.account, known))
                if opens and (name != persona or owner != signed_in):
                    as_whom = f"signed in as {signed_in or 'nobody'}"
                    what = f"the persona {name} of {who.account}, {as_whom}, opens the {persona}'s profile of {owner}"
                    yield Problem(what, "keep the two tags in common.own_studio_profile", who.unit)


def _routes(landscape: Landscape) -> Iterator[Problem]:
    for name, who in _deciding_not(landscape):
        # A registrar launches registries whose threshold approves: the platform team's word, given in advance (S2).
        route = shortest(landscape, who, "" if name == REGISTRAR else name)
        if route is not None:
            yield _told(name, route)


def _told(persona: str, route: Route) -> Problem:
    first = next((each.clause for each in route.steps if each.clause is not None), None)
    told = ", then ".join(map(str, route.steps))
    what = f"the persona {persona} of {route.start.account} comes to a decision about a model: {told}"
    return Problem(
        what, "close one of these steps; the first statement is a good place to look", route.start.unit, first
    )


def _limits(landscape: Landscape) -> Iterator[Problem]:
    """A repair engineer's rights end by time; an approver changes decisions and nothing else, not even of a version."""
    late: dict[str, Values] = {"aws:CurrentTime": "2999-01-01T00:00:00Z"}
    for name, who in personas(landscape):
        if name == "repair":
            left = sorted(may(who.principal, who.policies, {**who.known, **late}))
            if left:
                what = f"the repair engineer of {who.account} may still do {left[0]} when the time is over"
                yield Problem(what, "keep the statement NothingAfterRepairUntil", who.unit)
            root = Principal.account(who.account)
            question = Question(
                root, "sts:AssumeRole", who.arn, {**late, "aws:PrincipalAccount": who.account}, who.account
            )
            if possible(question, UNLIMITED, who.trust, resource_must_allow=True):
                what = f"somebody may become the repair engineer of {who.account} when the time is over"
                yield Problem(what, "keep DateLessThan in the role's trust policy", who.unit)
        if name == APPROVER:
            writes = {action for action in may(who.principal, who.policies, who.known) if not _reads(action)}
            for action in sorted(writes - APPROVERS_WRITES):
                yield Problem(
                    f"the approver of {who.account} may do {action}", "an approver decides, no more", who.unit
                )
    yield from _decisions_only(landscape)


def _decisions_only(landscape: Landscape) -> Iterator[Problem]:
    """Whoever decides changes nothing else of a version; and a function that approves never rejects."""
    for who in landscape.holders:
        if not who.name.startswith(APPROVER_PATHS):
            continue
        statuses: list[str | None] = [None]
        if "lambda.amazonaws.com" in who.services:
            statuses.append("Rejected")
        for status in statuses:
            # each side for itself: the own policies, and those of the group
            if who.may("sagemaker:UpdateModelPackage", "*", who.account, {_STATUS: status}):
                told = "changes versions without a decision" if status is None else "rejects"
                yield Problem(
                    f"the role {who.name} of {who.account} {told}", "name the statuses that it sets", who.unit
                )
        if who.account == landscape.stage.registry:
            continue
        for owner, group, policy in landscape.groups:
            versions = f"arn:aws:sagemaker:*:{owner}:model-package/{group}/*"
            known: dict[str, Values] = {**who.known, _STATUS: None}
            question = Question(who.principal, "sagemaker:UpdateModelPackage", versions, known, owner)
            if possible(question, UNLIMITED, policy):
                what = f"the policy of the group {group} lets {who.name} change versions without a decision"
                yield Problem(
                    what, "name the statuses in products/model-registry/policies/group.yaml.j2", "model-registry"
                )


def _reads(action: str) -> bool:
    known = reference.known(action)
    return known is not None and known.reads
