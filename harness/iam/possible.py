"""What could ever be allowed: the same decision as `evaluate`, where not everything about the request is known.

Sound in one direction: whatever IAM can allow under some resource and some values of the unknown keys is found
possible. A denial counts only where it holds whatever the unknown turns out to be; a permission counts where it may.
Each condition is looked at for itself, so that something impossible may be called possible, never the reverse.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from harness.iam import reference, variables
from harness.iam.conditions import Condition
from harness.iam.decision import Clause
from harness.iam.errors import UnreadablePolicyError
from harness.iam.evaluate import PrincipalPolicies
from harness.iam.policy import Actions, Kind, Policy, Statement
from harness.iam.principals import Level, Principal
from harness.iam.request import Request, Values
from harness.iam.wildcards import covers, meets


class Truth(enum.IntEnum):
    """Over all values of what is unknown."""

    NEVER = 0
    PERHAPS = 1
    ALWAYS = 2


@dataclass(frozen=True)
class Question:
    """A request of which not everything is known.

    `resource`: an ARN, or a pattern that stands for any of many; `known`: condition key → value, values, or None where
    it is surely absent. What `known` lacks is unknown where the action offers that key, and absent where it does not.
    """

    principal: Principal
    action: str
    resource: str = "*"
    known: Mapping[str, Values] = field(default_factory=dict)
    resource_account: str = ""

    @cached_property
    def request(self) -> Request:
        """What is known of it, as a request."""
        return Request(self.principal, self.action, self.resource, self.known, self.resource_account)

    @cached_property
    def _lowered(self) -> frozenset[str]:
        return frozenset(key.lower() for key in self.known)

    def knows(self, key: str) -> bool:
        """Whether it is certain what that key holds, or that it is absent. Raises UnreadablePolicyError."""
        if key.lower() in self._lowered:
            return True
        action = reference.known(self.action)
        if action is None:
            raise UnreadablePolicyError(f"IAM knows no action {self.action}")
        return not action.offers(key)


@dataclass(frozen=True)
class Possibility:
    """`clauses`: the statements that may allow it, the deciding one first; none where it is impossible."""

    possible: bool
    clauses: tuple[Clause, ...] = ()

    @property
    def statement(self) -> Clause | None:
        """The deciding one."""
        return self.clauses[0] if self.clauses else None

    def __bool__(self) -> bool:
        return self.possible


def possible(
    question: Question,
    policies: PrincipalPolicies,
    resource_policy: Policy | None = None,
    resource_must_allow: bool = False,
) -> Possibility:
    """Whether it could ever be allowed; arguments as of `evaluate`. Raises UnreadablePolicyError."""
    for grants, asked in _grants(question, policies, resource_policy, resource_must_allow):
        if denial(asked, policies, resource_policy) is None:
            return Possibility(True, grants)
    return Possibility(False)


def lacking(question: Question, held: PrincipalPolicies) -> Kind | None:
    """The first kind of policy in which nothing could ever allow it; None where each might. Resources have no say."""
    asked = [(Kind.SERVICE_CONTROL, level) for level in held.service_control]
    asked += [(Kind.IDENTITY, held.identity)]
    asked += [(Kind.BOUNDARY, (held.boundary,))] if held.boundary is not None else []
    asked += [(Kind.SESSION, held.session)] if held.session else []
    return next((kind for kind, policies in asked if not any(_allowing(each, question) for each in policies)), None)


def denial(question: Question, held: PrincipalPolicies, resource_policy: Policy | None = None) -> Clause | None:
    """The statement that surely denies it, whatever allows it; None where there is none."""
    everything = [
        *held.identity,
        *((held.boundary,) if held.boundary else ()),
        *held.session,
        *(each for level in held.service_control for each in level),
        *((resource_policy,) if resource_policy else ()),
    ]
    for policy in everything:
        for each in policy.about(question.request.lowered_action):
            if each.allows or not each.level(question.request, held.boundary is not None):
                continue
            if truth(each, question) is Truth.ALWAYS:
                return Clause.of(policy, each)
    return None


def may(
    principal: Principal, policies: PrincipalPolicies, known: Mapping[str, Values], granted: Iterable[Policy] = ()
) -> dict[str, Possibility]:
    """Every action of every service that the principal could ever be allowed, by name, over all resources.

    `granted`: policies of resources that may name the principal. Raises UnreadablePolicyError.
    """
    others = tuple(granted)
    sources = [each for policy in [*policies.identity, *others] for each in policy.statements if each.allows]
    found: dict[str, Possibility] = {}
    for service in sorted({service for each in sources for service in services_of(each.actions)}):
        for name in reference.names(service):
            action = f"{service}:{name}"
            lowered = action.lower()
            if not any(each.actions.cover(lowered) for each in sources):
                continue
            question = Question(principal, action, known=known)
            for policy in (None, *others):
                answer = possible(question, policies, policy)
                if answer:
                    found[action] = answer
                    break
    return found


def services_of(actions: Actions) -> frozenset[str]:
    """The services of which an Action element may be about something: all, where it says so."""
    texts = [*actions.exact, *(pattern.pattern.replace("\\", "") for pattern in actions.patterns)]
    found = {text.partition(":")[0] for text in texts}
    if actions.inverted or any(set(each) & {"*", "."} for each in found):
        return frozenset(reference.services())
    return frozenset(found)


def _grants(
    question: Question, held: PrincipalPolicies, resource_policy: Policy | None, must_allow: bool
) -> Iterator[tuple[tuple[Clause, ...], Question]]:
    """Every way in which all that has to allow it may: the statements, and the resources that they are about."""
    limits = [*held.service_control]
    if not all(any(_allowing(policy, question) for policy in level) for level in limits):
        return
    level, by_resource = _named(question, resource_policy)
    within = question.request.is_within_account
    # No page says whether boundary and session policies limit what is given to everyone: it may be that they do not.
    if level in (Level.ITSELF, Level.ANYONE) and within:
        yield by_resource, question
        return
    if not level and (must_allow or not within):
        return
    if within and level is Level.ROLE and _capped(question, held):
        yield by_resource, question
    for policy in held.identity:
        for each in _allowing(policy, question):
            for resource in _narrowed(each, question):
                asked = replace(question, resource=resource)
                if _capped(asked, held):
                    yield (Clause.of(policy, each), *by_resource), asked


def _capped(question: Question, held: PrincipalPolicies) -> bool:
    """Whether boundary and session policies may let it through."""
    boundary = held.boundary is None or any(_allowing(held.boundary, question))
    return boundary and (not held.session or any(any(_allowing(each, question)) for each in held.session))


def _named(question: Question, policy: Policy | None) -> tuple[Level, tuple[Clause, ...]]:
    best = Level.NOT
    found: tuple[Clause, ...] = ()
    for each in policy.about(question.request.lowered_action) if policy else ():
        level = each.level(question.request) if each.allows else Level.NOT
        if level > best and truth(each, question):
            assert policy is not None
            best, found = level, (Clause.of(policy, each),)
    return best, found


def _allowing(policy: Policy, question: Question) -> list[Statement]:
    statements = policy.about(question.request.lowered_action)
    return [each for each in statements if each.allows and truth(each, question)]


def _narrowed(statement: Statement, question: Question) -> Iterator[str]:
    """The parts of the question's resource that the statement may be about."""
    if statement.resources.inverted or statement.resources.everything:
        yield question.resource
        return
    for text in statement.resources.texts:
        pattern = _pattern(text, question)
        if covers(pattern, question.resource):
            yield question.resource
        elif meets(pattern, question.resource):
            yield pattern if covers(question.resource, pattern) else question.resource


def truth(statement: Statement, question: Question) -> Truth:
    """Whether action, resource and conditions fit. Raises UnreadablePolicyError."""
    if not statement.actions.cover(question.request.lowered_action):
        return Truth.NEVER
    found = _about(statement, question)
    for each in statement.conditions:
        if found is Truth.NEVER:
            break
        found = min(found, _holds(each, question))
    return found


def _about(statement: Statement, question: Question) -> Truth:
    resources = statement.resources
    found = Truth.NEVER
    for text in ("*",) if resources.everything else resources.texts:
        pattern = _pattern(text, question)
        if covers(pattern, question.resource) and (pattern == text or not _unknown_variables(text, question)):
            found = Truth.ALWAYS
            break
        if meets(pattern, question.resource):
            found = Truth.PERHAPS
    return Truth(2 - found) if resources.inverted else found


def _holds(condition: Condition, question: Question) -> Truth:
    if not question.knows(condition.key):
        return Truth.PERHAPS
    if question.request.values(condition.key) and any(_unknown_variables(each, question) for each in condition.wanted):
        return Truth.PERHAPS
    return Truth.ALWAYS if condition.holds(question.request) else Truth.NEVER


def _unknown_variables(text: str, question: Question) -> bool:
    literal = "${*}" in text or "${?}" in text  # taken for wildcards here, which is more than they stand for
    return literal or any(not question.knows(key) for key in variables.keys(text))


def _pattern(text: str, question: Question) -> str:
    """A Resource entry as a pattern: what a variable gives, or * where nobody knows."""
    if not variables.has_variable(text):
        return text
    filled = variables.filled(text, lambda key: question.request.value(key) if question.knows(key) else "*")
    return "arn:nothing" if filled is None else filled.replace("\ue000", "*")
