"""What stands in the landscape, as the proof asks about it: roles, what acts with them, what is trusted, who decides.

It looks for no routes; `routes` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.checks.duties import places as trusted
from harness.checks.duties.holders import Holder, Holders, holders
from harness.checks.duties.places import Place, places
from harness.checks.duties.seats import Seat, roles_of, seats
from harness.checks.duties.stage import Stage
from harness.iam import Clause, Kind, Level, Policy, Request, Values
from harness.iam.possible import Possibility

STATUS = "sagemaker:ModelApprovalStatus"


@dataclass(frozen=True)
class Step:
    """One step of a route. `how`: for a person; `clause`: the statement that lets it happen."""

    how: str
    clause: Clause | None
    to: str = ""  # ARN of the role that is reached; empty at the end

    def __str__(self) -> str:
        return f"{self.how} ({self.clause})" if self.clause else self.how


class Landscape:
    """A stage, with what is asked of it again and again."""

    def __init__(self, stage: Stage) -> None:
        self.stage = stage
        self.holders: Holders = holders(stage)
        self._forges: dict[str, Step | None] = {}
        self._decides: dict[str, Step | None] = {}
        self.onwards: dict[str, tuple[Step, ...]] = {}  # ARN → its steps: the ways of many lead through the same roles
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
    def _profiles(self) -> Mapping[str, tuple[dict[str, Values], ...]]:
        found: dict[str, tuple[dict[str, Values], ...]] = {}
        for each in self.stage.of("AWS::SageMaker::UserProfile"):
            keys: dict[str, Values] = {
                "sagemaker:DomainId": str(each.properties.get("DomainId")),
                "sagemaker:UserProfileName": each.name,
            }
            for role in roles_of(each):
                found[role] = (*found.get(role, ()), keys)
        return found

    def sessions(self, who: Holder) -> tuple[dict[str, Values], ...]:
        """What Studio says of the sessions of a role: the profiles that it acts for; none where it runs a job."""
        none: dict[str, Values] = {"sagemaker:DomainId": None, "sagemaker:UserProfileName": None}
        return (*self._profiles.get(who.arn, ()), none)

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

    def may_place(self, who: Holder, action: str, place: Place) -> Possibility:
        """Whether somebody may write to a place that is trusted."""
        if action == "s3:PutObject":
            return self.may_write(who, place.arn)
        for policy in (None, *self._repositories):
            if answer := who.may(action, place.arn, place.account, policy=policy):
                return answer
        return Possibility(False)

    def granting(self, who: Holder) -> list[Policy]:
        """The policies of resources in somebody's own account that give them something by themselves."""
        asking = Request(who.principal, "*")
        return [
            each
            for each in self._of_resources.get(who.account, ())
            if any(statement.allows and statement.level(asking) > Level.ACCOUNT for statement in each.statements)
        ]

    @cached_property
    def _of_resources(self) -> Mapping[str, tuple[Policy, ...]]:
        """Account → every policy of a resource there: an endpoint's gives nothing, a role's says who becomes it."""
        found: dict[str, dict[Policy, None]] = {}
        for each in self.stage.things:
            if not each.type.startswith("AWS::IAM::") and each.type != "AWS::EC2::VPCEndpoint":
                for document in _documents(each.properties):
                    read = Policy.read(document, Kind.RESOURCE, f"{each.unit} {each.logical_id}")
                    found.setdefault(each.account, {})[read] = None
        return {account: tuple(policies) for account, policies in found.items()}

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


def _documents(value: Any) -> Iterator[Mapping[str, Any]]:
    """Every policy document that names principals."""
    if isinstance(value, Mapping):
        if "Statement" in value and any("Principal" in each or "NotPrincipal" in each for each in value["Statement"]):
            yield value
        else:
            for each in value.values():
                yield from _documents(each)
    elif isinstance(value, list):
        for each in value:
            yield from _documents(each)


def decides(landscape: Landscape, who: Holder) -> Step | None:
    """How that role decides about a model by itself, if it ever may: approve, register approved, hand on the right."""
    region = next((each.region for each in landscape.stage.things), "")
    own = (who.account, "local", None)  # a group that somebody makes in an account of its own
    for account, group, policy in (*landscape.groups, own):
        versions = f"arn:aws:sagemaker:{region}:{account}:model-package/{group}/*"
        of_group = f"arn:aws:sagemaker:{region}:{account}:model-package-group/{group}"
        questions: list[tuple[str, str, str, dict[str, Values]]] = [
            ("approves", "sagemaker:UpdateModelPackage", versions, {STATUS: "Approved"}),
            ("rejects", "sagemaker:UpdateModelPackage", versions, {STATUS: "Rejected"}),
            ("registers approved", "sagemaker:CreateModelPackage", versions, {STATUS: "Approved"}),
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
        pending: dict[str, Values] = {STATUS: "PendingManualApproval"}
        answer = who.may("sagemaker:CreateModelPackage", versions, function.account, pending, policy)
        if answer:
            return Step(f"proposes whatever it likes to {group}, which is approved by its metrics", answer.statement)
        if answer := landscape.may_write(who, metrics):
            return Step(f"writes the metrics by which {group} is approved", answer.statement)
    return None
