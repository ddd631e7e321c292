"""What makes one resource type real: in which order, and how what fails is cleaned up. A type's module says how."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import Provisioned, ResourceFailure, ResourceRequest, ResourceState
from harness.cfn.references import NAMED_WITHOUT_STACK
from harness.emulator.cloudformation.native.api import Api

Properties = Mapping[str, Any]


class Handler:
    """One resource type.

    A type implements `make` and `destroy`, `apply` for what is set after creation or can change in place, and
    `attributes` for Fn::GetAtt. `previous` is None at creation.
    """

    def make(self, api: Api, request: ResourceRequest) -> str:
        """Makes the bare thing; gives its physical id. Must leave nothing behind when it fails."""
        raise NotImplementedError

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        """Sets what can be set on an existing thing."""

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        """Removes the thing. One that is gone already is no failure."""
        raise NotImplementedError

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        """Fn::GetAtt name → value."""
        del api, request, physical_id
        return {}

    def ref(self, physical_id: str) -> str:
        """What Ref gives, where it is not the physical id."""
        del physical_id
        return ""

    def create(self, request: ResourceRequest) -> Provisioned:
        """Makes the thing whole, or not at all."""
        api = _api(request)
        physical_id = self.make(api, request)
        try:
            self.apply(api, request, physical_id, None)
            return self._provisioned(api, request, physical_id)
        except ResourceFailure:
            with contextlib.suppress(ResourceFailure):
                self.destroy(api, physical_id, request.properties)
            raise

    def update(self, request: ResourceRequest, current: ResourceState) -> Provisioned:
        """Changes the thing in place; sets the old values again when that fails half-way."""
        api = _api(request)
        try:
            self.apply(api, request, current.physical_id, current.properties)
            return self._provisioned(api, request, current.physical_id)
        except ResourceFailure:
            with contextlib.suppress(ResourceFailure):
                self.apply(api, with_properties(request, current.properties), current.physical_id, request.properties)
            raise

    def delete(self, request: ResourceRequest, current: ResourceState) -> None:
        """Removes the thing."""
        self.destroy(_api(request), current.physical_id, current.properties)

    def _provisioned(self, api: Api, request: ResourceRequest, physical_id: str) -> Provisioned:
        attributes = self.attributes(api, request, physical_id)
        return Provisioned(physical_id, attributes, self.ref(physical_id), native=True)


def _api(request: ResourceRequest) -> Api:
    return Api(request.account_id, request.region, request.role_arn)


def with_properties(request: ResourceRequest, properties: Properties) -> ResourceRequest:
    """The same request for other properties."""
    return dataclasses.replace(request, properties=properties)


def generated_name(request: ResourceRequest, limit: int, lower: bool = False) -> str:
    """The name that CloudFormation gives what its template leaves unnamed: stack, logical id, random part."""
    tail = f"-{request.suffix}"
    stack, logical_id = request.stack_name, request.logical_id
    if request.type in NAMED_WITHOUT_STACK:
        return f"{logical_id[: limit - len(tail)]}{tail}"
    room = limit - len(tail) - 1
    if len(stack) + len(logical_id) > room:
        stack = stack[: max(room - len(logical_id), room // 2)]
        logical_id = logical_id[: room - len(stack)]
    name = f"{stack}-{logical_id}{tail}"
    return name.lower() if lower else name


def tag_list(request: ResourceRequest, own: Any = None) -> list[dict[str, str]]:
    """The stack's tags and the resource's own (list of Key and Value, or a mapping), the own ones winning."""
    return [{"Key": key, "Value": value} for key, value in tag_map(request, own).items()]


def tag_map(request: ResourceRequest, own: Any = None) -> dict[str, str]:
    """The same as a mapping."""
    given = own if own is not None else request.properties.get("Tags")
    if isinstance(given, Mapping):
        mine = {str(key): str(value) for key, value in given.items()}
    else:
        mine = {str(each["Key"]): str(each["Value"]) for each in given or ()}
    # Only AWS itself may set tags under aws:, as it does for aws:cloudformation:stack-name.
    return {key: value for key, value in {**request.tags, **mine}.items() if not key.startswith("aws:")}


def exists(message: str) -> ResourceFailure:
    """The failure that tells of a name that is taken."""
    return ResourceFailure(f'Resource handler returned message: "{message}" (HandlerErrorCode: AlreadyExists)')
