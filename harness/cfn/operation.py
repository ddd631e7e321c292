"""One operation on a stack while it runs: its resources so far, its events, and how one resource is made,
changed or removed.

What is done in which order is for `stack.py` to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from harness.cfn.dynamic import resolve_plain, reveal
from harness.cfn.intrinsics import Scope, resolve, text, unresolved
from harness.cfn.masking import masked_text
from harness.cfn.model import (
    Event,
    Output,
    Provider,
    Provisioned,
    ResourceFailure,
    ResourceRequest,
    ResourceState,
    StackError,
    Surroundings,
)
from harness.cfn.prepare import Prepared
from harness.cfn.references import identify, suffix_of
from harness.cfn.registry import known_type
from harness.cfn.schema import validate_properties
from harness.cfn.template import Resource

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The moment, for events."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class StackFacts:
    """What every resource request carries of its stack."""

    name: str
    stack_id: str
    tags: Mapping[str, str]
    role_arn: str
    surroundings: Surroundings
    hidden: tuple[str, ...] = ()  # values that no event may show

    def masked(self, told: str) -> str:
        """The text without the values of NoEcho parameters: services repeat in their errors what they were given."""
        return masked_text(told, self.hidden)


class LiveResources:
    """Ref and Fn::GetAtt over the resources as they are."""

    def __init__(self, resources: Mapping[str, ResourceState]) -> None:
        self._resources = resources

    def ref(self, logical_id: str) -> Any:
        found = self._resources.get(logical_id)
        if found is None:
            raise unresolved([logical_id], "Resources")
        return found.ref or found.physical_id

    def attribute(self, logical_id: str, name: str) -> Any:
        found = self._resources.get(logical_id)
        if found is None:
            raise StackError(f"Template error: instance of Fn::GetAtt references undefined resource {logical_id}")
        if name in found.attributes:
            return found.attributes[name]
        raise StackError(f"Template error: resource {logical_id} does not support attribute type {name} in Fn::GetAtt")


@dataclass
class Operation:
    """The mutable middle of a pure function: resources and events as they come to be."""

    facts: StackFacts
    provider: Provider
    clock: Clock
    generation: int = 0
    resources: dict[str, ResourceState] = field(default_factory=dict)
    events: list[Event] = field(default_factory=list)

    def tell(
        self,
        logical_id: str,
        physical_id: str,
        kind: str,
        status: str,
        reason: str = "",
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        """Adds an event."""
        told = self.facts.masked(reason)
        self.events.append(Event(logical_id, physical_id, kind, status, told, properties or {}, self.clock()))

    def tell_stack(self, status: str, reason: str = "") -> None:
        """Adds an event of the stack itself."""
        self.tell(self.facts.name, self.facts.stack_id, "AWS::CloudFormation::Stack", status, reason)

    def request_for(
        self, logical_id: str, kind: str, properties: Mapping[str, Any], generation: int
    ) -> ResourceRequest:
        """What a provider is asked, secrets revealed. Raises `ResourceFailure` for a secret that does not exist."""
        around = self.facts.surroundings
        system = {
            "aws:cloudformation:stack-name": self.facts.name,
            "aws:cloudformation:stack-id": self.facts.stack_id,
            "aws:cloudformation:logical-id": logical_id,
        }
        return ResourceRequest(
            logical_id=logical_id,
            type=kind,
            properties=reveal(dict(properties), around),
            stack_name=self.facts.name,
            stack_id=self.facts.stack_id,
            account_id=around.account_id,
            region=around.region,
            tags={**self.facts.tags, **system},
            suffix=suffix_of(self.facts.stack_id, logical_id, generation),
            partition=around.partition,
            role_arn=self.facts.role_arn,
        )

    def scope(self, prepared: Prepared) -> Scope:
        """The scope of the request with the resources that there are."""
        return replace(prepared.scope, resources=LiveResources(self.resources))

    def resolved(self, prepared: Prepared, resource: Resource) -> dict[str, Any]:
        """The resource's properties, resolved and valid. Raises `ResourceFailure`."""
        return resolved_properties(resource, self.scope(prepared))

    def shown(self, prepared: Prepared, resource: Resource) -> Mapping[str, Any]:
        """The properties as events may show them."""
        scope = replace(prepared.shown_scope, resources=LiveResources(self.resources))
        try:
            shown = resolve(resource.properties, scope)
        except StackError:
            return {}
        return shown if isinstance(shown, dict) else {}

    def create(self, prepared: Prepared, resource: Resource) -> ResourceState:
        """Makes the resource. Raises `ResourceFailure`."""
        properties = self.resolved(prepared, resource)
        request = self.request_for(resource.logical_id, resource.type, properties, self.generation)
        self._check_free(request)
        made = self.provider.create(request)
        return self.state_of(prepared, resource, properties, made, "CREATE_COMPLETE", self.generation)

    def _check_free(self, request: ResourceRequest) -> None:
        """Raises `ResourceFailure` if a stack here has a resource of that name. What no stack made is the
        provider's matter."""
        kind = known_type(request.type, request.region)
        if not kind.primary_identifier or any(path in kind.read_only for path in kind.primary_identifier):
            return
        wanted = identify(kind, request).physical_id
        held = any(each.type == request.type and each.physical_id == wanted for each in self.resources.values())
        if held or (request.type, wanted) in self.facts.surroundings.taken:
            raise ResourceFailure(f"Resource of type '{request.type}' with identifier '{wanted}' already exists.")

    def state_of(
        self,
        prepared: Prepared,
        resource: Resource,
        properties: Mapping[str, Any],
        made: Provisioned,
        status: str,
        generation: int,
    ) -> ResourceState:
        """The state of a resource that a provider made."""
        return ResourceState(
            logical_id=resource.logical_id,
            type=resource.type,
            physical_id=made.physical_id,
            status=status,
            properties=properties,
            attributes=made.attributes,
            ref=made.ref,
            native=made.native,
            deletion_policy=prepared.policy(resource, "DeletionPolicy"),
            update_replace_policy=prepared.policy(resource, "UpdateReplacePolicy"),
            depends_on=tuple(sorted(prepared.needs[resource.logical_id])),
            metadata=resolved_metadata(resource, self.scope(prepared)),
            generation=generation,
            updated=self.clock(),
        )

    def delete(self, current: ResourceState) -> None:
        """Removes the resource, with its events. Raises `ResourceFailure` after the event that tells of it."""
        self.tell(current.logical_id, current.physical_id, current.type, "DELETE_IN_PROGRESS")
        try:
            request = self.request_for(current.logical_id, current.type, current.properties, current.generation)
            self.provider.delete(request, current)
        except ResourceFailure as failure:
            self.tell(current.logical_id, current.physical_id, current.type, "DELETE_FAILED", str(failure))
            raise
        self.tell(current.logical_id, current.physical_id, current.type, "DELETE_COMPLETE")

    def outputs(self, prepared: Prepared) -> tuple[Output, ...]:
        """The stack's outputs. Raises `StackError` if one is no text."""
        return outputs_of(prepared, self.scope(prepared))


def outputs_of(prepared: Prepared, scope: Scope) -> tuple[Output, ...]:
    """The outputs that the conditions let be. Raises `StackError` if one is no text."""
    result = []
    for declared in prepared.template.outputs.values():
        if declared.condition and not scope.conditions[declared.condition]:
            continue
        value = resolve_plain(resolve(declared.value, scope), scope.surroundings)
        if not isinstance(value, str | int | float):
            raise StackError(
                "Template format error: The Value field of every Outputs member must evaluate to a String."
            )
        name = None if declared.export_name is None else resolve(declared.export_name, scope)
        if name is not None and (not isinstance(name, str) or not name):
            raise StackError(
                f"Template format error: Output {declared.key} is malformed. The Name of an Export must be a string."
            )
        result.append(Output(declared.key, text(value), declared.description, name or ""))
    return tuple(result)


def resolved_properties(resource: Resource, scope: Scope) -> dict[str, Any]:
    """The resource's properties, resolved, coerced and valid. Raises `ResourceFailure`."""
    try:
        properties = resolve_plain(resolve(resource.properties, scope), scope.surroundings)
    except StackError as error:
        raise ResourceFailure(error.message) from error
    if not isinstance(properties, dict):
        raise ResourceFailure("Properties must be an object.")
    return validate_properties(known_type(resource.type, scope.surroundings.region), resource.logical_id, properties)


def resolved_metadata(resource: Resource, scope: Scope) -> Mapping[str, Any]:
    """The resource's metadata, functions applied where they can be (unlike properties, metadata may hold any)."""
    try:
        found = resolve(resource.metadata, scope)
    except StackError:
        return resource.metadata
    return found if isinstance(found, dict) else {}


def removal_order(resources: Mapping[str, ResourceState]) -> list[ResourceState]:
    """The resources with everything after what needs it: the order in which they can be deleted."""
    remaining = dict(resources)
    order: list[ResourceState] = []
    while remaining:
        needed = {name for each in remaining.values() for name in each.depends_on}
        free = [name for name in remaining if name not in needed] or list(remaining)
        order.extend(remaining.pop(name) for name in reversed(free))
    return order
