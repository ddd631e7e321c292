"""Deletes a stack, and the part of it that an update or a rollback no longer needs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace

from harness.cfn.model import Outcome, Provider, ResourceFailure, ResourceState, StackError, StackState, Surroundings
from harness.cfn.operation import Clock, Operation, StackFacts, removal_order, utc_now
from harness.cfn.prepare import hidden_values

KEEPING = frozenset({"Retain", "RetainExceptOnCreate"})  # policies under which a thing stays


def delete_stack(
    state: StackState,
    surroundings: Surroundings,
    provider: Provider,
    clock: Clock = utc_now,
    retain: Collection[str] = (),
) -> Outcome:
    """The stack deleted: what remains in its state is what was retained, by policy or by the caller (`retain`,
    logical ids; allowed once a deletion failed).

    Raises `StackError` for a protected stack or one whose exports are in use.
    """
    if retain and state.status != "DELETE_FAILED":
        raise StackError(
            "Invalid operation on stack "
            f"[{state.stack_id}]. When you delete a stack, specify which resources to retain only when the stack is in "
            "the DELETE_FAILED state."
        )
    unknown = [name for name in retain if state.resource(name) is None]
    if unknown:
        raise StackError(f"Resources [{', '.join(unknown)}] do not exist in the stack")
    if state.termination_protection:
        raise StackError(
            f"Stack [{state.name}] cannot be deleted while TerminationProtection is enabled",
        )
    check_exports_unused([each.export_name for each in state.outputs], state.name, surroundings)
    hidden = hidden_values(state.no_echo, state.parameters, state.resolved)
    facts = StackFacts(state.name, state.stack_id, state.tags, state.role_arn, surroundings, hidden)
    operation = Operation(facts, provider, clock, resources={each.logical_id: each for each in state.resources})
    operation.tell_stack("DELETE_IN_PROGRESS", "User Initiated")
    if state.rollback:  # replacements that an update made, and whose old thing took their place again
        held = {each.physical_id for each in state.resources}
        made = {each.logical_id: each for each in state.rollback.made if each.physical_id not in held}
        remove(operation, made, lambda _: True)
    stuck = remove(operation, dict(operation.resources), lambda each: _deletes(each, retain))
    status, reason = "DELETE_COMPLETE", ""
    if stuck:
        status, reason = "DELETE_FAILED", f"The following resource(s) failed to delete: [{', '.join(stuck)}]. "
    operation.tell_stack(status, reason)
    outputs = state.outputs if stuck else ()
    left = tuple(operation.resources.values())
    return Outcome(
        replace(state, status=status, reason=reason, resources=left, outputs=outputs, updated=operation.events[-1].at),
        tuple(operation.events),
    )


def check_exports_unused(names: list[str], stack_name: str, surroundings: Surroundings) -> None:
    """Raises `StackError` if another stack imports one of those exports."""
    for name in names:
        users = [each for each in surroundings.importers.get(name, ()) if each != stack_name] if name else []
        if users:
            raise StackError(f"Export {name} cannot be deleted as it is in use by {' and '.join(users)}")


def _deletes(resource: ResourceState, retain: Collection[str]) -> bool:
    return resource.logical_id not in retain and resource.deletion_policy not in KEEPING


def remove(
    operation: Operation, resources: Mapping[str, ResourceState], deletes: Callable[[ResourceState], bool]
) -> list[str]:
    """Deletes those of the resources that `deletes` says, dependents first; keeps what a failed deletion still needs.

    Removes them from the operation's resources. Returns the logical ids that could not be deleted.
    """
    stuck: list[str] = []
    blocked: set[str] = set()
    for current in removal_order(resources):
        name = current.logical_id
        if name in blocked:
            blocked.update(current.depends_on)
            continue
        if not deletes(current):
            operation.tell(name, current.physical_id, current.type, "DELETE_SKIPPED")
            _replace(operation, current, replace(current, status="DELETE_SKIPPED"))
            continue
        try:
            operation.delete(current)
        except ResourceFailure as failure:
            stuck.append(name)
            blocked.update(current.depends_on)
            _replace(
                operation,
                current,
                replace(current, status="DELETE_FAILED", reason=operation.facts.masked(str(failure))),
            )
            continue
        _replace(operation, current, None)
    return stuck


def _replace(operation: Operation, current: ResourceState, new: ResourceState | None) -> None:
    """Puts the new state in the place of the old, unless another resource has that logical id by now."""
    held = operation.resources.get(current.logical_id)
    if held is None or held.physical_id != current.physical_id:
        return
    if new is None:
        del operation.resources[current.logical_id]
    else:
        operation.resources[current.logical_id] = new
