"""The stacks of one account and region: runs the engine, keeps its states and events. Knows nothing of the wire."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock

from moto.core.base_backend import BackendDict, BaseBackend

from harness.cfn import importing
from harness.cfn import stack as engine
from harness.cfn.model import Event, Outcome, StackError, StackRequest, StackState, Surroundings
from harness.emulator.cloudformation import notifications, shapes
from harness.emulator.cloudformation.changesets import ChangeSet, computed
from harness.emulator.cloudformation.drifts import Detection, Drifts, LiveReader
from harness.emulator.cloudformation.provider import Cancellable, NativeProvider
from harness.emulator.cloudformation.surroundings import surroundings_of

IN_REVIEW = "REVIEW_IN_PROGRESS"
DELETED = "DELETE_COMPLETE"


@dataclass
class Stack:
    """A stack as the service remembers it. The events are oldest first."""

    state: StackState
    events: list[Event] = field(default_factory=list)
    change_sets: dict[str, ChangeSet] = field(default_factory=dict)  # by ARN
    deleted: datetime | None = None
    drifts: Drifts = field(default_factory=Drifts)
    cancelled: bool = False  # the update under way is to fail at its next resource


class StackBackend(BaseBackend):  # type: ignore[misc] # moto is not typed for us
    """The stacks of one account and region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._stacks: dict[str, Stack] = {}  # by ARN, deleted ones too, oldest first
        self.detections: dict[str, Detection] = {}  # by id
        self._lock = RLock()

    def create(self, request: StackRequest) -> StackState:
        """Creates a stack and returns what became of it (which may be a rolled-back one).

        Raises StackError for what the API refuses at the call.
        """
        with self._lock:
            request, stack = self._begin_creation(request)
        return self._run(stack, lambda: engine.create_stack(request, *self._around(stack)), forget_refused=True)

    def update(self, name_or_id: str, request: StackRequest) -> StackState:
        """Updates a stack. Raises StackError where the API refuses, also when nothing would change."""
        with self._lock:
            stack = self.stack(name_or_id)
            before = stack.state
            _must_rest(before, "updated")
            request = dataclasses.replace(request, name=before.name, stack_id=before.stack_id)
            stack.state = dataclasses.replace(before, status="UPDATE_IN_PROGRESS")
            stack.cancelled = False
        around, provider = self._around(stack)
        cancellable = Cancellable(provider, lambda: _taken_back(stack))
        return self._run(stack, lambda: engine.update_stack(before, request, around, cancellable), before)

    def cancel_update(self, name_or_id: str) -> None:
        """Lets the update under way fail. Raises StackError where there is none."""
        with self._lock:
            stack = self.stack(name_or_id)
            if stack.state.status != "UPDATE_IN_PROGRESS":
                raise StackError("CancelUpdateStack cannot be called from current stack status")
            stack.cancelled = True

    def continue_rollback(self, name_or_id: str, skip: tuple[str, ...]) -> StackState:
        """Takes up the rollback of an update. Raises StackError where none has stopped."""
        with self._lock:
            stack = self.stack(name_or_id)
            before = stack.state
        return self._run(
            stack, lambda: engine.continue_update_rollback(before, *self._around(stack), skip=skip), before
        )

    def set_policy(self, name_or_id: str, policy: str) -> None:
        """Sets the stack policy."""
        with self._lock:
            stack = self.stack(name_or_id)
            stack.state = dataclasses.replace(stack.state, policy=policy)

    def detect_drift(self, name_or_id: str, names: tuple[str, ...] = ()) -> Detection:
        """Looks for drift, of all resources or of some. Raises StackError where the API refuses."""
        stack = self.stack(name_or_id)
        made = stack.drifts.detect(stack.state, LiveReader(self.account_id, self.region_name), _now(), names)
        self.detections[made.id] = made
        return made

    def delete(self, name_or_id: str, retain: tuple[str, ...] = ()) -> StackState | None:
        """Deletes a stack; None where there is none (the API answers with success)."""
        with self._lock:
            try:
                stack = self.stack(name_or_id)
            except StackError:
                return None
            before = stack.state
            if before.status in (DELETED, "DELETE_IN_PROGRESS"):
                return before
            if before.status.endswith("_IN_PROGRESS") and before.status != IN_REVIEW:
                raise StackError(f"Stack [{before.name}] is in {before.status} state and can not be deleted.")
            if before.termination_protection:
                raise StackError(f"Stack [{before.name}] cannot be deleted while TerminationProtection is enabled")
            if in_use := self._used_export(before):
                return self._cancel_deletion(stack, in_use)
            stack.state = dataclasses.replace(before, status="DELETE_IN_PROGRESS")
        after = self._run(stack, lambda: engine.delete_stack(before, *self._around(stack), retain=retain), before)
        if after.status == DELETED:
            stack.deleted = _now()
        return after

    def find(self, name_or_id: str) -> StackState:
        """A stack by name (live ones only) or ARN. Raises StackError as DescribeStacks does."""
        return self.stack(name_or_id).state

    def stack(self, name_or_id: str) -> Stack:
        """Like `find`, with events and change sets."""
        if name_or_id in self._stacks:
            return self._stacks[name_or_id]
        for stack in reversed(self._stacks.values()):
            if stack.state.name == name_or_id and stack.state.status != DELETED:
                return stack
        raise StackError(f"Stack with id {name_or_id} does not exist")

    def stacks(self) -> tuple[Stack, ...]:
        """Every stack, newest first, deleted ones too."""
        with self._lock:
            return tuple(reversed(self._stacks.values()))

    def live(self) -> Iterator[StackState]:
        """The states of the stacks that exist."""
        return (stack.state for stack in self.stacks() if stack.state.status != DELETED)

    def events(self, name_or_id: str) -> tuple[Event, ...]:
        """A stack's history, newest first."""
        return tuple(reversed(self.stack(name_or_id).events))

    def importers(self, export_name: str) -> tuple[str, ...]:
        """The names of the stacks that use that export."""
        return tuple(state.name for state in self.live() if export_name in state.imports)

    def protect(self, name_or_id: str, enabled: bool) -> StackState:
        """Sets termination protection."""
        with self._lock:
            stack = self.stack(name_or_id)
            stack.state = dataclasses.replace(stack.state, termination_protection=enabled)
            return stack.state

    def propose(self, request: StackRequest, name: str, kind: str, description: str = "") -> ChangeSet:
        """Makes a change set of type `kind` (CREATE, UPDATE, IMPORT). Raises StackError where the API refuses."""
        with self._lock:
            if kind == "CREATE" or (kind == "IMPORT" and not self._is_made(request.name)):
                stack, state, fresh = self._reviewed(request)
            else:
                stack = self.stack(request.name)
                state, fresh = stack.state, False
            if any(each.name == name for each in stack.change_sets.values()):
                raise StackError(
                    f"ChangeSet {name} cannot be created due to a mismatch with existing attributes",
                    "AlreadyExistsException",
                )
            stack_id = stack.state.stack_id
            arn = f"{stack_id.split(':stack/')[0]}:changeSet/{name}/{uuid.uuid4()}"
            request = dataclasses.replace(request, name=stack.state.name, stack_id=stack_id)
            draft = ChangeSet(arn, name, stack_id, kind, request, _now(), description)
            try:
                made = computed(draft, state, *self._around(stack))
            except StackError:
                if fresh:
                    del self._stacks[stack_id]
                raise
            stack.change_sets[arn] = made
            return made

    def change_set(self, name_or_arn: str, stack: str | None = None) -> ChangeSet:
        """A change set by ARN, or by name and stack. Raises StackError (ChangeSetNotFound)."""
        found = (self.stack(stack),) if stack else self.stacks()
        for each in (change_set for entry in found for change_set in entry.change_sets.values()):
            if name_or_arn == each.arn or (stack and name_or_arn == each.name):
                return each
        raise StackError(f"ChangeSet [{name_or_arn}] does not exist", "ChangeSetNotFound")

    def execute(self, change_set: ChangeSet) -> StackState:
        """Does what a change set says; the stack's other change sets become obsolete."""
        if change_set.execution_status != "AVAILABLE":
            raise StackError(
                f"ChangeSet [{change_set.arn}] cannot be executed in its current status of [{change_set.status}]",
                "InvalidChangeSetStatus",
            )
        stack = self.stack(change_set.stack_id)
        if change_set.type == "CREATE":
            state = self.create(change_set.request)
        elif change_set.type == "IMPORT":
            state = self._take_in(stack, change_set.request)
        else:
            state = self.update(change_set.stack_id, change_set.request)
        done = dataclasses.replace(change_set, execution_status="EXECUTE_COMPLETE")
        stack.change_sets = {done.arn: done}
        return state

    def discard(self, change_set: ChangeSet) -> None:
        """Deletes a change set."""
        self.stack(change_set.stack_id).change_sets.pop(change_set.arn, None)

    def _take_in(self, stack: Stack, request: StackRequest) -> StackState:
        """Imports resources into a stack, a new one if it has only been reviewed so far."""
        with self._lock:
            before = stack.state
            known = None if before.status == IN_REVIEW else before
            if known:
                _must_rest(known, "updated")
            stack.state = dataclasses.replace(before, status="IMPORT_IN_PROGRESS")
        return self._run(stack, lambda: importing.import_resources(request, *self._around(stack), state=known), before)

    def _is_made(self, name: str) -> bool:
        return any(_occupies(each.state, name) and each.state.status != IN_REVIEW for each in self.stacks())

    def _reviewed(self, request: StackRequest) -> tuple[Stack, None, bool]:
        """The stack that so far has only change sets (REVIEW_IN_PROGRESS), made if there is none."""
        existing = next((each for each in self.stacks() if _occupies(each.state, request.name)), None)
        if existing is not None:
            if existing.state.status != IN_REVIEW:
                message = f"Stack [{request.name}] already exists and cannot be created again with the changeSet"
                raise StackError(message)
            return existing, None, False
        _, stack = self._begin_creation(request)
        stack.state = dataclasses.replace(stack.state, status=IN_REVIEW)
        return stack, None, True

    def _begin_creation(self, request: StackRequest) -> tuple[StackRequest, Stack]:
        existing = next((stack for stack in self.stacks() if _occupies(stack.state, request.name)), None)
        if existing and existing.state.status != IN_REVIEW:
            raise StackError(f"Stack [{request.name}] already exists", "AlreadyExistsException")
        stack_id = existing.state.stack_id if existing else request.stack_id or self._new_arn(request.name)
        state = StackState(
            stack_id=stack_id,
            name=request.name,
            status="CREATE_IN_PROGRESS",
            template=request.template,
            parameters={},
            resolved={},
            resources=(),
            outputs=(),
            created=_now(),
        )
        stack = existing or self._stacks.setdefault(stack_id, Stack(state))
        stack.state = state
        return dataclasses.replace(request, stack_id=stack_id), stack

    def _run(
        self,
        stack: Stack,
        work: Callable[[], Outcome],
        before: StackState | None = None,
        forget_refused: bool = False,
    ) -> StackState:
        # Outside the lock: a resource of the stack may itself be a stack of this account and region.
        try:
            outcome = work()
        except BaseException:
            with self._lock:
                if before is not None:
                    stack.state = before
                elif forget_refused:
                    self._stacks.pop(stack.state.stack_id, None)
            raise
        with self._lock:
            stack.state = dataclasses.replace(outcome.state, termination_protection=stack.state.termination_protection)
            told = len(stack.events)
            stack.events.extend(_dated(event) for event in outcome.events)
            if outcome.state.status == DELETED:
                stack.deleted = _now()
            state = stack.state
        fresh = enumerate(stack.events[told:], told + 1)
        notifications.publish(state, [shapes.event(state, each, position) for position, each in fresh])
        return state

    def _around(self, stack: Stack) -> tuple[Surroundings, NativeProvider]:
        mine = stack.state.stack_id
        exports: dict[str, str] = {}
        exporters: dict[str, str] = {}
        importers: dict[str, tuple[str, ...]] = {}
        taken: dict[tuple[str, str], str] = {}
        for state in self.live():
            if state.stack_id != mine:
                taken.update(dict.fromkeys(((each.type, each.physical_id) for each in state.resources), state.stack_id))
            for output in state.outputs:
                if output.export_name:
                    exports[output.export_name] = output.value
                    exporters[output.export_name] = state.name
            for name in state.imports:
                if state.stack_id != mine:
                    importers[name] = (*importers.get(name, ()), state.name)
        around = surroundings_of(self.account_id, self.region_name, exports, exporters, importers, taken)
        return around, NativeProvider()

    def _used_export(self, state: StackState) -> str:
        for output in state.outputs:
            users = self.importers(output.export_name) if output.export_name else ()
            if users:
                return f"Cannot delete export {output.export_name} as it is in use by {', '.join(users)}."
        return ""

    def _cancel_deletion(self, stack: Stack, reason: str) -> StackState:
        state = stack.state
        reason = f"Delete canceled. {reason}"
        stack.state = dataclasses.replace(state, reason=reason)
        stack.events.append(
            Event(state.name, state.stack_id, "AWS::CloudFormation::Stack", state.status, reason, at=_now())
        )
        return stack.state

    def _new_arn(self, name: str) -> str:
        return f"arn:{self.partition}:cloudformation:{self.region_name}:{self.account_id}:stack/{name}/{uuid.uuid4()}"


def _occupies(state: StackState, name: str) -> bool:
    return state.name == name and state.status != DELETED


def _must_rest(state: StackState, what: str) -> None:
    settled = state.status.endswith("_COMPLETE") and state.status not in ("ROLLBACK_COMPLETE", DELETED)
    if not settled:
        raise StackError(f"Stack:{state.stack_id} is in {state.status} state and can not be {what}.")


def _taken_back(stack: Stack) -> bool:
    """Whether the update was cancelled; true once, so that the way back is not cancelled too."""
    cancelled, stack.cancelled = stack.cancelled, False
    return cancelled


def _dated(event: Event) -> Event:
    return event if event.at else dataclasses.replace(event, at=_now())


def _now() -> datetime:
    return datetime.now(UTC)


stack_backends: BackendDict[StackBackend] = BackendDict(StackBackend, "cloudformation")
