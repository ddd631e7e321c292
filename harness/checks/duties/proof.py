"""The proof that duties are separated (N4, N5): whoever may not decide about a model comes to it by no route.

Four lines, each held for itself, so that no one mistake opens the way: each persona's own denials, whatever is attached
to it later; the boundary, whatever role carries it; the policy of each model group, whoever asks from another account;
and, over all policies as they are, no route from a persona to a decision. Pure; begin at `prove`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.catalog.load import Repository
from harness.checks.duties.boundary import boundary
from harness.checks.duties.holders import Holder
from harness.checks.duties.judged import unjudged_rights, unjudged_things
from harness.checks.duties.landscape import STATUS, Landscape
from harness.checks.duties.launches import Launches
from harness.checks.duties.limits import limits
from harness.checks.duties.problem import APPROVER, Problem, personas
from harness.checks.duties.questions import Asked, becoming, decisions, everywhere
from harness.checks.duties.routes import APPROVER_PATHS, Route, shortest, walked
from harness.checks.duties.stage import Stage, Texts, outline, with_chosen_names
from harness.iam import (
    UNLIMITED,
    Clause,
    Kind,
    Principal,
    PrincipalPolicies,
    UnreadablePolicyError,
    Values,
)
from harness.iam.misleading import misleading
from harness.iam.possible import Question, possible

REGISTRAR = "registrar"
# Says who may use a group of models, at its launch.
SHAPES_GROUPS = "platform-launch-model-registry"

# What would run code as an approver.
_RUNNING = ("CreateApp", "CreatePipeline", "CreateProcessingJob", "CreateSpace", "StartPipelineExecution")


def stage_of(repository: Repository, texts: Texts) -> Stage:
    """The stage of the proof, with nothing remembered."""
    plain = outline(repository, texts, Launches())
    return with_chosen_names(plain, repository, texts, beginnings(plain.stage)).stage


def prove(stage: Stage) -> list[Problem]:
    """Every hole in the separation of duties; none: it is proved."""
    return list(dict.fromkeys(holes(stage)))


def holes(stage: Stage) -> Iterator[Problem]:
    """The same, one after the other as they are found."""
    yield from _missing(stage)
    try:
        landscape = Landscape(stage)
        for line in (
            _unlimited,
            _own_denials,
            boundary,
            _group_policies,
            _deciders,
            _studio,
            limits,
            _routes,
            _unjudged,
            _misleading,
        ):
            yield from line(landscape)
    except UnreadablePolicyError as error:
        what = f"the separation of duties cannot be judged: {error}"
        yield Problem(what, "correct the policy", "foundation/spoke")


def _missing(stage: Stage) -> Iterator[Problem]:
    """Whoever does not stand on the stage was asked nothing."""
    for unit, sentence in stage.failures:
        yield Problem(f"the separation of duties is not proved, for {sentence}", f"correct {unit} first", unit)


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


def _unlimited(landscape: Landscape) -> Iterator[Problem]:
    for each in landscape.holders.unbounded:
        yield Problem(each, "give the role the platform's boundary, and policies of its own", "foundation/spoke")


def _unjudged(landscape: Landscape) -> Iterator[Problem]:
    for what, unit in unjudged_things(landscape):
        yield Problem(what, "say it in harness/checks/duties/seats.py", unit)


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


def _own_denials(landscape: Landscape) -> Iterator[Problem]:
    """Whatever is attached to somebody later, and if they had no boundary."""
    deciding, stepping = [*decisions(landscape)], [*becoming(landscape)]
    opening: list[Asked] = [
        ("sagemaker:CreatePresignedDomainUrl", f"arn:aws:sagemaker:*:{a}:user-profile/*", a, {})
        for a in everywhere(landscape)
    ]
    for name, who in _deciding_not(landscape):
        more = opening if name == "lead" else []
        yield from _undenied(who, f"the persona {name}", [*deciding, *stepping, *more])
    registering = [question for question in deciding if question[0] != "sagemaker:UpdateModelPackage"]
    registering += [("sagemaker:CreateModelPackageGroup", "*", each, {}) for each in everywhere(landscape)]
    removing: list[Asked] = [("sagemaker:DeleteModelPackage", "*", each, {}) for each in everywhere(landscape)]
    approvers_profile: dict[str, Values] = {"sagemaker:ResourceTag/platform:persona": APPROVER}
    for who in landscape.holders:
        if who.name == f"platform-{APPROVER}":
            yield from _undenied(who, "the persona approver", [*registering, *stepping])
        elif who.name.startswith("platform/developer/"):
            roles = [each for each in stepping if each[0] == "sts:AssumeRole"]
            opened = [(action, on, owner, approvers_profile) for action, on, owner, _ in opening]
            shaped: list[Asked] = [
                (f"sagemaker:{action}", "*", who.account, {})
                for action in ("CreateDomain", "CreateUserProfile", "UpdateDomain", "UpdateUserProfile")
            ]
            yield from _undenied(who, "a developer in Studio", [*deciding, *removing, *roles, *opened, *shaped])
        elif who.name.startswith("platform/approver/") and "sagemaker.amazonaws.com" in who.services:
            running: list[Asked] = [(f"sagemaker:{action}", "*", who.account, {}) for action in _RUNNING]
            running += [(action, "*", who.account, {}) for action in ("iam:PassRole", "sts:AssumeRole")]
            born = [each for each in registering if each[0] == "sagemaker:CreateModelPackage"]
            yield from _undenied(who, "an approver in Studio", [*running, *born])


def _undenied(who: Holder, title: str, questions: Iterable[Asked]) -> Iterator[Problem]:
    alone = PrincipalPolicies(identity=(*who.policies.identity, *UNLIMITED.identity))
    for action, resource, _, known in questions:
        # asked within the account, where the own policies decide alone
        question = Question(who.principal, action, resource, {**who.known, **known}, who.account)
        if possible(question, alone):
            what = f"nothing of its own keeps {title} of {who.account} from {action} on {resource}"
            remedy = "deny it in its own policy, as common.never_decides does"
            yield Problem(f"{what}, should a policy be attached that allows it", remedy, who.unit)


def _deciding_not(landscape: Landscape) -> Iterator[tuple[str, Holder]]:
    registrar = landscape.holders.get(f"arn:aws:iam::{landscape.stage.registry}:role/platform-{REGISTRAR}")
    yield from ((name, who) for name, who in personas(landscape) if name != APPROVER)
    if registrar is not None:
        yield REGISTRAR, registrar


def _group_policies(landscape: Landscape) -> Iterator[Problem]:
    """Whoever asks from another account, whatever they are given there."""
    region = next((each.region for each in landscape.stage.things), "")
    for owner, group, policy in landscape.groups:
        versions = f"arn:aws:sagemaker:{region}:{owner}:model-package/{group}/*"
        of_group = f"arn:aws:sagemaker:{region}:{owner}:model-package-group/{group}"
        questions: list[tuple[str, str, dict[str, Values]]] = [
            ("sagemaker:UpdateModelPackage", versions, {}),
            ("sagemaker:CreateModelPackage", versions, {STATUS: "Approved"}),
            ("sagemaker:CreateModelPackage", versions, {STATUS: None}),
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
        launcher = "" if name == REGISTRAR else name
        route = shortest(landscape, who, launcher)
        if route is not None:
            yield _told(name, route)
            continue
        for reached, steps in walked(landscape, who, launcher):
            for action in unjudged_rights(reached) if reached is not None else ():
                way = ", ".join([f"the persona {name} of {who.account}", *(each.how for each in steps)])
                what = f"{way} may then do {action}" if steps else f"{way} may do {action}"
                remedy = "take it away, or say in harness/checks/duties/judged.py why that leads nowhere"
                yield Problem(f"{what}, of which nobody has said where it leads", remedy, who.unit)


def _told(persona: str, route: Route) -> Problem:
    first = next((each.clause for each in route.steps if each.clause is not None), None)
    told = ", then ".join(map(str, route.steps))
    what = f"the persona {persona} of {route.start.account} comes to a decision about a model: {told}"
    return Problem(
        what, "close one of these steps; the first statement is a good place to look", route.start.unit, first
    )
