"""What follows an update that failed: back to what was, or as far as that goes, and on from there when it is asked for.

Undoing has two halves: changed resources are set back, last first; then what the update made goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, replace

from harness.cfn.create import delete_on_rollback
from harness.cfn.delete import remove
from harness.cfn.model import (
    Outcome,
    Provider,
    ResourceFailure,
    ResourceState,
    StackError,
    StackRequest,
    StackState,
    Surroundings,
    UnfinishedRollback,
)
from harness.cfn.operation import Clock, Operation, StackFacts, utc_now
from harness.cfn.prepare import hidden_values


@dataclass
class Progress:
    """What an update has done so far: enough to undo it."""

    created: list[str] = field(default_factory=list)
    changed: dict[str, ResourceState] = field(default_factory=dict)  # as they were
    replaced: dict[str, ResourceState] = field(default_factory=dict)  # as they were
    declared: dict[str, ResourceState] = field(default_factory=dict)  # as they were; only policies or metadata are new
    failed_to_create: list[str] = field(default_factory=list)
    failed_to_update: list[str] = field(default_factory=list)

    @property
    def reason(self) -> str:
        parts = [("create", self.failed_to_create), ("update", self.failed_to_update)]
        return "".join(
            f"The following resource(s) failed to {verb}: [{', '.join(names)}]. " for verb, names in parts if names
        )


def roll_back_update(
    state: StackState, request: StackRequest, operation: Operation, progress: Progress, reason: str
) -> Outcome:
    """Back to what was, or left where it stopped if the caller wants that."""
    if request.on_failure == "DO_NOTHING":
        operation.tell_stack("UPDATE_FAILED", reason.strip())
        left = replace(state, status="UPDATE_FAILED", reason=reason.strip())
        return _outcome(left, operation, operation.resources.values())
    operation.tell_stack("UPDATE_ROLLBACK_IN_PROGRESS", reason.strip())
    made = (
        *(operation.resources[name] for name in progress.created),
        *(operation.resources[name] for name in progress.replaced),
    )
    operation.resources.update(progress.declared)
    before = {**progress.changed, **progress.replaced}
    olds = [before[name] for name in operation.resources if name in before]
    stuck = _set_back(operation, olds, kept=progress.replaced)
    for name in progress.failed_to_update:
        old = operation.resources[name]
        operation.tell(name, old.physical_id, old.type, "UPDATE_COMPLETE")
    order = tuple(each.logical_id for each in state.resources)
    return _concluded(state, operation, UnfinishedRollback(stuck, made, order, reason.strip()))


def continue_update_rollback(
    state: StackState,
    surroundings: Surroundings,
    provider: Provider,
    clock: Clock = utc_now,
    skip: Collection[str] = (),
) -> Outcome:
    """The rollback that stopped, taken up again; the resources to skip count as they were before the update.

    Raises `StackError` for a stack that does not wait for it, and for a resource whose rollback did not fail.
    """
    pending = state.rollback
    if state.status != "UPDATE_ROLLBACK_FAILED" or pending is None:
        raise StackError("ContinueUpdateRollback cannot be called from current stack status")
    failed = {each.logical_id for each in pending.restore}
    for name in skip:
        if name not in failed:
            raise StackError(f"Resource [{name}] is not in a failed state and cannot be skipped")
    hidden = hidden_values(state.no_echo, state.parameters, state.resolved)
    facts = StackFacts(state.name, state.stack_id, state.tags, state.role_arn, surroundings, hidden)
    resources = {each.logical_id: each for each in state.resources}
    operation = Operation(facts, provider, clock, state.generation, resources)
    operation.tell_stack("UPDATE_ROLLBACK_IN_PROGRESS", "User Initiated")
    for old in pending.restore:
        if old.logical_id in skip:
            operation.resources[old.logical_id] = replace(old, status="UPDATE_COMPLETE")
            operation.tell(old.logical_id, old.physical_id, old.type, "UPDATE_COMPLETE")
    stuck = _set_back(operation, [each for each in pending.restore if each.logical_id not in skip], kept=())
    return _concluded(state, operation, replace(pending, restore=stuck))


def _set_back(operation: Operation, olds: Iterable[ResourceState], kept: Collection[str]) -> tuple[ResourceState, ...]:
    """Brings resources back to what they were, last first. `kept`: their old thing still exists, untouched.

    Returns those that would not go back, as they were, in the order to be tried again.
    """
    stuck = []
    for old in reversed(list(olds)):
        name, new = old.logical_id, operation.resources[old.logical_id]
        operation.tell(name, new.physical_id, new.type, "UPDATE_IN_PROGRESS")
        restored = old
        try:
            if name not in kept:
                request = operation.request_for(name, old.type, old.properties, old.generation)
                restored = replace(old, attributes=operation.provider.update(request, new).attributes)
        except ResourceFailure as failure:
            reason = operation.facts.masked(str(failure))
            operation.tell(name, new.physical_id, new.type, "UPDATE_FAILED", reason)
            operation.resources[name] = replace(new, status="UPDATE_FAILED", reason=reason)
            stuck.append(old)
            continue
        operation.resources[name] = restored
        operation.tell(name, old.physical_id, old.type, "UPDATE_COMPLETE")
    return tuple(reversed(stuck))


def _concluded(state: StackState, operation: Operation, pending: UnfinishedRollback) -> Outcome:
    """The end of a rollback whose first half is done: stuck, or cleaned up."""
    if pending.restore:
        names = ", ".join(each.logical_id for each in reversed(pending.restore))
        told = f"The following resource(s) failed to update: [{names}]. "
        operation.tell_stack("UPDATE_ROLLBACK_FAILED", told)
        left = replace(state, status="UPDATE_ROLLBACK_FAILED", reason=told, rollback=pending)
        return _outcome(left, operation, operation.resources.values())
    operation.tell_stack("UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS")
    restored = [operation.resources[name] for name in pending.order]
    before = {each.logical_id for each in restored}
    remove(
        operation,
        {each.logical_id: each for each in pending.made},
        lambda each: each.logical_id in before or delete_on_rollback(each),
    )
    operation.tell_stack("UPDATE_ROLLBACK_COMPLETE")
    back = replace(state, status="UPDATE_ROLLBACK_COMPLETE", reason=pending.reason, rollback=None)
    return _outcome(back, operation, restored)


def _outcome(state: StackState, operation: Operation, resources: Iterable[ResourceState]) -> Outcome:
    state = replace(state, resources=tuple(resources), generation=operation.generation, updated=operation.events[-1].at)
    return Outcome(state, tuple(operation.events))
