"""Change sets as data, and what becomes of them. `backend.py` keeps them with their stacks."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import datetime

from harness.cfn.changes import Change, change_set
from harness.cfn.importing import import_change_set
from harness.cfn.model import Provider, ResourceFailure, StackRequest, StackState, Surroundings

NOTHING_TO_CHANGE = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


@dataclass(frozen=True)
class ChangeSet:
    """One change set of one stack. Its status is CREATE_COMPLETE, or FAILED with the reason."""

    arn: str
    name: str
    stack_id: str
    type: str  # CREATE, UPDATE or IMPORT
    request: StackRequest
    created: datetime
    description: str = ""
    changes: tuple[Change, ...] = ()
    status: str = "CREATE_COMPLETE"
    execution_status: str = "AVAILABLE"  # UNAVAILABLE, EXECUTE_COMPLETE, EXECUTE_FAILED, OBSOLETE
    reason: str = ""


def computed(draft: ChangeSet, state: StackState | None, surroundings: Surroundings, provider: Provider) -> ChangeSet:
    """The change set with its changes. `state`: the stack to update, None for a new one.

    Raises StackError where the API would refuse the request.
    """
    if draft.type == "IMPORT":
        try:
            found = import_change_set(draft.request, surroundings, provider, state)
        except ResourceFailure as failure:
            return dataclasses.replace(draft, status="FAILED", execution_status="UNAVAILABLE", reason=str(failure))
        return dataclasses.replace(draft, changes=found.changes)
    plan = change_set(draft.request, surroundings, state)
    if plan.empty:
        return dataclasses.replace(draft, status="FAILED", execution_status="UNAVAILABLE", reason=NOTHING_TO_CHANGE)
    return dataclasses.replace(draft, changes=plan.changes)
