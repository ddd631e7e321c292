"""Change sets as data: what was asked, and what would change. `backend.py` executes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harness.cfn.model import StackRequest

NOTHING_TO_CHANGE = (
    "The submitted information didn't contain changes. Submit different information to create a change set."
)


@dataclass(frozen=True)
class ChangeSet:
    """One change set of one stack."""

    arn: str
    name: str
    stack_id: str
    type: str  # CREATE or UPDATE
    request: StackRequest
    parameters: Mapping[str, str]
    changes: tuple[Any, ...]  # harness.cfn changes, in the engine's order
    created: datetime
    description: str = ""
    status: str = "CREATE_COMPLETE"  # or FAILED
    execution_status: str = "AVAILABLE"  # UNAVAILABLE, EXECUTE_COMPLETE, EXECUTE_FAILED, OBSOLETE
    reason: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
