"""The way to the emulated CloudFormation: the stacks that provisioned products are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cfn.model import StackError, StackRequest, StackState

if TYPE_CHECKING:
    from harness.emulator.cloudformation.backend import StackBackend
    from harness.emulator.cloudformation.changesets import ChangeSet


def create(account_id: str, region: str, request: StackRequest) -> StackState:
    """Create a stack and wait for it. Raises StackError for what the API refuses at the call."""
    return _backend(account_id, region).create(request)


def update(account_id: str, region: str, name_or_id: str, request: StackRequest) -> StackState:
    """Update a stack and wait for it. Raises StackError, also when nothing changes."""
    return _backend(account_id, region).update(name_or_id, request)


def delete(account_id: str, region: str, name_or_id: str) -> StackState | None:
    """Delete a stack and wait for it. None: there was none."""
    return _backend(account_id, region).delete(name_or_id)


def find(account_id: str, region: str, name_or_id: str) -> StackState | None:
    """A stack, or None."""
    try:
        return _backend(account_id, region).find(name_or_id)
    except StackError:
        return None


def propose(account_id: str, region: str, request: StackRequest, name: str, *, new: bool) -> ChangeSet:
    """What the request would change, as a change set. A new stack stays under review until it is created or deleted.

    Raises StackError for what the API refuses at the call.
    """
    backend = _backend(account_id, region)
    change_set = backend.propose(request, name, "CREATE" if new else "UPDATE")
    if not new:
        backend.discard(change_set)
    return change_set


def failures(account_id: str, region: str, stack_id: str) -> list[str]:
    """Why resources failed in the last operation on a stack, oldest first: `LogicalId: reason`."""
    found: list[str] = []
    for event in _backend(account_id, region).events(stack_id):
        own = event.physical_id == stack_id
        if own and event.reason == "User Initiated":
            break
        if not own and event.status.endswith("_FAILED") and event.reason and "cancelled" not in event.reason:
            found.insert(0, f"{event.logical_id}: {event.reason}")
    return found


def template_of(arn: str) -> str | None:
    """The template of the stack with that ARN, or None."""
    parts = arn.split(":", 5)
    if len(parts) < 6 or parts[2] != "cloudformation":
        return None
    state = find(parts[4], parts[3], arn)
    return state.template if state else None


def _backend(account_id: str, region: str) -> StackBackend:
    # Imported late: stacks may contain Service Catalog resources, so that each side knows the other.
    from harness.emulator.cloudformation.backend import stack_backends

    backend: StackBackend = stack_backends[account_id][region]
    return backend
