"""Stack sets of an account and region: what they are, which instances they have, what their operations did.

Operations run at once, one target after the other, in the order of regions and accounts asked for.
"""

from __future__ import annotations

import dataclasses
import itertools
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from moto.core.base_backend import BackendDict, BaseBackend
from moto.iam.models import iam_backends

from harness.cfn.model import Event, StackError, StackRequest, StackState
from harness.emulator import organization
from harness.emulator.cloudformation.backend import DELETED, StackBackend, stack_backends

SERVICE_MANAGED = "SERVICE_MANAGED"
SELF_MANAGED = "SELF_MANAGED"


NOT_ADMINISTRATOR = (
    "You must be the management account or delegated admin account of an organization before operating a "
    "SERVICE_MANAGED stack set"
)


@dataclass(frozen=True)
class Target:
    """One place where an instance stands."""

    account: str
    region: str
    unit: str = ""  # the organizational unit that it was deployed by


@dataclass
class Instance:
    """A stack instance."""

    target: Target
    stack_id: str = ""
    overrides: Mapping[str, str | None] = field(default_factory=dict)
    status: str = "OUTDATED"  # CURRENT, OUTDATED, INOPERABLE
    detailed: str = "PENDING"  # SUCCEEDED, FAILED …
    reason: str = ""
    operation_id: str = ""


@dataclass
class Operation:
    """What one operation did, target by target."""

    id: str
    action: str  # CREATE, UPDATE, DELETE
    started: datetime
    ended: datetime | None = None
    status: str = "RUNNING"
    results: list[tuple[Target, str, str]] = field(default_factory=list)  # target, status, reason
    retain_stacks: bool | None = None


@dataclass
class StackSet:
    """A stack set."""

    id: str
    arn: str
    name: str
    template: str
    parameters: Mapping[str, str | None]
    description: str = ""
    capabilities: tuple[str, ...] = ()
    tags: Mapping[str, str] = field(default_factory=dict)
    permission_model: str = SELF_MANAGED
    auto_deployment: Mapping[str, bool] = field(default_factory=dict)
    administration_role: str = ""
    execution_role: str = "AWSCloudFormationStackSetExecutionRole"
    managed_execution: bool = False  # operations queue instead of being refused; here none overlap
    status: str = "ACTIVE"
    instances: dict[tuple[str, str], Instance] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)
    # What accounts that join a unit get: (unit, region) → parameter overrides.
    deployments: dict[tuple[str, str], Mapping[str, str | None]] = field(default_factory=dict)


class StackSetBackend(BaseBackend):  # type: ignore[misc] # moto is not typed for us
    """The stack sets that one account administers from one region."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self._sets: dict[str, StackSet] = {}
        self.organizations_access = False  # of the whole account; see access_keeper

    def create(self, wanted: StackSet) -> StackSet:
        """Registers a stack set under a new id."""
        if any(each.name == wanted.name and each.status == "ACTIVE" for each in self._sets.values()):
            raise StackError(f"StackSet {wanted.name} already exists", "NameAlreadyExistsException")
        manager = organization.management_account_of(self.account_id)
        if wanted.permission_model == SERVICE_MANAGED and self.account_id != manager:
            raise StackError(NOT_ADMINISTRATOR)
        if wanted.permission_model == SERVICE_MANAGED and not access_keeper(manager).organizations_access:
            raise StackError("You must enable organizations access to operate a service managed stack set")
        identifier = f"{wanted.name}:{uuid.uuid4()}"
        arn = f"arn:{self.partition}:cloudformation:{self.region_name}:{self.account_id}:stackset/{identifier}"
        made = dataclasses.replace(wanted, id=identifier, arn=arn)
        self._sets[identifier] = made
        return made

    def stack_set(self, name_or_id: str) -> StackSet:
        """A stack set by name (active ones), id or ARN."""
        for each in self._sets.values():
            if name_or_id in (each.id, each.arn) or (each.name == name_or_id and each.status == "ACTIVE"):
                return each
        raise StackError(f"StackSet {name_or_id} not found", "StackSetNotFoundException")

    def stack_sets(self) -> tuple[StackSet, ...]:
        """Every stack set, deleted ones too."""
        return tuple(self._sets.values())

    def delete(self, name_or_id: str) -> None:
        """Removes an empty stack set."""
        found = self.stack_set(name_or_id)
        if found.instances:
            raise StackError("StackSet is not empty", "StackSetNotEmptyException")
        found.status = "DELETED"

    def targets(
        self, found: StackSet, regions: Iterable[str], accounts: Iterable[str], units: Iterable[str]
    ) -> list[Target]:
        """Accounts × regions, by number or by organizational unit."""
        accounts, units = tuple(accounts), tuple(units)
        if found.permission_model == SERVICE_MANAGED:
            if not units:
                raise StackError(
                    "Please specify OrganizationalUnitIds in DeploymentTargets for SERVICE_MANAGED StackSets"
                )
            places = [(account, unit) for unit in units for account in _members(unit)]
            if accounts:
                places = [(account, unit) for account, unit in places if account in accounts]
            # StackSets never deploys to the management account.
            manager = organization.management_account_of(self.account_id)
            places = [(account, unit) for account, unit in places if account != manager]
        elif units:
            raise StackError("OrganizationalUnitIds can only be specified for SERVICE_MANAGED StackSets")
        else:
            places = [(account, "") for account in accounts]
        return [Target(account, region, unit) for region in regions for account, unit in places]

    def deploy(
        self,
        found: StackSet,
        targets: Iterable[Target],
        action: str,
        overrides: Mapping[str, str | None] | None = None,
        operation_id: str = "",
        tolerance: int = 0,
    ) -> Operation:
        """Creates the instances that are missing and brings the others up to date.

        `tolerance`: so many accounts of a region may fail before the rest is cancelled.
        """

        def one(target: Target) -> None:
            instance = found.instances.setdefault((target.account, target.region), Instance(target))
            if overrides is not None:
                instance.overrides = overriding(overrides, instance.overrides)
            instance.operation_id = operation.id
            instance.status = "OUTDATED"
            state = self._launch(found, instance)
            instance.stack_id = state.stack_id
            if state.status not in ("CREATE_COMPLETE", "UPDATE_COMPLETE"):
                events = stack_backends[target.account][target.region].events(state.stack_id)
                raise StackError(_first_failure(state, events))
            instance.status, instance.detailed, instance.reason = "CURRENT", "SUCCEEDED", ""

        operation = self._begin(found, action, operation_id)
        return self._run(found, operation, targets, one, tolerance)

    def withdraw(
        self,
        found: StackSet,
        targets: Iterable[Target],
        retain_stacks: bool,
        operation_id: str = "",
        tolerance: int = 0,
    ) -> Operation:
        """Deletes instances, with their stacks unless those are to be kept."""

        def one(target: Target) -> None:
            instance = found.instances.get((target.account, target.region))
            if instance is None:
                return
            if not retain_stacks and instance.stack_id:
                backend = stack_backends[target.account][target.region]
                state = backend.delete(instance.stack_id)
                if state is not None and state.status != DELETED:
                    raise StackError(state.reason or f"Stack is in {state.status}")
            del found.instances[target.account, target.region]

        operation = self._begin(found, "DELETE", operation_id)
        operation.retain_stacks = retain_stacks
        return self._run(found, operation, targets, one, tolerance)

    def follow(self, account: str) -> None:
        """Automatic deployment: takes from an account what it has left, and brings it what it has joined."""
        for found in self._sets.values():
            if found.status != "ACTIVE" or not found.auto_deployment.get("Enabled"):
                continue
            units = {unit for unit, _ in found.deployments if account in _members(unit)}
            own = [each.target for each in found.instances.values() if each.target.account == account]
            if left := [each for each in own if each.unit not in units]:
                self.withdraw(found, left, bool(found.auto_deployment.get("RetainStacksOnAccountRemoval")))
            for (unit, region), overrides in found.deployments.items():
                if unit in units and (account, region) not in found.instances:
                    self.deploy(found, [Target(account, region, unit)], "CREATE", overrides)

    def _begin(self, found: StackSet, action: str, operation_id: str) -> Operation:
        if operation_id and any(each.id == operation_id for each in found.operations):
            raise StackError(f"OperationId {operation_id} already exists", "OperationIdAlreadyExistsException")
        operation = Operation(operation_id or str(uuid.uuid4()), action, datetime.now(UTC))
        found.operations.append(operation)
        return operation

    def _run(
        self,
        found: StackSet,
        operation: Operation,
        targets: Iterable[Target],
        one: Callable[[Target], None],
        tolerance: int,
    ) -> Operation:
        failures: Counter[str] = Counter()  # by region
        for target in targets:
            if any(number > tolerance for number in failures.values()):
                why = "Cancelled since failure tolerance has exceeded"
                operation.results.append((target, "CANCELLED", why))
                continue
            try:
                self._must_reach(found, target)
                one(target)
                operation.results.append((target, "SUCCEEDED", ""))
            except StackError as error:
                failures[target.region] += 1
                operation.results.append((target, "FAILED", error.message))
                instance = found.instances.setdefault((target.account, target.region), Instance(target))
                instance.detailed, instance.reason = "FAILED", error.message
        stopped = any(number > tolerance for number in failures.values())
        operation.status = "FAILED" if stopped else "SUCCEEDED"
        operation.ended = datetime.now(UTC)
        return operation

    def _launch(self, found: StackSet, instance: Instance) -> StackState:
        target = instance.target
        backend: StackBackend = stack_backends[target.account][target.region]
        request = StackRequest(
            name=f"StackSet-{found.id.replace(':', '-')}",
            template=found.template,
            parameters={**found.parameters, **instance.overrides},
            tags=found.tags,
            capabilities=found.capabilities,
        )
        if instance.stack_id and _is_live(backend.find(instance.stack_id)):
            try:
                return backend.update(instance.stack_id, request)
            except StackError as error:
                if "No updates are to be performed" in error.message:
                    return backend.find(instance.stack_id)
                raise
        if instance.stack_id:  # what an earlier try left behind
            backend.delete(instance.stack_id)
        return backend.create(request)

    def _must_reach(self, found: StackSet, target: Target) -> None:
        if found.permission_model == SERVICE_MANAGED:
            return
        roles = iam_backends[target.account][self.partition].roles.values()
        if not any(role.name == found.execution_role for role in roles):
            raise StackError(
                f"Account {target.account} should have '{found.execution_role}' role with trust relationship to "
                f"Role '{found.administration_role or 'AWSCloudFormationStackSetAdministrationRole'}'."
            )


def overriding(given: Mapping[str, str | None], previous: Mapping[str, str | None]) -> dict[str, str | None]:
    """The overrides that an update gives: None keeps the previous one, and what is left out is overridden no more."""
    kept = {key: previous[key] for key, value in given.items() if value is None and key in previous}
    return {key: value for key, value in given.items() if value is not None} | kept


def access_keeper(account: str) -> StackSetBackend:
    """Where an account's trusted access to its organization is kept: one switch for all regions."""
    found: StackSetBackend = set_backends[account]["us-east-1"]
    return found


def follow(management: str, account: str) -> None:
    """An account of the organization that `management` manages has moved: its stack sets see to it."""
    for backend in list(set_backends[management].values()):
        backend.follow(account)


def _members(unit: str) -> tuple[str, ...]:
    try:
        return organization.members(unit)
    except KeyError:
        raise StackError(f"Organizational unit {unit} does not exist") from None


def _is_live(state: StackState) -> bool:
    return state.status not in (DELETED, "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED")


def _first_failure(state: StackState, events: tuple[Event, ...]) -> str:
    """Why a stack failed, in the words of a stack set's result. `events`: newest first."""
    latest = itertools.takewhile(lambda each: each.reason != "User Initiated", events)
    failed = [each for each in latest if each.status.endswith("_FAILED") and "cancelled" not in each.reason]
    if not failed:
        return state.reason or state.status
    first = failed[-1]
    return f"ResourceLogicalId:{first.logical_id}, ResourceType:{first.type}, ResourceStatusReason:{first.reason}."


set_backends: BackendDict[StackSetBackend] = BackendDict(StackSetBackend, "cloudformation")
