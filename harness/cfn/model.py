"""The data that the stack engine takes and gives. No behaviour beyond look-ups; see `stack.py` for what
happens to it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol


class StackError(Exception):
    """What the CloudFormation API refuses at the call: `code` as in the service's error, `message` in its wording."""

    def __init__(self, message: str, code: str = "ValidationError") -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class ResourceFailure(Exception):  # noqa: N818 - CloudFormation's own word
    """What a provider raises when a resource cannot be created, updated or deleted; becomes the event's reason."""


@dataclass(frozen=True)
class Surroundings:
    """What a template may look at outside itself: the account and region it is launched in.

    The mappings may be lazy (the emulator's read its own backends); the engine only calls `get` and `in`.
    """

    account_id: str  # 12 digits
    region: str  # e.g. "eu-west-1"
    partition: str = "aws"
    url_suffix: str = "amazonaws.com"
    zones: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # region → availability zones
    # Parameter name, or `name:version` → value (lists are comma-separated). SecureString ones stand in `ssm_secure`.
    ssm: Mapping[str, str] = field(default_factory=dict)
    ssm_secure: Mapping[str, str] = field(default_factory=dict)
    ssm_types: Mapping[str, str] = field(
        default_factory=dict
    )  # name → String, StringList, SecureString; absent: unknown
    # Secret id, or `id:stage:version` where a template asks for other than the current one → SecretString.
    secrets: Mapping[str, str] = field(default_factory=dict)
    # AWS-specific parameter type → the values that exist here; a type that is absent is checked for its form alone.
    existing: Mapping[str, Container[str]] = field(default_factory=dict)
    # (resource type, physical id) of what other stacks hold → the id of the stack
    taken: Mapping[tuple[str, str], str] = field(default_factory=dict)
    exports: Mapping[str, str] = field(default_factory=dict)  # export name → value, this account and region
    exporters: Mapping[str, str] = field(default_factory=dict)  # export name → name of the stack that exports it
    importers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # export name → stacks that import it
    # What Fn::ValueOf in Rules may ask of existing resources: id → attribute ("VpcId", "Tags.Team") → value.
    attributes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True)
class ResourceState:
    """A resource of a stack, as it is."""

    logical_id: str
    type: str
    physical_id: str
    status: str  # "CREATE_COMPLETE" …
    properties: Mapping[str, Any]  # resolved
    attributes: Mapping[str, Any]  # Fn::GetAtt name → value
    ref: str = ""  # what Ref gives; nearly always the physical id
    native: bool = False  # True: a real backend stands behind it; False: known by its schema only
    reason: str = ""
    deletion_policy: str = "Delete"
    update_replace_policy: str = "Delete"
    depends_on: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=dict)
    generation: int = 0  # of the stack when the resource was made; its generated names follow from it
    updated: datetime | None = None


@dataclass(frozen=True)
class Output:
    """One output of a stack."""

    key: str
    value: str
    description: str = ""
    export_name: str = ""


@dataclass(frozen=True)
class Event:
    """One line of a stack's history, oldest first."""

    logical_id: str
    physical_id: str
    type: str
    status: str
    reason: str = ""
    properties: Mapping[str, Any] = field(default_factory=dict)
    at: datetime | None = None


@dataclass(frozen=True)
class UnfinishedRollback:
    """What the rollback of an update has still to do: set back `restore`, then delete what the update made."""

    restore: tuple[ResourceState, ...]  # as they were before the update, in its order
    made: tuple[ResourceState, ...]  # new resources, and replacements of old ones
    order: tuple[str, ...]  # logical ids of the stack before the update
    reason: str  # why the update failed


@dataclass(frozen=True)
class StackState:
    """A stack, as it is. `parameters` are as supplied or defaulted; `resolved` as Ref sees them (SSM looked up)."""

    stack_id: str  # the ARN
    name: str
    status: str
    template: str  # the body as supplied
    parameters: Mapping[str, str]
    resolved: Mapping[str, Any]
    resources: tuple[ResourceState, ...]
    outputs: tuple[Output, ...]
    reason: str = ""
    description: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    role_arn: str = ""
    imports: tuple[str, ...] = ()  # names of the exports that this stack uses
    no_echo: tuple[str, ...] = ()  # parameters that must never be shown
    termination_protection: bool = False
    disable_rollback: bool = False
    generation: int = 0  # how many updates were tried; keeps physical ids of replacements apart
    rollback: UnfinishedRollback | None = None  # only in UPDATE_ROLLBACK_FAILED
    policy: str = ""  # the stack policy, a JSON text; empty: everything may be updated
    created: datetime | None = None
    updated: datetime | None = None

    def resource(self, logical_id: str) -> ResourceState | None:
        """The resource of that logical id, or None."""
        return next((each for each in self.resources if each.logical_id == logical_id), None)

    def output(self, key: str) -> str | None:
        """The value of that output, or None."""
        return next((each.value for each in self.outputs if each.key == key), None)


@dataclass(frozen=True)
class ResourceToImport:
    """An existing resource, and where it belongs in the template."""

    type: str
    logical_id: str
    identifier: Mapping[str, str]  # the members of the type's primary identifier → their values


@dataclass(frozen=True)
class StackRequest:
    """What a caller asks for: a new stack, or an update of one.

    A parameter value of None means UsePreviousValue.
    """

    name: str
    template: str
    parameters: Mapping[str, str | None] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    capabilities: tuple[str, ...] = ()
    notification_arns: tuple[str, ...] = ()
    role_arn: str = ""
    on_failure: str = "ROLLBACK"  # ROLLBACK, DELETE, DO_NOTHING
    stack_id: str = ""  # given by the emulator; the engine derives one if empty
    policy: str = ""  # a stack policy to keep from now on; empty: none is given
    policy_during_update: str = ""  # one that counts for this update alone
    imports: tuple[ResourceToImport, ...] = ()


@dataclass(frozen=True)
class Outcome:
    """What became of a request: the new state and the events that led there (oldest first)."""

    state: StackState
    events: tuple[Event, ...]


@dataclass(frozen=True)
class ResourceRequest:
    """One resource that a provider shall make or change. `suffix` is the random-looking part of generated names."""

    logical_id: str
    type: str
    properties: Mapping[str, Any]  # resolved, coerced, validated against the provider schema
    stack_name: str
    stack_id: str
    account_id: str
    region: str
    tags: Mapping[str, str]  # the stack's tags, with aws:cloudformation:*
    suffix: str  # deterministic from stack id, logical id and generation: 12 characters of [A-Z0-9]
    partition: str = "aws"
    role_arn: str = ""  # the role that the stack acts with


@dataclass(frozen=True)
class Provisioned:
    """What a provider made."""

    physical_id: str
    attributes: Mapping[str, Any]
    ref: str = ""  # empty: the physical id
    native: bool = False


class Maker(Protocol):
    """Who makes, changes and removes resources of one type.

    Every method raises `ResourceFailure` with the reason that the event shall show; what it had begun by then
    it undoes itself.
    """

    def create(self, request: ResourceRequest) -> Provisioned: ...

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned: ...

    def delete(self, request: ResourceRequest, current: ResourceState) -> None: ...


class Provider(Maker, Protocol):
    """Who makes resources of any type, and finds existing ones for imports.

    `harness.cfn.provider.SchemaProvider` is the pure one: plausible ids, nothing behind them.
    """

    def adopt(self, request: ResourceRequest) -> Provisioned:
        """The existing resource whose identifier stands in the request's properties."""
        ...
