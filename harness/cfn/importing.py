"""Takes existing resources into a stack: what is refused, the change set, and doing it. Nothing is created or changed.

User guide, "Import AWS resources into a CloudFormation stack".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from harness.cfn.changes import Change, Plan, plan_update, with_previous_template
from harness.cfn.model import (
    Outcome,
    Provider,
    Provisioned,
    ResourceFailure,
    ResourceState,
    ResourceToImport,
    StackError,
    StackRequest,
    StackState,
    Surroundings,
)
from harness.cfn.operation import Clock, Operation, StackFacts, utc_now
from harness.cfn.prepare import Prepared, prepare
from harness.cfn.registry import known_type

_MODIFIED = (
    "You have modified resources [{}] in your template that are not being imported. Update, create or delete "
    "operations cannot be executed during import operations."
)
_IMPORTABLE = frozenset(
    {"CREATE_COMPLETE", "IMPORT_COMPLETE", "IMPORT_ROLLBACK_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE"}
)


def import_change_set(
    request: StackRequest, surroundings: Surroundings, provider: Provider, state: StackState | None = None
) -> Plan:
    """What the import would take in.

    Raises `StackError` for what the API refuses at the call, `ResourceFailure` for what fails the change set:
    a resource that does not exist, or that a stack has already.
    """
    prepared = _prepared(request, surroundings, state)
    stack = _Import(prepared, state, provider, utc_now)
    changes = []
    for name, wanted in stack.wanted.items():
        made = stack.found(wanted, {})
        changes.append(Change("Import", name, wanted.type, made.physical_id))
    return Plan(tuple(changes), False)


def import_resources(
    request: StackRequest,
    surroundings: Surroundings,
    provider: Provider,
    state: StackState | None = None,
    clock: Clock = utc_now,
) -> Outcome:
    """The stack with the resources of the request, or as it was where one of them cannot be taken in.

    Raises `StackError` for what the API refuses at the call.
    """
    prepared = _prepared(request, surroundings, state)
    return _Import(prepared, state, provider, clock).run()


def _prepared(request: StackRequest, surroundings: Surroundings, state: StackState | None) -> Prepared:
    if state is not None:
        if state.status not in _IMPORTABLE:
            raise StackError(f"Stack:{state.stack_id} is in {state.status} state and can not be updated.")
        request = with_previous_template(request, state)
    prepared = prepare(request, surroundings, state)
    _check(prepared, state)
    return prepared


def _check(prepared: Prepared, state: StackState | None) -> None:
    """Raises `StackError`, in the order in which CloudFormation looks."""
    asked = prepared.request.imports
    if not asked:
        raise StackError("Must Provide at least one resource to import")
    names = [each.logical_id for each in asked]
    if len(set(names)) < len(names):
        raise StackError("Every resource to import must have unique LogicalResourceId")
    absent = [name for name in names if name not in prepared.resources]
    if absent:
        raise StackError(
            f"The logical resource ids [{', '.join(absent)}] provided in ResourceToImport do not exist in the template."
        )
    _check_types(prepared)
    held = {each.logical_id for each in state.resources} if state else set()
    new = [name for name in prepared.resources if name not in held]
    if not new:
        raise StackError("The template should contain at least one new resource to import.")
    known = [name for name in names if name in held]
    if known:
        raise StackError(
            f"Resources [{', '.join(known)}] passed in ResourceToImport are already in a stack and cannot be imported."
        )
    unlisted = [name for name in new if name not in names]
    if unlisted:
        raise StackError(f"Resources [{', '.join(unlisted)}] is missing from ResourceToImport list")
    careless = [name for name in names if not prepared.resources[name].deletion_policy]
    if careless:
        raise StackError(
            f"The following resources to import [{', '.join(careless)}] must have DeletionPolicy attribute specified "
            "in the template."
        )
    _check_unchanged(prepared, state)


def _check_types(prepared: Prepared) -> None:
    region = prepared.scope.surroundings.region
    for each in prepared.request.imports:
        expected = [path[-1] for path in known_type(each.type, region).primary_identifier]
        if set(each.identifier) != set(expected):
            raise StackError(
                f"Invalid resource identifier for resource type {each.type}. Expected [{', '.join(expected)}]"
            )
        declared = prepared.resources[each.logical_id].type
        if declared != each.type:
            raise StackError(
                f"Resource type of [{each.logical_id}] passed in ResourceToImport does not match with resource type "
                f"defined in the template. Resource type in ResourceToImport: {each.type}; Resource type in Template: "
                f"{declared}."
            )


def _check_unchanged(prepared: Prepared, state: StackState | None) -> None:
    outputs = prepared.template.outputs
    if state is None:
        if outputs:
            raise StackError("As part of the import operation, you cannot modify or add [Outputs]")
        return
    plan = plan_update(state, prepared)
    changed = [each.logical_id for each in plan.changes if each.action != "Add"]
    if changed:
        raise StackError(_MODIFIED.format(", ".join(changed)))
    if plan.stack_changes and set(outputs) != {each.key for each in state.outputs}:
        raise StackError("As part of the import operation, you cannot modify or add [Outputs]")


class _Import:
    """One import while it runs."""

    def __init__(self, prepared: Prepared, state: StackState | None, provider: Provider, clock: Clock) -> None:
        request = prepared.request
        tags = request.tags
        facts = StackFacts(
            request.name, prepared.stack_id, tags, request.role_arn, prepared.scope.surroundings, prepared.hidden
        )
        resources = {each.logical_id: each for each in state.resources} if state else {}
        generation = state.generation + 1 if state else 0
        self.prepared = prepared
        self.state = state
        self.operation = Operation(facts, provider, clock, generation, resources)
        self.wanted = {each.logical_id: each for each in request.imports}

    def found(self, wanted: ResourceToImport, properties: Mapping[str, Any]) -> Provisioned:
        """The thing as it exists. Raises `ResourceFailure` if it does not, or if a stack has it."""
        identity = "|".join(wanted.identifier.values())
        known = {**properties, **wanted.identifier}
        asked = self.operation.request_for(wanted.logical_id, wanted.type, known, self.operation.generation)
        made = self.operation.provider.adopt(asked)
        mine = {(each.type, each.physical_id): self.prepared.stack_id for each in self.operation.resources.values()}
        holders: Mapping[tuple[str, str], str] = {**self.operation.facts.surroundings.taken, **mine}
        holder = holders.get((wanted.type, made.physical_id))
        if holder:
            raise ResourceFailure(f"{identity} already exists in stack {holder}")
        return made

    def run(self) -> Outcome:
        """All of them, in dependency order."""
        operation = self.operation
        operation.tell_stack("IMPORT_IN_PROGRESS", "User Initiated")
        for wave in self.prepared.order:
            for name in wave:
                if name in self.wanted:
                    reason = self._take(name)
                    if reason:
                        return self._undone(f"The following resource(s) failed to import: [{name}]. ")
        operation.tell_stack("IMPORT_COMPLETE")
        return self._done()

    def _take(self, name: str) -> str:
        """Takes the resource in. Returns why that failed."""
        operation, prepared = self.operation, self.prepared
        resource, wanted = prepared.resources[name], self.wanted[name]
        identity = "|".join(wanted.identifier.values())
        operation.tell(name, identity, wanted.type, "IMPORT_IN_PROGRESS", "Resource import started.")
        try:
            properties = operation.resolved(prepared, resource)
            made = self.found(wanted, properties)
        except ResourceFailure as failure:
            operation.tell(name, identity, wanted.type, "IMPORT_FAILED", str(failure))
            return str(failure)
        new = operation.state_of(prepared, resource, properties, made, "UPDATE_COMPLETE", operation.generation)
        operation.resources[name] = new
        operation.tell(name, new.physical_id, new.type, "IMPORT_COMPLETE", "Resource import completed.")
        tagging = "Apply stack-level tags to imported resource if applicable."
        operation.tell(name, new.physical_id, new.type, "UPDATE_IN_PROGRESS", tagging)
        operation.tell(name, new.physical_id, new.type, "UPDATE_COMPLETE")
        return ""

    def _undone(self, reason: str) -> Outcome:
        operation = self.operation
        operation.tell_stack("IMPORT_ROLLBACK_IN_PROGRESS", reason)
        for name in reversed([name for name in self.wanted if name in operation.resources]):
            gone = operation.resources.pop(name)
            operation.tell(name, gone.physical_id, gone.type, "IMPORT_ROLLBACK_COMPLETE", "Resource import undone.")
        operation.tell_stack("IMPORT_ROLLBACK_COMPLETE")
        old = self.state or self._new(())
        resources = tuple(operation.resources.values())
        return Outcome(
            replace(old, status="IMPORT_ROLLBACK_COMPLETE", reason=reason.strip(), resources=resources),
            tuple(operation.events),
        )

    def _done(self) -> Outcome:
        kept = tuple(self.operation.resources[name] for name in self.prepared.resources)
        outputs = self.operation.outputs(self.prepared)
        new = replace(
            self._new(kept),
            status="IMPORT_COMPLETE",
            outputs=outputs,
            generation=self.operation.generation,
            updated=self.operation.events[-1].at,
        )
        return Outcome(new, tuple(self.operation.events))

    def _new(self, resources: tuple[ResourceState, ...]) -> StackState:
        prepared, request = self.prepared, self.prepared.request
        old = self.state
        return StackState(
            stack_id=prepared.stack_id,
            name=request.name,
            status="IMPORT_IN_PROGRESS",
            template=request.template,
            parameters=prepared.values.supplied,
            resolved=prepared.values.resolved,
            resources=resources,
            outputs=old.outputs if old else (),
            description=prepared.template.description,
            tags=dict(old.tags if old else request.tags),
            capabilities=request.capabilities,
            notification_arns=request.notification_arns,
            role_arn=request.role_arn or (old.role_arn if old else ""),
            imports=prepared.imports,
            no_echo=prepared.no_echo,
            policy=old.policy if old else "",
            termination_protection=old.termination_protection if old else False,
            disable_rollback=old.disable_rollback if old else False,
            created=old.created if old else self.operation.events[0].at,
        )
