"""The decision: one request over all policies that have a say in it.

Source: IAM user guide, "Policy evaluation logic", with "Policy evaluation for requests within a single account" and
"Cross-account policy evaluation logic"; KMS developer guide, "Key policies" (a key policy, like a role's trust policy,
must always allow; where it names the account, the account's own policies decide).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.iam.decision import Clause, Decision
from harness.iam.policy import Kind, Policy, Statement
from harness.iam.principals import Level
from harness.iam.request import Request


@dataclass(frozen=True)
class PrincipalPolicies:
    """What limits and permits a principal, whatever the resource.

    `session`: policies given when the session was opened; none: the session is not narrowed. `service_control`: the
    policies of each level of the organization, from the root to the account, each of which must allow; empty for a
    management account.
    """

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: tuple[Policy, ...] = ()
    service_control: tuple[tuple[Policy, ...], ...] = ()


# No role has it: it stands for what is not the question (an account's own side, an administrator of the emulated
# landscape), so that nothing but the policy that is asked about can refuse.
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [{"Sid": "Everything", "Effect": "Allow", "Action": "*", "Resource": "*"}],
}
# To ask what one policy by itself gives or refuses, one asks as somebody whom no other policy holds back.
UNLIMITED = PrincipalPolicies(identity=(Policy.read(EVERYTHING, Kind.IDENTITY, "everything"),))


def evaluate(
    request: Request,
    policies: PrincipalPolicies | None = None,
    resource_policy: Policy | None = None,
    resource_must_allow: bool = False,
) -> Decision:
    """Decides.

    `resource_policy`: of the resource, where it has one. `resource_must_allow`: even within the account the resource's
    policy has to allow, as those of keys and roles do. Raises UnreadablePolicyError where a statement that matters
    cannot be judged.
    """
    held = policies or PrincipalPolicies()
    denials = tuple(_denials(request, held, resource_policy))
    if denials:
        return Decision(False, denials)
    return _permission(request, held, resource_policy, resource_must_allow)


def _denials(request: Request, held: PrincipalPolicies, resource_policy: Policy | None) -> Iterator[Clause]:
    everything = [
        *(each for level in held.service_control for each in level),
        *_one(resource_policy),
        *_one(held.boundary),
    ]
    for policy in [*everything, *held.session, *held.identity]:
        for each in policy.about(request.lowered_action):
            if not each.allows and each.level(request, held.boundary is not None) and each.applies(request):
                yield Clause.of(policy, each)


def _permission(
    request: Request, held: PrincipalPolicies, resource_policy: Policy | None, resource_must_allow: bool
) -> Decision:
    limits = _Limits()
    for level in held.service_control:
        limits.ask(Kind.SERVICE_CONTROL, level, request)
    if limits.missing:
        return limits.decision()
    named, granted = _by_resource(request, resource_policy)
    resource_kind = resource_policy.kind if resource_policy else Kind.RESOURCE
    if request.principal.kind in ("service", "federated", "anonymous"):
        return Decision(True, (*granted, *limits.clauses)) if named else Decision(False, (), resource_kind)
    if named is Level.ITSELF and request.is_within_account:
        return Decision(True, (*granted, *limits.clauses))  # neither a boundary nor a session policy limits it
    grants_within = request.is_within_account and named in (Level.ROLE, Level.ANYONE)
    if not grants_within and request.principal.kind != "account":
        limits.ask(Kind.IDENTITY, held.identity, request)
    if held.boundary is not None:
        limits.ask(Kind.BOUNDARY, (held.boundary,), request)
    if held.session:
        limits.ask(Kind.SESSION, held.session, request)
    if not named and (resource_must_allow or not request.is_within_account):
        limits.lack(resource_kind)
    return limits.decision(granted)


def _by_resource(request: Request, policy: Policy | None) -> tuple[Level, tuple[Clause, ...]]:
    """How exactly the resource's policy names the principal in what it allows, and the statement that does."""
    best = Level.NOT
    granted: tuple[Clause, ...] = ()
    for each in policy.about(request.lowered_action) if policy else ():
        level = each.level(request) if each.allows else Level.NOT
        if level > best and each.applies(request):
            assert policy is not None
            best, granted = level, (Clause.of(policy, each),)
    return best, granted


class _Limits:
    """What has been asked so far, and which kind of policy lacked a permission first."""

    def __init__(self) -> None:
        self.clauses: list[Clause] = []
        self.missing: Kind | None = None

    def ask(self, kind: Kind, policies: Iterable[Policy], request: Request) -> None:
        found = next(((policy, each) for policy in policies for each in _allowing(policy, request)), None)
        if found is None:
            self.lack(kind)
        else:
            self.clauses.append(Clause.of(*found))

    def lack(self, kind: Kind) -> None:
        self.missing = self.missing or kind

    def decision(self, granted: tuple[Clause, ...] = ()) -> Decision:
        own = sorted(self.clauses, key=lambda each: each.kind is not Kind.IDENTITY)
        return Decision(self.missing is None, (*granted, *own), self.missing)


def _allowing(policy: Policy, request: Request) -> Iterator[Statement]:
    return (each for each in policy.about(request.lowered_action) if each.allows and each.applies(request))


def _one(policy: Policy | None) -> tuple[Policy, ...]:
    return (policy,) if policy else ()
