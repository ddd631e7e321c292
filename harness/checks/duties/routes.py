"""The shortest ways from somebody to a decision about a model, over everything that stands in the landscape (N4).

Nodes are roles. There is a step from one to another where the first may ever act with the second: assume it, hand it to
a service, change or start what acts with it, open a profile of it, write what it trusts, change its policies. A search
in width finds the shortest route; `decides` says where a route has arrived.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from harness.checks.duties import places as trusted
from harness.checks.duties.holders import Holder
from harness.checks.duties.landscape import Landscape, Step
from harness.checks.duties.seats import OF_SPACES, Seat, prefix
from harness.iam import Clause, reference
from harness.iam.possible import Possibility

APPROVER_PATHS = ("platform-approver", "platform/approver/")
SHAPING = (
    "iam:AttachRolePolicy",
    "iam:DeleteRolePermissionsBoundary",
    "iam:DeleteRolePolicy",
    "iam:DetachRolePolicy",
    "iam:PutRolePermissionsBoundary",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
)
SHAPING_POLICIES = ("iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion")
LAUNCH = "servicecatalog:ProvisionProduct"
UPDATES = ("servicecatalog:ExecuteProvisionedProductPlan", "servicecatalog:UpdateProvisionedProduct")


@dataclass(frozen=True)
class Route:
    """How somebody comes to decide about a model."""

    start: Holder
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return f"{self.start.name} of {self.start.account} " + ", ".join(map(str, self.steps))


def shortest(landscape: Landscape, start: Holder, launcher: str = "") -> Route | None:
    """The shortest route from that role to a decision, or None. `launcher`: the persona, for what it may launch."""
    best: Route | None = None
    for who, steps in walked(landscape, start, launcher):
        if best is not None and len(steps) + 1 >= len(best.steps):
            break
        if who is None:
            return Route(start, steps)
        if (end := landscape.decides(who) or landscape.forges(who)) is not None:
            return Route(start, (*steps, end))
        if best is None and (ending := _by_content(landscape, who, "" if steps else launcher)) is not None:
            best = Route(start, (*steps, *ending))
    return best


def walked(landscape: Landscape, start: Holder, launcher: str = "") -> Iterator[tuple[Holder | None, tuple[Step, ...]]]:
    """Everybody as whom that role may come to act, the nearest first, with the steps; None: an administrator."""
    waiting: deque[tuple[Holder, tuple[Step, ...]]] = deque([(start, ())])
    seen = {start.arn}
    while waiting:
        who, steps = waiting.popleft()
        yield who, steps
        first = () if steps else (*_launched(landscape, who, launcher), *_authored(landscape, launcher))
        for step in (*onwards(landscape, who), *first):
            if step.to.endswith(":root"):
                yield None, (*steps, step)
            following = landscape.holders.get(step.to)
            if following is None or step.to in seen:
                continue
            seen.add(step.to)
            waiting.append((following, (*steps, step)))


def onwards(landscape: Landscape, who: Holder) -> tuple[Step, ...]:
    """Every step to another role; remembered."""
    if who.arn not in landscape.onwards:
        landscape.onwards[who.arn] = tuple(_onwards(landscape, who))
    return landscape.onwards[who.arn]


def _onwards(landscape: Landscape, who: Holder) -> Iterator[Step]:
    yield from _assumed(landscape, who)
    yield from _handed_on(landscape, who)
    able = {action for action in landscape.steering if who.names(action)}
    for seat in landscape.seats if able else ():
        for action in seat.steering:
            if action not in able:
                continue
            resource = _resource(action, seat)
            sessions = landscape.sessions(who) if action in OF_SPACES else ({},)
            asked = (who.may(action, resource, seat.account, {**seat.known, **each}) for each in sessions)
            if answer := next(filter(None, asked), None):
                verb = "opens" if "Presigned" in action else "changes"
                for role in seat.roles:
                    yield Step(f"{verb} {seat.what} with {action}", answer.statement, role)
                break
        yield from _started(landscape, who, seat, able)
    for place in landscape.places:
        for action in place.actions:
            if answer := landscape.may_place(who, action, place):
                for role in place.roles:
                    yield Step(f"writes {place.what} with {action}", answer.statement, role)
    yield from _shaped(landscape, who)


def _started(landscape: Landscape, who: Holder, seat: Seat, able: set[str]) -> Iterator[Step]:
    """What decides by itself, once it is set off. `able`: the actions that some policy of the starter names."""
    for action in seat.starting:
        if action not in able:
            continue
        resource = _resource(action, seat)
        if (answer := who.may(action, resource, seat.account, seat.known)) and seat.account == who.account:
            for role in seat.roles:
                holder = landscape.holders.get(role)
                if holder is not None and landscape.decides(holder) is not None:
                    yield Step(f"starts {seat.what} with {action}", answer.statement, role)


def _authored(landscape: Landscape, persona: str) -> Iterator[Step]:
    """Tests of a repository run its authors' code with the role of the build."""
    if persona not in AUTHORS:
        return
    stacks = {each.stack for each in landscape.stage.of("AWS::CodePipeline::Pipeline") if trusted.brings_code(each)}
    for project in landscape.stage.of("AWS::CodeBuild::Project"):
        if project.stack in stacks:
            yield Step(f"writes the code that {project} tests", None, str(project.properties["ServiceRole"]))


def _assumed(landscape: Landscape, who: Holder) -> Iterator[Step]:
    for role in landscape.holders:
        if role.arn == who.arn:
            continue
        known = {"aws:RequestTag/user": "somebody"} if role.signs_in else {}
        answer = who.may("sts:AssumeRole", role.arn, role.account, known, role.trust, must=True)
        if answer:
            yield Step(f"becomes {role.name} of {role.account}", answer.statement, role.arn)


def _handed_on(landscape: Landscape, who: Holder) -> Iterator[Step]:
    """A role that may be passed to a service which trusts it, and in which the passer may write anything."""
    if not who.names("iam:PassRole"):
        return
    for role in landscape.holders:
        if role.account != who.account:
            continue  # nobody passes a role of another account
        for service in role.services:
            answer = who.may("iam:PassRole", role.arn, role.account, {"iam:PassedToService": service})
            if answer and _writes(who, prefix(service)):
                yield Step(f"hands {role.name} to {service}", answer.statement, role.arn)


def _shaped(landscape: Landscape, who: Holder) -> Iterator[Step]:
    """A role whose policies may be changed is as good as one's own; one that may be made is found by its path."""
    policies = f"arn:aws:iam::{who.account}:policy/*"
    versions = next((action for action in SHAPING_POLICIES if who.may(action, policies)), "")
    shaping = [action for action in SHAPING if who.names(action)] if not versions else [versions]
    for role in landscape.holders if shaping else ():
        for action in shaping:
            on = policies if action == versions else role.arn
            answer = who.may(action, on) if role.account == who.account else Possibility(False)
            if answer:
                yield Step(f"changes the policies of {role.name} with {action}", answer.statement, role.arn)
                break


def _launched(landscape: Landscape, who: Holder, persona: str) -> Iterator[Step]:
    """What acts by itself in a product that the persona may launch, or update, does so in the launcher's name."""
    product = f"arn:aws:catalog:*:{landscape.stage.hub}:product/*"
    launches = who.may(LAUNCH, product)  # a share, not a policy, lets other accounts in
    updates = Possibility(False)
    if persona:
        updates = next(filter(None, (who.may(each, "*") for each in UPDATES)), updates)
    for seat in landscape.seats if launches or updates else ():
        if seat.opens or seat.thing is None:
            continue
        offered = launches and persona in landscape.stage.launchers.get(seat.unit, ())
        for role in seat.roles if offered or (updates and seat.account == who.account) else ():
            holder = landscape.holders.get(role)
            if holder is not None and landscape.decides(holder) is not None:
                verb, clause = ("launches", launches.statement) if offered else ("updates", updates.statement)
                yield Step(f"{verb} {seat.unit}, whose {seat.what} acts by itself", clause, role)


# Who writes the code that a team brings by a repository: its developers, and the lead who says which repository it is.
AUTHORS = frozenset({"developer", "lead"})


def _by_content(landscape: Landscape, who: Holder, persona: str) -> tuple[Step, ...] | None:
    """Metrics that were measured by code of one's own, where a version is approved by its metrics.

    The team's code comes by its repository, or from wherever a run reads that is started by hand.
    """
    approving = [(each, trusted.trusted_code(each)) for each, _ in trusted.evidence(landscape.stage)]
    for place, clause, readers in _own_code(landscape, who, persona):
        for function, believed in approving:
            if place.startswith(believed) and any(landscape.forges(each) for each in readers):
                end = Step(f"which {function} takes for the truth", None)
                return (Step(f"brings code by {place}, whose runs measure themselves", clause), end)
    return None


def _own_code(
    landscape: Landscape, who: Holder, persona: str
) -> Iterator[tuple[str, Clause | None, tuple[Holder, ...]]]:
    """Where somebody's own code may lie, with the roles of pipelines whose runs may take it from there."""
    for name, (owner, policy) in landscape.buckets.items():
        arn = f"arn:aws:s3:::{name}/*"
        if answer := landscape.may_write(who, arn):
            readers = [each for each in landscape.running if each.may("s3:GetObject", arn, owner, policy=policy)]
            yield f"s3://{name}/", answer.statement, tuple(readers)
    if persona in AUTHORS:
        for bucket, unit in trusted.delivered(landscape.stage):
            yield f"s3://{bucket}/code/", None, tuple(each for each in landscape.running if each.unit == unit)


def _writes(who: Holder, of_service: str) -> bool:
    """Whether somebody may change anything at all in a service."""
    return any(
        not action.reads and who.may(action.name, "*", "")
        for name in reference.names(of_service)
        if (action := reference.action(of_service, name)) is not None
        and any(
            each.allows and each.actions.cover(action.name.lower())
            for policy in who.policies.identity
            for each in policy.statements
        )
    )


def _resource(action: str, seat: Seat) -> str:
    """The resource that the action is about: the seat's own, or all of the account where it is of another kind."""
    return _resource_of(action, seat.arn, seat.account)


@cache
def _resource_of(action: str, arn: str, account: str) -> str:
    known = reference.known(action)
    assert known is not None, action
    if not known.types or any(kind.is_one(arn) for kind in known.types):
        return arn if known.types else "*"
    return known.types[0].pattern.replace(":*:*:", f":*:{account}:", 1)
