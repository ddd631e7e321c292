"""Single resources as native handlers make, change and remove them, in an account of the test's own."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from harness.cfn.model import ResourceRequest, ResourceState
from harness.emulator.cloudformation.provider import NativeProvider
from tests.unit.emulator.conftest import REGION, Tenant

POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}]}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}],
}
_suffixes = itertools.count(10**11)


@dataclass(frozen=True)
class Made:
    """A resource that a handler made."""

    request: ResourceRequest
    state: ResourceState

    @property
    def id(self) -> str:
        return self.state.physical_id

    def attribute(self, name: str) -> Any:
        return self.state.attributes[name]


def made(tenant: Tenant, kind: str, **properties: Any) -> Made:
    request = ResourceRequest(
        logical_id="Thing",
        type=kind,
        properties=properties,
        stack_name="stack",
        stack_id=f"arn:aws:cloudformation:{REGION}:{tenant.id}:stack/stack/1",
        account_id=tenant.id,
        region=REGION,
        tags={"aws:cloudformation:stack-name": "stack", "team": "risk"},
        suffix=str(next(_suffixes)),
    )
    provisioned = NativeProvider().create(request)
    assert provisioned.native
    return Made(request, _state(request, provisioned.physical_id, provisioned.attributes))


def _state(request: ResourceRequest, physical_id: str, attributes: Mapping[str, Any]) -> ResourceState:
    return ResourceState(
        "Thing", request.type, physical_id, "CREATE_COMPLETE", request.properties, attributes, native=True
    )


def changed(thing: Made, **properties: Any) -> Made:
    request = replace(thing.request, properties=properties)
    provisioned = NativeProvider().update(request, thing.state)
    return Made(request, _state(request, provisioned.physical_id, provisioned.attributes))


def removed(thing: Made) -> None:
    NativeProvider().delete(thing.request, thing.state)
