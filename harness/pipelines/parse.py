"""From a definition's text to data: structure and types of what stands there. What it refers to is `validate.py`'s."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from harness.errors import Finding, KnownError, Place
from harness.pipelines.model import (
    CACHED_TYPES,
    EXCEPTION_TYPES,
    OTHER_STEP_TYPES,
    RETRIED_TYPES,
    STEP_TYPES,
    VERSION,
    Branch,
    Definition,
    OutputParameter,
    Parameter,
    PropertyFile,
    RetryPolicy,
    Step,
)
from harness.pipelines.parameters import TYPES, has_type

_NAME = re.compile(r"[A-Za-z0-9\-_]{1,64}")
_DURATION = re.compile(r"P?(?:(\d+)y)?(?:(\d+)m)?(?:(\d+)w)?(?:(\d+)d)?(?:T(?:(\d+)h)?(?:(\d+)m)?)?", re.IGNORECASE)
_UNITS = (timedelta(days=365), timedelta(days=30), timedelta(weeks=1), timedelta(days=1), timedelta(hours=1))
_MEMBERS = ("Version", "Metadata", "Parameters", "PipelineExperimentConfig", "Steps")
_STEP_MEMBERS = (
    "Name", "Type", "Arguments", "DependsOn", "DisplayName", "Description", "CacheConfig", "RetryPolicies",
    "PropertyFiles", "FunctionArn", "OutputParameters",
)  # fmt: skip


def read(text: str) -> Definition:
    """The definition in a JSON text. Raises KnownError with everything that is wrong, each with its path."""
    try:
        document = json.loads(text)
    except ValueError as error:
        raise KnownError(_finding("definition", f"it is no JSON: {error}", "correct the document")) from None
    return parse(document)


def parse(document: Any) -> Definition:
    """The same of a document that is read already."""
    reader = _Reader()
    definition = reader.definition(document)
    if reader.findings:
        raise KnownError(*reader.findings)
    return definition


def duration(text: str) -> timedelta | None:
    """An ExpireAfter such as 30d, T16m or 30dT5h; None where it is not one. A year has 365 days, a month 30."""
    match = _DURATION.fullmatch(text)
    if match is None or not any(match.groups()):
        return None
    units = (*_UNITS, timedelta(minutes=1))
    return sum((int(each) * unit for each, unit in zip(match.groups(), units, strict=True) if each), timedelta())


def _finding(path: str, problem: str, remedy: str) -> Finding:
    return Finding(Place(path), problem, remedy)


@dataclass
class _Reader:
    findings: list[Finding] = field(default_factory=list)
    steps: dict[str, Step] = field(default_factory=dict)

    def wrong(self, path: str, problem: str, remedy: str) -> None:
        self.findings.append(_finding(path, problem, remedy))

    def definition(self, document: Any) -> Definition:
        if not isinstance(document, Mapping):
            self.wrong("definition", "it is no object", f"begin with Version: {VERSION} and Steps")
            return Definition({}, {})
        if document.get("Version") != VERSION:
            self.wrong("Version", f"{document.get('Version')!r} is no version of the schema", f"write {VERSION}")
        self.known_members(document, _MEMBERS, "definition")
        parameters: dict[str, Parameter] = {}
        for path, each in self.objects(document, "Parameters", ""):
            parameter = self.parameter(each, path)
            if parameter.name in parameters:
                self.wrong(f"{path}.Name", f"there are two parameters {parameter.name}", "give each its own name")
            parameters[parameter.name] = parameter
        if not document.get("Steps"):
            self.wrong("Steps", "there are none", "a pipeline has at least one step")
        self.read_steps(document, "Steps", "", "", "")
        return Definition(parameters, self.steps)

    def known_members(self, value: Mapping[str, Any], members: tuple[str, ...], path: str) -> None:
        for name in value:
            if name not in members:
                self.wrong(f"{path}.{name}", "there is no such member", f"there are: {', '.join(members)}")

    def objects(self, value: Mapping[str, Any], name: str, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        listed = value.get(name)
        place = f"{path}.{name}" if path else name
        if listed is None:
            return
        if not isinstance(listed, list):
            self.wrong(place, "it is no list", "write a list of objects")
            return
        for number, each in enumerate(listed):
            if isinstance(each, Mapping):
                yield f"{place}[{number}]", each
            else:
                self.wrong(f"{place}[{number}]", "it is no object", "write an object")

    def text(self, value: Mapping[str, Any], name: str, path: str, required: bool = True) -> str:
        found = value.get(name)
        if isinstance(found, str) and (found or not required):
            return found
        if found is not None or required:
            self.wrong(f"{path}.{name}", "a text is needed" if required else "it is no text", "write a text")
        return ""

    def parameter(self, value: Mapping[str, Any], path: str) -> Parameter:
        self.known_members(value, ("Name", "Type", "DefaultValue", "EnumValues"), path)
        name = self.text(value, "Name", path)
        kind: Any = value.get("Type")
        if kind not in TYPES:
            self.wrong(f"{path}.Type", f"{kind!r} is no type of a parameter", f"there are: {', '.join(TYPES)}")
            kind = "String"
        default, allowed = value.get("DefaultValue"), value.get("EnumValues") or []
        if default is not None and not has_type(default, kind):
            self.wrong(f"{path}.DefaultValue", f"{default!r} is no {kind}", "give a default of the parameter's type")
        if not isinstance(allowed, list):
            self.wrong(f"{path}.EnumValues", "it is no list", "list the values")
            allowed = []
        elif default is not None and allowed and default not in allowed:
            self.wrong(f"{path}.DefaultValue", f"{default!r} is none of EnumValues", "choose one of them")
        return Parameter(name, kind, default, tuple(allowed))

    def read_steps(
        self, value: Mapping[str, Any], name: str, path: str, parent: str, branch: Branch
    ) -> tuple[str, ...]:
        names = []
        for place, each in self.objects(value, name, path):
            step = self.step(each, place, parent, branch)
            if step is not None:
                names.append(step)
        return tuple(names)

    def step(self, value: Mapping[str, Any], path: str, parent: str, branch: Branch) -> str | None:
        name, kind = self.text(value, "Name", path), value.get("Type")
        if name and not _NAME.fullmatch(name):
            self.wrong(f"{path}.Name", f"'{name}' is no step's name", "use up to 64 of A-Z a-z 0-9 - _")
        if name in self.steps:
            remedy = "give each step its own name, also those of different branches"
            self.wrong(f"{path}.Name", f"there are two steps {name} (also at {self.steps[name].path})", remedy)
            return None
        if not self.is_known_type(kind, path):
            return None
        if kind == "Condition" and parent:
            self.wrong(path, f"a Condition inside the Condition {parent}", "SageMaker has no nested conditions")
            return None
        self.known_members(value, _STEP_MEMBERS, path)
        arguments = value.get("Arguments", {})
        if not isinstance(arguments, Mapping):
            self.wrong(f"{path}.Arguments", "it is no object", "write the arguments as an object")
            arguments = {}
        made = self.made(value, arguments, name, str(kind), path, parent, branch)
        self.steps[name] = made
        if kind == "Condition":
            if not isinstance(arguments.get("Conditions"), list) or not arguments["Conditions"]:
                self.wrong(f"{path}.Arguments.Conditions", "there are none", "give at least one condition")
            inner = f"{path}.Arguments"
            if_steps = self.read_steps(arguments, "IfSteps", inner, name, "if")
            else_steps = self.read_steps(arguments, "ElseSteps", inner, name, "else")
            self.steps[name] = replace(made, if_steps=if_steps, else_steps=else_steps)
        return name

    def made(
        self, value: Mapping[str, Any], arguments: Mapping[str, Any], name: str, kind: str, path: str, parent: str,
        branch: Branch,
    ) -> Step:  # fmt: skip
        own = {key: each for key, each in arguments.items() if kind != "Condition" or key == "Conditions"}
        depends = value.get("DependsOn") or []
        if not isinstance(depends, list) or not all(isinstance(each, str) for each in depends):
            self.wrong(f"{path}.DependsOn", "it is no list of steps' names", "write names of steps")
            depends = []
        if kind == "Lambda" and not value.get("FunctionArn"):
            self.wrong(f"{path}.FunctionArn", "a Lambda step needs one", "name the function")
        if kind == "Fail" and not isinstance(arguments.get("ErrorMessage", ""), str | Mapping):
            self.wrong(f"{path}.Arguments.ErrorMessage", "it is no text", "write a text, or a Std:Join")
        return Step(
            name=name,
            type=kind,
            path=path,
            arguments=own,
            depends_on=tuple(depends),
            display_name=self.text(value, "DisplayName", path, required=False),
            description=self.text(value, "Description", path, required=False),
            cache_for=self.cache(value, kind, path),
            retries=tuple(self.retry(each, place) for place, each in self.retried(value, kind, path)),
            property_files=tuple(self.file(each, place) for place, each in self.objects(value, "PropertyFiles", path)),
            function_arn=value.get("FunctionArn"),
            outputs=tuple(self.output(each, place) for place, each in self.objects(value, "OutputParameters", path)),
            parent=parent,
            branch=branch,
        )

    def is_known_type(self, kind: Any, path: str) -> bool:
        if kind in STEP_TYPES:
            return True
        if kind in OTHER_STEP_TYPES:
            self.wrong(f"{path}.Type", f"steps of type {kind} are not modelled", f"there are: {', '.join(STEP_TYPES)}")
        else:
            self.wrong(f"{path}.Type", f"{kind!r} is no type of a step", f"there are: {', '.join(STEP_TYPES)}")
        return False

    def cache(self, value: Mapping[str, Any], kind: str, path: str) -> timedelta | None:
        given = value.get("CacheConfig")
        if given is None:
            return None
        place = f"{path}.CacheConfig"
        if kind not in CACHED_TYPES:
            self.wrong(place, f"a {kind} step is never cached", f"leave it to: {', '.join(CACHED_TYPES)}")
            return None
        if not isinstance(given, Mapping) or not isinstance(given.get("Enabled"), bool):
            self.wrong(place, "Enabled is needed, true or false", "write Enabled and ExpireAfter")
            return None
        if not given["Enabled"]:
            return None
        if "ExpireAfter" not in given:
            return timedelta(days=36500)  # it never expires
        found = duration(str(given["ExpireAfter"]))
        if found is None:
            self.wrong(f"{place}.ExpireAfter", f"{given['ExpireAfter']!r} is no duration", "write 30d, T16m or 30dT5h")
        return found

    def retried(self, value: Mapping[str, Any], kind: str, path: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        if value.get("RetryPolicies") and kind not in RETRIED_TYPES:
            self.wrong(
                f"{path}.RetryPolicies", f"a {kind} step is never retried", f"leave it to: {', '.join(RETRIED_TYPES)}"
            )
            return
        yield from self.objects(value, "RetryPolicies", path)

    def retry(self, value: Mapping[str, Any], path: str) -> RetryPolicy:
        members = ("ExceptionType", "IntervalSeconds", "BackoffRate", "MaxAttempts", "ExpireAfterMin")
        self.known_members(value, members, path)
        types = value.get("ExceptionType")
        if not isinstance(types, list) or not types or any(each not in EXCEPTION_TYPES for each in types):
            self.wrong(
                f"{path}.ExceptionType",
                f"{types!r} holds no exception types",
                f"there are: {', '.join(EXCEPTION_TYPES)}",
            )
            types = []
        numbers: dict[str, float | None] = {}
        for name, least in (("IntervalSeconds", 0), ("BackoffRate", 1), ("MaxAttempts", 1), ("ExpireAfterMin", 1)):
            numbers[name] = number = value.get(name)
            if number is not None and (
                isinstance(number, bool) or not isinstance(number, int | float) or number < least
            ):
                self.wrong(f"{path}.{name}", f"{number!r} is no number of at least {least}", "write such a number")
                numbers[name] = None
        attempts, minutes = numbers["MaxAttempts"], numbers["ExpireAfterMin"]
        if attempts is None and minutes is None:
            attempts = 5
        return RetryPolicy(
            exceptions=tuple(types),
            interval_seconds=1 if numbers["IntervalSeconds"] is None else numbers["IntervalSeconds"],
            backoff_rate=2.0 if numbers["BackoffRate"] is None else numbers["BackoffRate"],
            max_attempts=None if attempts is None else int(attempts),
            expire_after_minutes=minutes,
        )

    def file(self, value: Mapping[str, Any], path: str) -> PropertyFile:
        self.known_members(value, ("PropertyFileName", "OutputName", "FilePath"), path)
        names = ("PropertyFileName", "OutputName", "FilePath")
        return PropertyFile(*(self.text(value, name, path) for name in names))

    def output(self, value: Mapping[str, Any], path: str) -> OutputParameter:
        kind: Any = value.get("OutputType")
        if kind not in TYPES:
            self.wrong(f"{path}.OutputType", f"{kind!r} is no type", f"there are: {', '.join(TYPES)}")
            kind = "String"
        return OutputParameter(self.text(value, "OutputName", path), kind)
