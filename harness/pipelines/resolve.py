"""The value of what is written in a definition, once the steps that it refers to have run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from harness.pipelines.model import Definition
from harness.pipelines.parameters import Value
from harness.pipelines.references import (
    GET,
    JOIN,
    JSON_GET,
    Reference,
    ReferenceSyntaxError,
    function_of,
    parse,
    parse_path,
)

# A list of SageMaker's answers that is looked into by a name: the member of an entry that holds it.
_NAMES = ("OutputName", "InputName", "ChannelName", "MetricName", "Name", "Key")


class UnresolvedError(Exception):
    """A value that is not there; the message says which, and where it was looked for."""


@dataclass(frozen=True)
class Context:
    """What references may name. `properties`: step → what it made, as its Describe operation answers.

    `read_json`: the JSON document at an S3 URI; raises UnresolvedError.
    """

    definition: Definition
    parameters: Mapping[str, Value]
    execution: Mapping[str, str]
    properties: Mapping[str, Mapping[str, Any]]
    read_json: Callable[[str], Any]


def resolve(value: Any, context: Context) -> Any:
    """The value with every function of the language replaced by its result. Raises UnresolvedError."""
    function = function_of(value)
    if function == GET:
        return _get(_parsed(value[GET]), context)
    if function == JOIN:
        inner = value[JOIN]
        return str(inner.get("On", "")).join(_text(resolve(each, context)) for each in inner["Values"])
    if function == JSON_GET:
        return _json_get(value[JSON_GET], context)
    if isinstance(value, Mapping):
        return {key: resolve(each, context) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [resolve(each, context) for each in value]
    return value


def look_up(document: Any, path: tuple[str | int, ...], what: str) -> Any:
    """What stands at a path of a JSON value. A list is also looked into by the name of an entry.

    Raises UnresolvedError, which begins with `what`.
    """
    value = document
    for number, segment in enumerate(path):
        found = _member(value, segment)
        if found is _ABSENT:
            walked = ".".join(str(each) for each in path[:number]) or "the top"
            raise UnresolvedError(f"{what} has no {segment!r} at {walked}")
        value = found
    return value


class _Absent:
    pass


_ABSENT = _Absent()


def _member(value: Any, segment: str | int) -> Any:
    if isinstance(value, Mapping):
        return value.get(str(segment), _ABSENT)
    if isinstance(value, list):
        if isinstance(segment, int):
            return value[segment] if segment < len(value) else _ABSENT
        for each in value:
            if isinstance(each, Mapping) and any(each.get(name) == segment for name in _NAMES):
                return each
    return _ABSENT


def _get(reference: Reference, context: Context) -> Any:
    if reference.root == "Parameters":
        return context.parameters[reference.name]
    if reference.root == "Execution":
        return context.execution[reference.name]
    if reference.property_file is not None:
        return _property_file(reference, context)
    made = context.properties.get(reference.name)
    if made is None:
        raise UnresolvedError(f"step {reference.name} has not run")
    return look_up(made, reference.path, f"step {reference.name}")


def _property_file(reference: Reference, context: Context) -> str:
    """The S3 URI of a property file."""
    step = context.definition.steps[reference.name]
    file = next(each for each in step.property_files if each.name == reference.property_file)
    made = context.properties.get(step.name)
    if made is None:
        raise UnresolvedError(f"step {step.name} has not run")
    path = ("ProcessingOutputConfig", "Outputs", file.output_name, "S3Output", "S3Uri")
    return f"{str(look_up(made, path, f'step {step.name}')).rstrip('/')}/{file.path.lstrip('/')}"


def _json_get(given: Mapping[str, Any], context: Context) -> Any:
    uri = str(resolve(given["PropertyFile"] if "PropertyFile" in given else given["S3Uri"], context))
    path = str(resolve(given["Path"], context))
    try:
        segments = parse_path(path)
    except ReferenceSyntaxError as error:
        raise UnresolvedError(f"the path of a Std:JsonGet: {error}") from None
    return look_up(context.read_json(uri), segments, f"the property file {uri}")


def _parsed(text: Any) -> Reference:
    try:
        return parse(str(text))
    except ReferenceSyntaxError as error:
        raise UnresolvedError(str(error)) from None


def _text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
