"""Does a value have the shape that botocore's model of an API gives it? For requests and for answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
import regex
from botocore.model import ListShape, MapShape, OperationModel, ServiceModel, Shape, StructureShape

_SCALARS: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "character": str,
    "boolean": bool,
    "integer": int,
    "long": int,
    "float": (int, float),
    "double": (int, float),
    "timestamp": datetime,
    "blob": (bytes, str),
}


@cache
def service(name: str) -> ServiceModel:
    """botocore's model of a service, e.g. `servicecatalog`."""
    return botocore.session.get_session().get_service_model(name)


def operation(service_name: str, name: str) -> OperationModel:
    """The model of one operation. Raises botocore's OperationNotFoundError."""
    return service(service_name).operation_model(name)


def problems(value: Any, shape: Shape | None, where: str = "", strict: bool = True) -> list[str]:
    """What is wrong with the value, one sentence each; empty when it fits.

    `strict` also refuses members that the shape does not know: right for answers, while a request may hold more.
    """
    if shape is None:
        return [] if not value else [f"{where or 'answer'}: nothing was expected, got {value!r}"]
    return list(_problems(value, shape, where, strict))


def _problems(value: Any, shape: Shape, where: str, strict: bool) -> Iterator[str]:
    if isinstance(shape, StructureShape):
        yield from _structure(value, shape, where, strict)
    elif isinstance(shape, ListShape):
        if not isinstance(value, list | tuple):
            yield f"{where}: a list was expected, got {value!r}"
            return
        yield from _size(len(value), shape, where)
        for number, each in enumerate(value):
            yield from _problems(each, shape.member, f"{where}[{number}]", strict)
    elif isinstance(shape, MapShape):
        if not isinstance(value, Mapping):
            yield f"{where}: a map was expected, got {value!r}"
            return
        for key, each in value.items():
            yield from _problems(key, shape.key, f"{where} key", strict)
            yield from _problems(each, shape.value, f"{where}.{key}", strict)
    else:
        yield from _scalar(value, shape, where)


def _structure(value: Any, shape: StructureShape, where: str, strict: bool) -> Iterator[str]:
    if not isinstance(value, Mapping):
        yield f"{where}: a structure was expected, got {value!r}"
        return
    for name in shape.required_members:
        if value.get(name) is None:
            yield f"{_join(where, name)}: required, but missing"
    for name, each in value.items():
        if name in shape.members:
            if each is not None:
                yield from _problems(each, shape.members[name], _join(where, name), strict)
        elif strict:
            yield f"{_join(where, name)}: {shape.name} has no such member"


def _scalar(value: Any, shape: Any, where: str) -> Iterator[str]:
    expected = _SCALARS[shape.type_name]
    if not isinstance(value, expected) or (isinstance(value, bool) and shape.type_name != "boolean"):
        yield f"{where}: {shape.type_name} was expected, got {value!r}"
    elif isinstance(value, str):
        enum = getattr(shape, "enum", None)
        if enum and value not in enum:
            yield f"Value '{value}' at '{where}' failed to satisfy constraint: Member must be one of {enum}"
        pattern = shape.metadata.get("pattern")
        if pattern and not _matches(pattern, value):
            yield (
                f"Value '{value}' at '{where}' failed to satisfy constraint: "
                f"Member must satisfy regular expression pattern: {pattern}"
            )
        yield from _size(len(value), shape, where)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield from _size(value, shape, where)


def _size(size: int, shape: Shape, where: str) -> Iterator[str]:
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and size < least:
        yield f"Value at '{where}' failed to satisfy constraint: at least {least}, got {size}"
    if most is not None and size > most:
        yield f"Value at '{where}' failed to satisfy constraint: at most {most}, got {size}"


def _matches(pattern: str, value: str) -> bool:
    # The models are written for Java, whose classes of characters Python's re does not know.
    return regex.fullmatch(pattern, value, regex.DOTALL) is not None


def _join(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
