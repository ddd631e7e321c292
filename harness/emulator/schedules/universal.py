"""Universal targets: any writing operation of an AWS API, named in an ARN, with its request as JSON.

Source: EventBridge Scheduler user guide, "Using universal targets".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from botocore import xform_name
from botocore.exceptions import UnknownServiceError
from botocore.model import ListShape, MapShape, OperationModel, Shape, StructureShape

from harness.emulator import shapes

_ARN = re.compile(r"arn:[^:]+:scheduler:::aws-sdk:(?P<service>[a-z0-9]+):(?P<action>[a-zA-Z0-9]+)")
# The SDK's names of services, where botocore has others.
_SERVICES = {
    "cloudwatchlogs": "logs",
    "eventbridge": "events",
    "sfn": "stepfunctions",
    "elasticloadbalancingv2": "elbv2",
    "costexplorer": "ce",
}
_NOT_CALLED = (  # how the names of operations begin that Scheduler does not call: most of them only read
    "adminGet", "adminList", "batchDescribe", "batchGet", "batchRead", "describe", "discover", "get", "invokeModel",
    "isAuthorized", "list", "lookup", "poll", "query", "read", "receive", "retrieve", "scan", "search", "select",
    "testConnection", "testMigration", "transactGet", "translateDocument", "validate",
)  # fmt: skip


class InvalidTargetError(ValueError):
    """The ARN names no operation that Scheduler calls; the message says why."""


@dataclass(frozen=True)
class Operation:
    """An operation of an API: botocore's name of the service, the method of its client, the model."""

    service: str
    method: str
    model: OperationModel


def operation(arn: str) -> Operation | None:
    """The operation that a universal target names; None for an ARN of something else. Raises InvalidTargetError."""
    match = _ARN.fullmatch(arn)
    if match is None:
        return None
    action = match["action"]
    if (action[0].lower() + action[1:]).startswith(_NOT_CALLED):
        raise InvalidTargetError(f"{action} is none of the operations that Scheduler calls")
    service = _SERVICES.get(match["service"], match["service"])
    name = action[0].upper() + action[1:]
    try:
        model = shapes.service(service)
    except UnknownServiceError:
        raise InvalidTargetError(f"{match['service']} is not a valid service") from None
    if name not in model.operation_names:
        raise InvalidTargetError(f"{action} is not a valid API for service {match['service']}")
    return Operation(service, xform_name(name), model.operation_model(name))


def parameters(given: Mapping[str, Any], called: Operation) -> dict[str, Any]:
    """The request with its members named as botocore names them: Scheduler begins each with a capital."""
    fitted = _fitted(given, called.model.input_shape)
    return fitted if isinstance(fitted, dict) else {}


def _fitted(value: Any, shape: Shape | None) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        names = {name.lower(): name for name in shape.members}
        found: dict[str, Any] = {str(names.get(key.lower(), key)): item for key, item in value.items()}
        return {key: _fitted(item, shape.members.get(key)) for key, item in found.items()}
    if isinstance(shape, ListShape) and isinstance(value, list):
        return [_fitted(each, shape.member) for each in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {key: _fitted(item, shape.value) for key, item in value.items()}
    return value
