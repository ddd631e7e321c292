"""Creates a stack: resources wave by wave, and back again if one fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from harness.cfn.delete import remove
from harness.cfn.model import (
    Outcome,
    Output,
    Provider,
    ResourceFailure,
    ResourceState,
    StackError,
    StackRequest,
    StackState,
    Surroundings,
)
from harness.cfn.operation import Clock, Operation, StackFacts, utc_now
from harness.cfn.prepare import Prepared, prepare
from harness.cfn.stackpolicy import check_policy_body

RESOURCE_CANCELLED = "Resource creation cancelled"
INITIATED = "Resource creation Initiated"


def create_stack(
    request: StackRequest, surroundings: Surroundings, provider: Provider, clock: Clock = utc_now
) -> Outcome:
    """A new stack, complete or rolled back. Raises `StackError` for what the API refuses at the call."""
    prepared = prepare(request, surroundings)
    if request.policy:
        check_policy_body(request.policy)
    facts = StackFacts(request.name, prepared.stack_id, request.tags, request.role_arn, surroundings, prepared.hidden)
    operation = Operation(facts, provider, clock)
    operation.tell_stack("CREATE_IN_PROGRESS", "User Initiated")
    outputs: tuple[Output, ...] = ()
    try:
        check_beginning(prepared)
        failed = _create_all(operation, prepared)
        reason = f"The following resource(s) failed to create: [{', '.join(failed)}]. " if failed else ""
        if not failed:
            outputs = operation.outputs(prepared)
            check_exports(outputs, surroundings, own={})
    except StackError as error:
        reason = facts.masked(f"{error.message.rstrip('.')}. ")
        failed = []
    state = _state(prepared, operation, outputs)
    if not reason:
        operation.tell_stack("CREATE_COMPLETE")
        return _finished(state, operation, "CREATE_COMPLETE")
    return _failed(state, operation, failed, reason, request.on_failure)


def check_beginning(prepared: Prepared) -> None:
    """Raises `StackError` for what fails a stack before its first resource, imports of what nobody exports among it."""
    if prepared.failure:
        raise StackError(prepared.failure)
    for name in prepared.imports:
        if prepared.scope.surroundings.exports.get(name) is None:
            raise StackError(f"No export named {name} found")


def check_exports(outputs: Sequence[Output], surroundings: Surroundings, own: dict[str, str]) -> None:
    """Raises `StackError` if an export's name is taken by another stack or twice in this one. `own`: exports
    held before."""
    seen: set[str] = set()
    for output in outputs:
        name = output.export_name
        if not name:
            continue
        if name in seen:
            raise StackError(f"Duplicate Export names: [{name}]")
        seen.add(name)
        if name not in own and name in surroundings.exports:
            exporter = surroundings.exporters.get(name, "another stack")
            raise StackError(f"Export with name {name} is already exported by stack {exporter}")


def _create_all(operation: Operation, prepared: Prepared) -> list[str]:
    """Creates every resource until one fails. Returns the logical ids that were not created though begun."""
    for wave in prepared.order:
        for name in wave:
            resource = prepared.resources[name]
            operation.tell(
                name, "", resource.type, "CREATE_IN_PROGRESS", properties=operation.shown(prepared, resource)
            )
        for index, name in enumerate(wave):
            failure = create_one(operation, prepared, name)
            if failure is not None:
                cancelled = list(wave[index + 1 :])
                cancel(operation, prepared, cancelled, "CREATE_FAILED", RESOURCE_CANCELLED)
                return [name, *cancelled]
    return []


def create_one(operation: Operation, prepared: Prepared, name: str) -> str | None:
    """Creates the resource, with the event that tells how it ended. Returns the reason if it failed."""
    resource = prepared.resources[name]
    shown = operation.shown(prepared, resource)
    try:
        made = operation.create(prepared, resource)
    except ResourceFailure as failure:
        operation.tell(name, "", resource.type, "CREATE_FAILED", str(failure), shown)
        return str(failure)
    operation.resources[name] = made
    operation.tell(name, made.physical_id, made.type, "CREATE_IN_PROGRESS", INITIATED, shown)
    operation.tell(name, made.physical_id, made.type, "CREATE_COMPLETE", properties=shown)
    return None


def cancel(operation: Operation, prepared: Prepared, names: Sequence[str], status: str, reason: str) -> None:
    """Tells that those resources were begun and given up because another one failed."""
    for name in names:
        current = operation.resources.get(name)
        physical_id = current.physical_id if current else ""
        operation.tell(name, physical_id, prepared.resources[name].type, status, reason)


def _state(prepared: Prepared, operation: Operation, outputs: tuple[Output, ...]) -> StackState:
    request = prepared.request
    return StackState(
        stack_id=prepared.stack_id,
        name=request.name,
        status="CREATE_IN_PROGRESS",
        template=request.template,
        parameters=prepared.values.supplied,
        resolved=prepared.values.resolved,
        resources=tuple(operation.resources.values()),
        outputs=outputs,
        description=prepared.template.description,
        tags=dict(request.tags),
        capabilities=request.capabilities,
        notification_arns=request.notification_arns,
        role_arn=request.role_arn,
        imports=prepared.imports,
        no_echo=prepared.no_echo,
        policy=request.policy,
        disable_rollback=request.on_failure == "DO_NOTHING",
        created=operation.events[0].at,
    )


def _finished(state: StackState, operation: Operation, status: str, reason: str = "") -> Outcome:
    state = replace(state, status=status, reason=reason, resources=tuple(operation.resources.values()))
    return Outcome(state, tuple(operation.events))


def _failed(state: StackState, operation: Operation, failed: list[str], reason: str, on_failure: str) -> Outcome:
    """What follows a failure: nothing, rollback or deletion, as the request wants."""
    state = replace(state, outputs=(), imports=())
    if on_failure == "DO_NOTHING":
        operation.tell_stack("CREATE_FAILED", reason.strip())
        return _finished(state, operation, "CREATE_FAILED", reason.strip())
    return _roll_back(state, operation, failed, reason, "DELETE" if on_failure == "DELETE" else "ROLLBACK")


def _roll_back(state: StackState, operation: Operation, failed: list[str], reason: str, status: str) -> Outcome:
    told = f"{reason}Rollback requested by user."
    operation.tell_stack(f"{status}_IN_PROGRESS", told)
    for name in failed:
        event = next(each for each in operation.events if each.logical_id == name)
        operation.tell(name, "", event.type, "DELETE_COMPLETE")
    stuck = remove(operation, dict(operation.resources), delete_on_rollback)
    status = f"{status}_FAILED" if stuck else f"{status}_COMPLETE"
    operation.tell_stack(status)
    return _finished(state, operation, status, told)


def delete_on_rollback(resource: ResourceState) -> bool:
    """Whether a resource goes when the operation that made it is rolled back."""
    # RetainExceptOnCreate is there for exactly this moment.
    return resource.deletion_policy != "Retain"
