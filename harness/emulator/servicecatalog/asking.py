"""How a resource of a stack asks the emulated Service Catalog: with the stack's identity, waiting for what it asked."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceFailure, ResourceRequest
from harness.emulator import clock
from harness.emulator.identity import Caller
from harness.emulator.servicecatalog import dispatch
from harness.emulator.servicecatalog.call import Answer, Call
from harness.emulator.servicecatalog.errors import CatalogError, ResourceNotFound

Properties = Mapping[str, Any]


def identity_of(request: ResourceRequest) -> Caller:
    """Whom a stack acts as: its role, or the account itself."""
    arn = request.role_arn or f"arn:{request.partition}:iam::{request.account_id}:root"
    return Caller(request.account_id, arn, arn)


def ask(request: ResourceRequest, operation: str, **parameters: Any) -> Answer:
    """Perform an operation as the stack does. Raises ResourceFailure with the service's own message."""
    who = identity_of(request).arn
    given = {name: value for name, value in parameters.items() if value is not None}
    try:
        return dispatch.perform(operation, Call(request.account_id, request.region, who, who, given))
    except CatalogError as error:
        raise ResourceFailure(f"{error.message} (Service: ServiceCatalog, Error Code: {error.code})") from error


def remove(request: ResourceRequest, operation: str, **parameters: Any) -> None:
    """Perform an operation that takes something away; what is gone already is gone."""
    try:
        ask(request, operation, **parameters)
    except ResourceFailure as error:
        if not isinstance(error.__cause__, ResourceNotFound):
            raise


def token() -> str:
    """A fresh idempotency token."""
    return uuid.uuid4().hex


def settle() -> None:
    """Wait for what was just asked for; a stack goes on when a resource is there, not when it was accepted."""
    clock.sleep_until(clock.due())


def tag_list(request: ResourceRequest) -> list[dict[str, str]]:
    """The resource's tags over the stack's own (without the reserved ones)."""
    stack = {key: value for key, value in request.tags.items() if not key.startswith("aws:")}
    own = {each["Key"]: each["Value"] for each in request.properties.get("Tags") or ()}
    return [{"Key": key, "Value": value} for key, value in {**stack, **own}.items()]


def tag_change(request: ResourceRequest, had: Properties) -> dict[str, Any]:
    """AddTags and RemoveTags that lead from the tags of before to those of now."""
    wanted = tag_list(request)
    keys = {each["Key"] for each in wanted}
    removed = [each["Key"] for each in had.get("Tags") or () if each["Key"] not in keys]
    return {"AddTags": wanted, "RemoveTags": removed}


def changed_text(request: ResourceRequest, had: Properties, name: str) -> str | None:
    """A text property as an update must say it: a text that the template no longer has is emptied."""
    value = request.properties.get(name)
    return "" if value is None and had.get(name) else value
