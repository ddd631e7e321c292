"""What the tests of the stack engine share: one account, a provider that can be told to fail, and short ways to ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from harness.cfn.create import INITIATED
from harness.cfn.intrinsics import Scope
from harness.cfn.model import (
    Outcome,
    Provisioned,
    ResourceFailure,
    ResourceRequest,
    ResourceState,
    StackError,
    StackRequest,
    StackState,
    Surroundings,
)
from harness.cfn.provider import SchemaProvider
from harness.cfn.stack import create_stack, delete_stack, update_stack

AROUND = Surroundings(
    account_id="111111111111",
    region="eu-west-1",
    zones={"eu-west-1": ("eu-west-1a", "eu-west-1b")},
    ssm={
        "/network/vpc": "vpc-0123456789abcdef0",
        "/network/vpc:1": "vpc-0123456789abcdef0",
        "/network/subnets": "subnet-00000001, subnet-00000002",
    },
    ssm_secure={"/db/password": "hunter2", "/db/password:3": "hunter2"},
    ssm_types={"/network/vpc": "String", "/network/subnets": "StringList", "/db/password": "SecureString"},
    secrets={"db": '{"user": "anna", "port": 5432}', "db:AWSPREVIOUS:": '{"user": "ben"}', "plain": "s3cret"},
    exports={"shared-topic": "arn:aws:sns:eu-west-1:111111111111:shared"},
    exporters={"shared-topic": "base"},
)
IAM = ("CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")


def clock() -> datetime:
    """A clock that stands still, so that outcomes can be compared."""
    return datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FailingProvider(SchemaProvider):
    """Fails where it is told to, e.g. `FailingProvider("create Topic")`, and remembers what it was asked."""

    def __init__(self, *failures: str) -> None:
        self.failures = failures
        self.calls: list[str] = []
        self.requests: list[ResourceRequest] = []

    def _ask(self, verb: str, request: ResourceRequest) -> None:
        self.calls.append(f"{verb} {request.logical_id}")
        self.requests.append(request)
        if f"{verb} {request.logical_id}" in self.failures:
            raise ResourceFailure(f"cannot {verb} {request.logical_id}")

    def create(self, request: ResourceRequest) -> Provisioned:
        self._ask("create", request)
        return super().create(request)

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        self._ask("update", request)
        return super().update(request, current)

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        self._ask("delete", request)
        super().delete(request, current)


def request(template: str, **parameters: str | None) -> StackRequest:
    """A request for the stack `app` with every IAM capability."""
    return StackRequest("app", template, parameters, capabilities=IAM)


def create(
    template: str, around: Surroundings = AROUND, provider: SchemaProvider | None = None, **parameters: str | None
) -> Outcome:
    """The outcome of creating the stack `app`."""
    return create_stack(request(template, **parameters), around, provider or SchemaProvider(), clock)


def update(
    state: StackState,
    template: str,
    around: Surroundings = AROUND,
    provider: SchemaProvider | None = None,
    **parameters: str | None,
) -> Outcome:
    """The outcome of updating that stack."""
    return update_stack(state, request(template, **parameters), around, provider or SchemaProvider(), clock)


def delete(state: StackState, around: Surroundings = AROUND, provider: SchemaProvider | None = None) -> Outcome:
    """The outcome of deleting that stack."""
    return delete_stack(state, around, provider or SchemaProvider(), clock)


def refusal(template: str, around: Surroundings = AROUND, **parameters: str | None) -> str:
    """The message that creating the stack is refused with."""
    with pytest.raises(StackError) as caught:
        create(template, around, **parameters)
    return caught.value.message


def story(outcome: Outcome) -> list[str]:
    """The events as `logical id STATUS`, the stack itself as `app`; without those that only tell a physical id."""
    return [f"{event.logical_id} {event.status}" for event in outcome.events if event.reason != INITIATED]


def reasons(outcome: Outcome) -> dict[str, str]:
    """The last reason told of each logical id."""
    return {event.logical_id: event.reason for event in outcome.events if event.reason not in ("", INITIATED)}


def outputs(outcome: Outcome) -> dict[str, str]:
    """The stack's outputs by key."""
    return {each.key: each.value for each in outcome.state.outputs}


def scope(parameters: Mapping[str, Any] | None = None, **more: Any) -> Scope:
    """A scope to resolve values in, without resources."""
    found = Scope(AROUND, "app", "arn:aws:cloudformation:eu-west-1:111111111111:stack/app/1", parameters or {})
    return replace(found, **more)


def one(kind: str, properties: str = "{}", outputs: str = "{}") -> str:
    """A template of one resource `Thing`."""
    return f"Resources:\n  Thing:\n    Type: {kind}\n    Properties: {properties}\nOutputs: {outputs}\n"
