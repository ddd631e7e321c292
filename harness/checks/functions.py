"""The Lambda functions of a launch: their code, where it runs, and what its roles may do. Judges nothing."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.cfn.model import ResourceState
from harness.checks import roles
from harness.checks.followed import followed
from harness.checks.jobs import Subject
from harness.checks.policies import stated
from harness.checks.resources import Here
from harness.checks.stackrules import Location, Stack, value
from harness.documents.code.archive import Archive, Source, handler_problem, read
from harness.documents.code.clients import Calls
from harness.iam import Kind, Policy, Principal, PrincipalPolicies
from harness.iam.possible import Question, possible


@dataclass(frozen=True)
class Function:
    """A function whose code is an asset of ours. `role`: None where the template does not make it."""

    resource: ResourceState
    archive: Archive
    handler: str
    role: ResourceState | None
    subject: Subject

    @property
    def can_be_read(self) -> bool:
        """Whether its code compiles and its handler is there, so that its calls can be known."""
        return not self.archive.findings and handler_problem(self.archive, self.handler) is None

    @property
    def calls(self) -> Calls:
        """What its code calls of AWS."""
        return followed(self.archive, self.handler, self.subject.memory, self.subject.judges)


@dataclass(frozen=True)
class Acting:
    """A role that code acts as. `name`: how messages call it; `documents`: of its policies.

    `boundary`: document of its permissions boundary; None where it has none, or nobody knows what that says.
    """

    name: str
    arn: str
    documents: tuple[Any, ...]
    boundary: Any = None

    def lacking(self, action: str, resource: str = "*") -> str:
        """Who could never allow that, as words: the role, or its boundary. Empty: it may be allowed.

        Raises UnreadablePolicyError.
        """
        question = Question(Principal.session(self.arn), action, resource)
        if not possible(question, self._own):
            return self.name
        return "" if possible(question, self._bounded) else f"the boundary of {self.name}"

    @functools.cached_property
    def _own(self) -> PrincipalPolicies:
        return PrincipalPolicies(tuple(Policy.read(each, Kind.IDENTITY, self.name) for each in self.documents))

    @functools.cached_property
    def _bounded(self) -> PrincipalPolicies:
        cap = Policy.read(self.boundary, Kind.BOUNDARY, f"boundary of {self.name}") if self.boundary else None
        return replace(self._own, boundary=cap)


@dataclass(frozen=True)
class Granted:
    """An allowing statement of a role: where it stands, and what it says."""

    logical_id: str
    path: Location
    statement: Mapping[str, Any]


def functions(stack: Stack) -> Iterator[Function]:
    """Every function whose archive is known."""
    roles = {each.attributes.get("Arn"): each for each in stack.of("AWS::IAM::Role")}
    for resource in stack.of("AWS::Lambda::Function"):
        names = stack.subject.code.get(str(value(resource.properties, "Code", "S3Key")))
        if names is None:
            continue
        archive = _archive(stack.subject.root, tuple(sorted(names.items())))
        handler = str(resource.properties.get("Handler", ""))
        yield Function(resource, archive, handler, roles.get(resource.properties.get("Role")), stack.subject)


def here(stack: Stack, function: Function) -> Here:
    """Where a function's code runs."""
    variables = value(function.resource.properties, "Environment", "Variables") or {}
    environment = {str(name): str(text) for name, text in variables.items() if isinstance(text, str | int | float)}
    return Here(stack.partition, stack.region, stack.account_id, environment)


def acting(stack: Stack, role: ResourceState) -> Acting:
    """A role of the launch as somebody who acts."""
    documents = tuple(document for _, _, document in roles.documents(role, stack.state.resources))
    return Acting(role.logical_id, str(role.attributes.get("Arn")), documents, _boundary(stack, roles.boundary(role)))


def known_role(stack: Stack, arn: str) -> Acting | None:
    """The role of an ARN, where the launch makes it, or one before it in the same account did."""
    made = next((each for each in stack.of("AWS::IAM::Role") if each.attributes.get("Arn") == arn), None)
    if made is not None:
        return acting(stack, made)
    left = stack.given.roles.get(arn)
    return Acting(arn, arn, tuple(left["documents"]), _boundary(stack, left["boundary"])) if left else None


def _boundary(stack: Stack, arn: str) -> Any:
    return stack.given.boundaries.get(arn) or roles.boundaries(stack.state.resources).get(arn)


def grants(stack: Stack, role: ResourceState) -> Iterator[Granted]:
    """The allowing statements that the template gives to a role: its own, and those of policies attached to it."""
    for resource, path, document in roles.documents(role, stack.state.resources):
        for number, statement in enumerate(stated(document)):
            if statement.get("Effect") == "Allow":
                yield Granted(resource.logical_id, (*path, "Statement", number), statement)


@functools.lru_cache(maxsize=64)
def _archive(root: str, names: tuple[tuple[str, str], ...]) -> Archive:
    """Read once for all examples: the archive's key is the digest of its content."""
    python = {name: path for name, path in names if name.endswith(".py")}
    return read({name: Source(path, _text(Path(root) / path)) for name, path in python.items()})


def _text(path: Path) -> str:
    """What is no UTF-8 does not compile either, and is told so."""
    return path.read_text(encoding="utf-8", errors="replace")
