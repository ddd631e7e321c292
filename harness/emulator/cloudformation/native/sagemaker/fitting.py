"""From a template's properties to an API's parameters, where the two have the same names: nearly all of SageMaker."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore.model import ListShape, MapShape, Shape, StructureShape

from harness.emulator import shapes

_TRUE = ("true", "True", True)


def parameters(service: str, operation: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Those properties that the operation (CreateModel) knows, in the types that its model wants."""
    shape = shapes.operation(service, operation).input_shape
    assert shape is not None  # an operation that makes something takes something
    fitted: dict[str, Any] = _fitted(properties, shape)
    return fitted


def _fitted(value: Any, shape: Shape) -> Any:
    if isinstance(shape, StructureShape) and isinstance(value, Mapping):
        known = {name: each for name, each in value.items() if name in shape.members and each is not None}
        return {name: _fitted(each, shape.members[name]) for name, each in known.items()}
    if isinstance(shape, ListShape) and isinstance(value, list | tuple):
        return [_fitted(each, shape.member) for each in value]
    if isinstance(shape, MapShape) and isinstance(value, Mapping):
        return {str(key): _fitted(each, shape.value) for key, each in value.items()}
    return _scalar(value, shape.type_name)


def _scalar(value: Any, kind: str) -> Any:
    """Templates may write numbers and truths as text, and text as numbers; what cannot be read is left to the API."""
    try:
        if kind in ("integer", "long"):
            return int(str(value))
        if kind in ("float", "double"):
            return float(value)
    except (TypeError, ValueError):
        return value
    if kind == "boolean":
        return value in _TRUE
    if kind == "string" and isinstance(value, bool):
        return str(value).lower()
    return str(value) if kind == "string" and isinstance(value, int | float) else value
