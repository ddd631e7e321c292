"""The roles that stand in the landscape, with every policy that has a say in what they may do. It judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from harness.checks.duties.stage import Stage, Thing
from harness.iam import Kind, Policy, Principal, PrincipalPolicies, Values
from harness.iam.possible import Possibility, Question, possible


@dataclass(frozen=True)
class Holder:
    """A role. `unit`: the product or foundation that makes it."""

    unit: str
    account: str
    arn: str
    trust: Policy
    policies: PrincipalPolicies
    organization: str

    @property
    def name(self) -> str:
        """The role's path and name."""
        return self.arn.partition(":role/")[2]

    @property
    def principal(self) -> Principal:
        """A session of the role."""
        return Principal.session(self.arn)

    @cached_property
    def known(self) -> dict[str, Values]:
        """What every request of it carries, as far as it is certain."""
        return {
            "aws:PrincipalAccount": self.account,
            "aws:PrincipalArn": self.arn,
            "aws:PrincipalIsAWSService": "false",
            "aws:PrincipalOrgID": self.organization,
            "aws:SecureTransport": "true",
        }

    @cached_property
    def _asked(self) -> dict[str, bool]:
        return {}

    @cached_property
    def services(self) -> tuple[str, ...]:
        """The services that may act as it."""
        found: list[str] = []
        for each in self.trust.statements:
            if each.allows and each.principals is not None:
                found += sorted(each.principals.services)
        return tuple(dict.fromkeys(found))

    @cached_property
    def signs_in(self) -> bool:
        """Whether people become it by signing in."""
        return "SignIn" in str(self.trust)

    def names(self, action: str) -> bool:
        """Whether any statement of its own could allow that action on anything."""
        if action not in self._asked:
            lowered = action.lower()
            self._asked[action] = any(
                each.allows and each.actions.cover(lowered)
                for policy in self.policies.identity
                for each in policy.statements
            )
        return self._asked[action]

    def may(
        self,
        action: str,
        resource: str,
        owner: str = "",
        known: Mapping[str, Values] | None = None,
        policy: Policy | None = None,
        must: bool = False,
    ) -> Possibility:
        """Whether it could ever do that. `policy`: of the resource; `known`: further keys that are certain."""
        if (policy is None or owner not in ("", self.account)) and not self.names(action):
            return Possibility(False)
        context = {**self.known, "aws:ResourceAccount": owner or self.account, **(known or {})}
        question = Question(self.principal, action, resource, context, owner or self.account)
        return possible(question, self.policies, policy, must)


@dataclass(frozen=True)
class Holders:
    """All roles of a stage, by ARN; `unbounded`: those whose boundary does not stand there."""

    by_arn: Mapping[str, Holder]
    unbounded: tuple[str, ...]

    def __iter__(self) -> Iterator[Holder]:
        return iter(self.by_arn.values())

    def get(self, arn: object) -> Holder | None:
        """The role of that ARN, if it stands on the stage."""
        return self.by_arn.get(str(arn))


def holders(stage: Stage) -> Holders:
    """Reads every role. Raises UnreadablePolicyError."""
    managed = {each.arn: each for each in stage.of("AWS::IAM::ManagedPolicy")}
    boundaries = {(each.account, each.arn): each for each in managed.values()}
    attached: dict[tuple[str, str], list[tuple[str, Any]]] = {}
    for each in stage.of("AWS::IAM::RolePolicy"):
        key = (each.account, str(each.properties["RoleName"]))
        attached.setdefault(key, []).append((str(each.properties["PolicyName"]), each.properties["PolicyDocument"]))
    for each in stage.of("AWS::IAM::ManagedPolicy", "AWS::IAM::Policy"):
        for role in each.properties.get("Roles", ()):
            attached.setdefault((each.account, str(role)), []).append(
                (each.logical_id, each.properties["PolicyDocument"])
            )
    found: dict[str, Holder] = {}
    unbounded = []
    for role in stage.of("AWS::IAM::Role"):
        documents = [(str(each["PolicyName"]), each["PolicyDocument"]) for each in role.properties.get("Policies", ())]
        documents += attached.get((role.account, role.name), [])
        for arn in role.properties.get("ManagedPolicyArns", ()):
            if arn not in managed:
                unbounded.append(f"{role} has the policy {arn}, which no template makes")
                continue
            documents.append((managed[arn].logical_id, managed[arn].properties["PolicyDocument"]))
        cap = boundaries.get((role.account, str(role.properties.get("PermissionsBoundary"))))
        if cap is None:
            unbounded.append(f"{role} carries no boundary that a template makes")
        arn = role.arn
        found[arn] = Holder(
            unit=role.unit,
            account=role.account,
            arn=arn,
            trust=Policy.read(role.properties["AssumeRolePolicyDocument"], Kind.TRUST, _short(role)),
            policies=PrincipalPolicies(
                identity=tuple(
                    Policy.read(document, Kind.IDENTITY, f"{_short(role)} ({name})") for name, document in documents
                ),
                boundary=Policy.read(cap.properties["PolicyDocument"], Kind.BOUNDARY, "platform-boundary")
                if cap
                else None,
            ),
            organization=stage.organization,
        )
    return Holders(found, tuple(unbounded))


def _short(role: Thing) -> str:
    return f"{role.unit} {role.logical_id}"
