"""The Lambda functions of a launch: their code, their role, and the statements that the role has. Judges nothing."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.cfn.model import ResourceState
from harness.checks.policies import listed, stated
from harness.checks.stackrules import Location, Stack, value
from harness.documents.code.archive import Archive, Source, handler_problem, read
from harness.documents.code.clients import Calls, calls


@dataclass(frozen=True)
class Function:
    """A function whose code is an asset of ours. `role`: None where the template does not make it."""

    resource: ResourceState
    archive: Archive
    handler: str
    role: ResourceState | None

    @property
    def can_be_read(self) -> bool:
        """Whether its code compiles and its handler is there, so that its calls can be known."""
        return not self.archive.findings and not handler_problem(self.archive, self.handler)

    @property
    def calls(self) -> Calls:
        """What its code calls of AWS."""
        return _calls(self.archive, self.handler)


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
        yield Function(resource, archive, handler, roles.get(resource.properties.get("Role")))


def grants(stack: Stack, role: ResourceState) -> Iterator[Granted]:
    """The allowing statements that the template gives to a role: its own, and those of policies attached to it."""
    for index, policy in enumerate(role.properties.get("Policies") or ()):
        yield from _allowing(role, ("Policies", index, "PolicyDocument"), policy.get("PolicyDocument"))
    name = role.ref or role.physical_id
    for each in stack.of("AWS::IAM::RolePolicy", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        attached = [each.properties.get("RoleName"), *(each.properties.get("Roles") or ())]
        managed = each.type == "AWS::IAM::ManagedPolicy" and each.ref in listed(
            role.properties.get("ManagedPolicyArns")
        )
        if name in attached or managed:
            yield from _allowing(each, ("PolicyDocument",), each.properties.get("PolicyDocument"))


def _allowing(resource: ResourceState, path: Location, document: Any) -> Iterator[Granted]:
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


@functools.lru_cache(maxsize=256)
def _calls(archive: Archive, handler: str) -> Calls:
    return calls(archive, handler)
