"""Parameters of a pipeline: from the texts that start an execution to values of their types."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.errors import Finding, KnownError, Place
from harness.pipelines.model import Definition, Parameter

Value = str | int | float | bool
TYPES = ("String", "Integer", "Float", "Boolean")


class WrongTypeError(ValueError):
    """A text that stands for no value of the type; the message says so."""


def has_type(value: Any, kind: str) -> bool:
    """Whether a JSON value is one of that type."""
    if kind == "Boolean" or isinstance(value, bool):
        return kind == "Boolean" and isinstance(value, bool)
    if kind == "Integer":
        return isinstance(value, int)
    return isinstance(value, int | float) if kind == "Float" else isinstance(value, str)


def converted(text: Any, kind: str) -> Value:
    """The value that a text, or a JSON value, stands for. Raises WrongTypeError."""
    if has_type(text, kind):
        return float(text) if kind == "Float" else text
    given = text if isinstance(text, str) else _as_text(text)
    try:
        if kind == "Integer":
            return int(given)
        if kind == "Float":
            return float(given)
    except ValueError:
        raise WrongTypeError(f"{given!r} is no {kind}") from None
    if kind == "Boolean":
        if given.lower() not in ("true", "false"):
            raise WrongTypeError(f"{given!r} is no Boolean")
        return given.lower() == "true"
    return given


def values(definition: Definition, given: Mapping[str, str]) -> dict[str, Value]:
    """Every parameter's value for an execution: what was given, else its default.

    Raises KnownError for names that the pipeline does not know, values that do not fit, and values that are missing.
    """
    findings = []
    known = definition.parameters
    for name in sorted(set(given) - set(known)):
        there = f"there are: {', '.join(known) or 'none'}"
        findings.append(Finding(Place(f"Parameters.{name}"), "the pipeline has no such parameter", there))
    found: dict[str, Value] = {}
    for name, parameter in known.items():
        try:
            found[name] = _value(parameter, given)
        except WrongTypeError as error:
            allowed = f" one of: {', '.join(_as_text(each) for each in parameter.allowed)}" if parameter.allowed else ""
            findings.append(Finding(Place(f"Parameters.{name}"), str(error), f"give a {parameter.type}{allowed}"))
    if findings:
        raise KnownError(*findings)
    return found


def _value(parameter: Parameter, given: Mapping[str, str]) -> Value:
    if parameter.name not in given:
        if parameter.default is None:
            raise WrongTypeError("it has no default and was not given")
        return parameter.default
    value = converted(given[parameter.name], parameter.type)
    if parameter.allowed and value not in parameter.allowed:
        raise WrongTypeError(f"{value!r} is not allowed")
    return value


def _as_text(value: Any) -> str:
    return ("true" if value else "false") if isinstance(value, bool) else str(value)
