"""The way to the emulated CloudFormation: the stacks that provisioned products are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from harness.cfn.model import StackError, StackRequest, StackState

if TYPE_CHECKING:
    from harness.emulator.cloudformation.backend import StackBackend


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
