"""The shortest ways from somebody to a decision about a model, over everything that stands in the landscape (N4).

Nodes are roles. There is a step from one to another where the first may ever act with the second: assume it, hand it to
a service, change or start what acts with it, open a profile of it, write what it trusts, change its policies. A search
in width finds the shortest route; `decides` says where a route has arrived.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property

from harness.checks.duties import places as trusted
from harness.checks.duties.holders import Holder, Holders, holders
from harness.checks.duties.places import Place, places
from harness.checks.duties.seats import PREFIXES, Seat, seats
from harness.checks.duties.stage import Stage
from harness.iam import Clause, Kind, Policy, Values, reference
from harness.iam.possible import Possibility

APPROVER_PATHS = ("platform-approver", "platform/approver/")
_STATUS = "sagemaker:ModelApprovalStatus"
_SHAPING = (
    "iam:AttachRolePolicy",
    "iam:PutRolePolicy",
    "iam:UpdateAssumeRolePolicy",
)


@dataclass(frozen=True)
class Step:
    """One step of a route. `how`: for a person; `clause`: the statement that lets it happen."""

    how: str
    clause: Clause | None
    to: str = ""  # ARN of the role that is reached; empty at the end

    def __str__(self) -> str:
        return f"{self.how} ({self.clause})" if self.clause else self.how


@dataclass(frozen=True)
class Route:
    """How somebody comes to decide about a model."""

    start: Holder
    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return f"{self.start.name} of {self.start.account} " + ", ".join(map(str, self.steps))


class Landscape:
    """A stage, with what is asked of it again and again."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.holders: Holders = holders(stage)
        self._forges: dict[str, Step | None] = {}
        self._decides: dict[str, Step | None] = {}
        self._onwards: dict[str, tuple[Step, ...]] = {}
        self._writes: dict[tuple[str, str], Possibility] = {}

    @cached_property
    def seats(self) -> tuple[Seat, ...]:
        """Everything that acts with a role."""
        return tuple(seats(self.stage))

    @cached_property
    def steering(self) -> frozenset[str]:
        """Every action that changes or starts one of them."""
        return frozenset(action for each in self.seats for action in (*each.steering, *each.starting))

    @cached_property
    def running(self) -> tuple[Holder, ...]:
        """The roles of pipelines that may take their code from where their starter says."""
        return tuple(
            role
            for each in self.stage.of("AWS::SageMaker::Pipeline")
            if trusted.code_is_a_parameter(each) and (role := self.holders.get(each.properties.get("RoleArn")))
        )

    @cached_property
    def places(self) -> tuple[Place, ...]:
        """Everything that is trusted."""
        return tuple(places(self.stage))

    @cached_property
    def groups(self) -> tuple[tuple[str, str, Policy | None], ...]:
        """Model groups: account, ARN of their versions as a pattern, policy."""
        found = []
        for each in self.stage.of("AWS::SageMaker::ModelPackageGroup"):
            document = each.properties.get("ModelPackageGroupPolicy")
            policy = Policy.read(document, Kind.RESOURCE, f"{each.unit} {each.logical_id}") if document else None
            found.append((each.account, each.name.rpartition("/")[2], policy))
        return tuple(found)

    @cached_property
    def buckets(self) -> Mapping[str, tuple[str, Policy | None]]:
        """Bucket → its account and policy."""
        policies = {
            str(each.properties["Bucket"]): Policy.read(
                each.properties["PolicyDocument"], Kind.RESOURCE, f"{each.unit} {each.logical_id}"
            )
            for each in self.stage.of("AWS::S3::BucketPolicy")
        }
        return {each.name: (each.account, policies.get(each.name)) for each in self.stage.of("AWS::S3::Bucket")}

    def decides(self, who: Holder) -> Step | None:
        """See `decides`; remembered."""
        if who.arn not in self._decides:
            self._decides[who.arn] = decides(self, who)
        return self._decides[who.arn]

    def forges(self, who: Holder) -> Step | None:
        """See `forges`; remembered."""
        if who.arn not in self._forges:
            self._forges[who.arn] = forges(self, who)
        return self._forges[who.arn]

    def onwards(self, who: Holder) -> tuple[Step, ...]:
        """See `onwards`; remembered, for the ways of many lead through the same roles."""
        if who.arn not in self._onwards:
            self._onwards[who.arn] = tuple(onwards(self, who))
        return self._onwards[who.arn]

    def may_place(self, who: Holder, action: str, place: Place) -> Possibility:
        """Whether somebody may write to a place that is trusted."""
        if action == "s3:PutObject":
            return self.may_write(who, place.arn)
        for policy in (None, *self._repositories):
            if answer := who.may(action, place.arn, place.account, policy=policy):
                return answer
        return Possibility(False)

    @cached_property
    def _repositories(self) -> tuple[Policy, ...]:
        """What repositories of images and packages let others do."""
        documents = [
            (each, each.properties.get(name))
            for each in self.stage.of(
                "AWS::ECR::Repository", "AWS::CodeArtifact::Repository", "AWS::CodeArtifact::Domain"
            )
            for name in ("RepositoryPolicyText", "PermissionsPolicyDocument")
        ]
        return tuple(
            Policy.read(text, Kind.RESOURCE, f"{each.unit} {each.logical_id}") for each, text in documents if text
        )

    def may_write(self, who: Holder, arn: str) -> Possibility:
        """Whether somebody may put an object where that pattern points; remembered."""
        if (who.arn, arn) not in self._writes:
            self._writes[who.arn, arn] = self._may_write(who, arn)
        return self._writes[who.arn, arn]

    def _may_write(self, who: Holder, arn: str) -> Possibility:
        bucket = arn.removeprefix("arn:aws:s3:::").partition("/")[0]
        owner, policy = self.buckets.get(bucket, (self.stage.hub, None))
        return who.may("s3:PutObject", arn, owner, policy=policy)


def decides(landscape: Landscape, who: Holder) -> Step | None:
    """How that role decides about a model by itself, if it ever may: approve, register approved, hand on the right."""
    region = next((each.region for each in landscape.stage.things), "")
    own = (who.account, "local", None)  # a group that somebody makes in an account of its own
    for account, group, policy in (*landscape.groups, own):
        versions = f"arn:aws:sagemaker:{region}:{account}:model-package/{group}/*"
        of_group = f"arn:aws:sagemaker:{region}:{account}:model-package-group/{group}"
        questions: list[tuple[str, str, str, dict[str, Values]]] = [
            ("approves", "sagemaker:UpdateModelPackage", versions, {_STATUS: "Approved"}),
            ("rejects", "sagemaker:UpdateModelPackage", versions, {_STATUS: "Rejected"}),
            ("registers approved", "sagemaker:CreateModelPackage", versions, {_STATUS: "Approved"}),
            ("says who may use", "sagemaker:PutModelPackageGroupPolicy", of_group, {}),
            ("says who may use", "sagemaker:DeleteModelPackageGroupPolicy", of_group, {}),
        ]
        for how, action, resource, known in questions:
            answer = who.may(action, resource, account, known, policy)
            if answer:
                return Step(f"{how} models of {account} with {action}", answer.statement)
    return None


def forges(landscape: Landscape, who: Holder) -> Step | None:
    """How that role makes the evidence that an automatic approval goes by: it proposes there, or writes the metrics."""
    for function, metrics in trusted.evidence(landscape.stage):
        group = function.properties["Environment"]["Variables"].get("MODEL_GROUP", "*")
        versions = f"arn:aws:sagemaker:{function.region}:{function.account}:model-package/{group}/*"
        policy = next((policy for _, name, policy in landscape.groups if name == group), None)
        pending: dict[str, Values] = {_STATUS: "PendingManualApproval"}
        answer = who.may("sagemaker:CreateModelPackage", versions, function.account, pending, policy)
        if answer:
            return Step(f"proposes whatever it likes to {group}, which is approved by its metrics", answer.statement)
        if answer := landscape.may_write(who, metrics):
            return Step(f"writes the metrics by which {group} is approved", answer.statement)
    return None


def shortest(landscape: Landscape, start: Holder, launcher: str = "") -> Route | None:
    """The shortest route from that role to a decision, or None. `launcher`: the persona, for what it may launch."""
    waiting: deque[tuple[Holder, tuple[Step, ...]]] = deque([(start, ())])
    seen = {start.arn}
    while waiting:
        who, steps = waiting.popleft()
        if (end := landscape.decides(who) or landscape.forges(who)) is not None:
            return Route(start, (*steps, end))
        first = () if steps else (*_launched(landscape, who, launcher), *_authored(landscape, launcher))
        for step in (*landscape.onwards(who), *first):
            if step.to.endswith(":root"):
                return Route(start, (*steps, step))
            following = landscape.holders.get(step.to)
            if following is None or step.to in seen:
                continue
            seen.add(step.to)
            waiting.append((following, (*steps, step)))
        if (ending := _by_content(landscape, who, "" if steps else launcher)) is not None:
            return Route(start, (*steps, *ending))
    return None


def onwards(landscape: Landscape, who: Holder) -> Iterator[Step]:
    """Every step to another role."""
    yield from _assumed(landscape, who)
    yield from _handed_on(landscape, who)
    able = {action for action in landscape.steering if who.names(action)}
    for seat in landscape.seats if able else ():
        for action in seat.steering:
            if action not in able:
                continue
            resource = _resource(action, seat)
            if answer := who.may(action, resource, seat.account, seat.known):
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
            if answer and _writes(who, PREFIXES.get(service, service.partition(".")[0])):
                yield Step(f"hands {role.name} to {service}", answer.statement, role.arn)


def _shaped(landscape: Landscape, who: Holder) -> Iterator[Step]:
    """A role whose policies may be changed is as good as one's own; one that may be made is found by its path."""
    shaping = [action for action in _SHAPING if who.names(action)]
    for role in landscape.holders if shaping else ():
        for action in shaping:
            answer = who.may(action, role.arn, role.account) if role.account == who.account else Possibility(False)
            if answer:
                yield Step(f"changes the policies of {role.name} with {action}", answer.statement, role.arn)
                break


def _launched(landscape: Landscape, who: Holder, persona: str) -> Iterator[Step]:
    """What acts by itself in a product that the persona may launch does so in the launcher's name."""
    product = f"arn:aws:catalog:*:{landscape.stage.hub}:product/*"
    answer = who.may("servicecatalog:ProvisionProduct", product)  # a share, not a policy, lets other accounts in
    if not answer:
        return
    for seat in landscape.seats:
        if persona in landscape.stage.launchers.get(seat.unit, ()) and not seat.opens and seat.thing is not None:
            for role in seat.roles:
                holder = landscape.holders.get(role)
                if holder is not None and landscape.decides(holder) is not None:
                    yield Step(f"launches {seat.unit}, whose {seat.what} acts by itself", answer.statement, role)


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


def _writes(who: Holder, prefix: str) -> bool:
    """Whether somebody may change anything at all in a service."""
    return any(
        not action.reads and who.may(action.name, "*", "")
        for name in reference.names(prefix)
        if (action := reference.action(prefix, name)) is not None
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
