"""Drift detections of stacks: running them, and what the service remembers. How drift is found is `harness.cfn.drift`'s
matter, what resources are like `native/reading.py`'s."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from harness.cfn.drift import NotReadable, ResourceDrift, resource_drift, stack_status
from harness.cfn.model import ResourceFailure, ResourceState, StackError, StackState
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.reading import READERS

_DETECTABLE = frozenset(
    {
        "CREATE_COMPLETE",
        "IMPORT_COMPLETE",
        "IMPORT_ROLLBACK_COMPLETE",
        "UPDATE_COMPLETE",
        "UPDATE_FAILED",
        "UPDATE_ROLLBACK_COMPLETE",
        "UPDATE_ROLLBACK_FAILED",
    }
)


@dataclass(frozen=True)
class LiveReader:
    """Reads native resources through the emulated services; of others nobody can tell."""

    account_id: str
    region: str

    def read(self, resource: ResourceState) -> Mapping[str, Any] | None:
        """The properties as they are; see `harness.cfn.drift.Reader`."""
        reader = READERS.get(resource.type) if resource.native else None
        if reader is None:
            raise NotReadable
        try:
            return reader(Api(self.account_id, self.region), resource.physical_id, resource.properties)
        except ResourceFailure as failure:  # the service does not let it be read
            raise NotReadable from failure


@dataclass(frozen=True)
class Checked:
    """The drift of a resource, and when it was looked at."""

    drift: ResourceDrift
    at: datetime


@dataclass(frozen=True)
class Detection:
    """One DetectStackDrift, done when the call returns."""

    id: str
    stack_id: str
    at: datetime
    status: str  # DRIFTED or IN_SYNC
    drifted: int


@dataclass
class Drifts:
    """What is known of one stack's drift."""

    resources: dict[str, Checked] = field(default_factory=dict)  # by logical id
    status: str = "NOT_CHECKED"
    at: datetime | None = None

    def detect(self, state: StackState, reader: LiveReader, now: datetime, names: Collection[str] = ()) -> Detection:
        """Looks at the resources, all or those named. Raises StackError where the API refuses."""
        if state.status not in _DETECTABLE:
            raise StackError(f"Drift detection cannot be performed on stack [{state.stack_id}] in {state.status} state")
        for name in names:
            if state.resource(name) is None:
                raise StackError(f"Resource {name} does not exist for stack {state.name}")
        for each in state.resources:
            if not names or each.logical_id in names:
                self.look(state, each, reader, now)
        held = {each.logical_id for each in state.resources}
        self.resources = {name: checked for name, checked in self.resources.items() if name in held}
        drifts = tuple(each.drift for each in self.resources.values())
        self.status, self.at = stack_status(drifts), now
        drifted = sum(each.status in ("MODIFIED", "DELETED") for each in drifts)
        return Detection(str(uuid.uuid4()), state.stack_id, now, self.status, drifted)

    def look(self, state: StackState, resource: ResourceState, reader: LiveReader, now: datetime) -> Checked:
        """Looks at one resource."""
        checked = Checked(resource_drift(state, resource, reader.region, reader), now)
        self.resources[resource.logical_id] = checked
        return checked
