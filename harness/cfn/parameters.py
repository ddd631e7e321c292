"""Turns what a caller supplies into parameter values: defaults, previous values, types, constraints, look-ups
in SSM."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import regex

from harness.cfn.masking import MASK
from harness.cfn.model import StackError, Surroundings
from harness.cfn.numbers import number_of
from harness.cfn.template import Parameter, Template

# Syntax only: whether the thing exists is known to the account alone.
_AWS_TYPES: Mapping[str, re.Pattern[str]] = {
    "AWS::EC2::AvailabilityZone::Name": re.compile(r"[a-z]{2}(-[a-z]+)+-\d[a-z]"),
    "AWS::EC2::Image::Id": re.compile(r"ami-[0-9a-f]{8,17}"),
    "AWS::EC2::Instance::Id": re.compile(r"i-[0-9a-f]{8,17}"),
    "AWS::EC2::KeyPair::KeyName": re.compile(r".{1,255}"),
    "AWS::EC2::SecurityGroup::GroupName": re.compile(r".{1,255}"),
    "AWS::EC2::SecurityGroup::Id": re.compile(r"sg-[0-9a-f]{8,17}"),
    "AWS::EC2::Subnet::Id": re.compile(r"subnet-[0-9a-f]{8,17}"),
    "AWS::EC2::Volume::Id": re.compile(r"vol-[0-9a-f]{8,17}"),
    "AWS::EC2::VPC::Id": re.compile(r"vpc-[0-9a-f]{8,17}"),
    "AWS::Route53::HostedZone::Id": re.compile(r"Z[A-Z0-9]{1,31}"),
}
_PLAIN_TYPES = frozenset(
    {"String", "Number", "List<Number>", "List<String>", "CommaDelimitedList", "AWS::SSM::Parameter::Name"}
)
_LONGEST = 4096  # bytes of a value that a caller gives (CloudFormation user guide, quotas)
_SSM_VALUE = re.compile(r"AWS::SSM::Parameter::Value<(.+)>")
_LIST = re.compile(r"List<(.+)>")


@dataclass(frozen=True)
class ParameterValues:
    """`supplied`: the text given or defaulted. `resolved`: as Ref sees it (a list for list types, SSM looked up).

    `absent`: the sentence about the first value that names nothing in the account, which fails the stack before its
    first resource; CloudFormation looks these up after it has answered the call.
    """

    supplied: Mapping[str, str]
    resolved: Mapping[str, Any]
    absent: str = ""


def value_type(declared: str) -> str:
    """The type of what Ref gives: for an SSM value parameter the type between the angle brackets."""
    match = _SSM_VALUE.fullmatch(declared)
    return match.group(1) if match else declared


def is_list_type(declared: str) -> bool:
    """Whether Ref of a parameter of this type gives a list."""
    kind = value_type(declared)
    return kind == "CommaDelimitedList" or bool(_LIST.fullmatch(kind))


def check_type(declared: str) -> None:
    """Raises `StackError` for a parameter type that CloudFormation does not have."""
    match = _SSM_VALUE.fullmatch(declared)
    if match:
        inner = match.group(1)
        item = _LIST.fullmatch(inner)
        if (
            inner in ("String", "CommaDelimitedList", "List<String>")
            or (item.group(1) if item else inner) in _AWS_TYPES
        ):
            return
    elif declared in _PLAIN_TYPES or declared in _AWS_TYPES:
        return
    else:
        item = _LIST.fullmatch(declared)
        if item and item.group(1) in _AWS_TYPES:
            return
    raise StackError(f"Template format error: Unrecognized parameter type: {declared}")


def resolve_parameters(
    template: Template,
    given: Mapping[str, str | None],
    surroundings: Surroundings,
    previous: Mapping[str, str] | None = None,
) -> ParameterValues:
    """Every parameter's value; None in `given` means UsePreviousValue, which takes it from `previous`.

    Raises `StackError` in CloudFormation's words for unknown, missing or refused values.
    """
    unknown = [name for name in given if name not in template.parameters]
    if unknown:
        raise StackError(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    for number, (name, text) in enumerate(given.items(), start=1):
        if text is not None and len(text.encode()) > _LONGEST:
            shown = MASK if template.parameters[name].no_echo else text
            raise StackError(
                f"1 validation error detected: Value '{shown}' at 'parameters.{number}.member.parameterValue' failed "
                f"to satisfy constraint: Member must have length less than or equal to {_LONGEST}"
            )
    supplied: dict[str, str] = {}
    missing: list[str] = []
    for name, parameter in template.parameters.items():
        value = _supplied(parameter, given, previous)
        if value is None:
            missing.append(name)
        else:
            supplied[name] = value
    if missing:
        raise StackError(f"Parameters: [{', '.join(missing)}] must have values")
    for name, value in supplied.items():
        _check_constraints(template.parameters[name], value)
    looked_up = _look_up(template, supplied, surroundings)
    resolved = {name: _typed(template.parameters[name], looked_up[name]) for name in supplied}
    absent = (_absent(template.parameters[name], looked_up[name], surroundings) for name in supplied)
    return ParameterValues(supplied, resolved, next(filter(None, absent), ""))


def _supplied(parameter: Parameter, given: Mapping[str, str | None], previous: Mapping[str, str] | None) -> str | None:
    if parameter.name not in given:
        return parameter.default
    value = given[parameter.name]
    if value is not None:
        return value
    if previous is None or parameter.name not in previous:
        raise StackError(
            f"Invalid input for parameter key {parameter.name}. Cannot specify usePreviousValue as true "
            "for a parameter key not "
            "in the previous template"
        )
    return previous[parameter.name]


def split_list(value: str) -> list[str]:
    """The items of a comma-delimited value, spaces around them dropped; empty text is an empty list."""
    return [item.strip() for item in value.split(",")] if value.strip() else []


def _check_constraints(parameter: Parameter, value: str) -> None:
    # For SSM values the constraints concern the name that is looked up, which is the value supplied.
    items = (
        split_list(value) if is_list_type(parameter.type) and value_type(parameter.type) == parameter.type else [value]
    )
    for problem in _problems(parameter, value, items):
        if parameter.constraint_description:
            raise StackError(
                f"Parameter {parameter.name} failed to satisfy constraint: {parameter.constraint_description}"
            )
        raise StackError(f"Parameter '{parameter.name}' {problem}")


def _problems(parameter: Parameter, value: str, items: list[str]) -> list[str]:
    problems = []
    if parameter.allowed_values and any(item not in parameter.allowed_values for item in items or [value]):
        problems.append("must be one of AllowedValues")
    if parameter.allowed_pattern is not None and not all(_matches(parameter, item) for item in items):
        problems.append(f"must match pattern {parameter.allowed_pattern}")
    if parameter.min_length is not None and len(value) < parameter.min_length:
        problems.append(f"must contain at least {parameter.min_length} characters")
    if parameter.max_length is not None and len(value) > parameter.max_length:
        problems.append(f"must contain at most {parameter.max_length} characters")
    if parameter.type in ("Number", "List<Number>"):
        problems += _number_problems(parameter, items)
    return problems


def _matches(parameter: Parameter, item: str) -> bool:
    try:
        return regex.fullmatch(parameter.allowed_pattern or "", item) is not None
    except regex.error as error:
        raise StackError(
            f"Template error: AllowedPattern of parameter {parameter.name} is not a regular expression: {error}"
        ) from error


def _number_problems(parameter: Parameter, items: list[str]) -> list[str]:
    problems = []
    for item in items:
        number = number_of(item)
        if number is None:
            return ["must be a number."]
        if parameter.min_value is not None and number < parameter.min_value:
            problems.append(f"must be a number not less than {_plain(parameter.min_value)}")
        if parameter.max_value is not None and number > parameter.max_value:
            problems.append(f"must be a number not greater than {_plain(parameter.max_value)}")
    return problems


def _plain(number: float) -> str:
    return str(int(number)) if number.is_integer() else str(number)


def _look_up(template: Template, supplied: Mapping[str, str], surroundings: Surroundings) -> dict[str, str]:
    values: dict[str, str] = {}
    missing: list[str] = []
    for name, value in supplied.items():
        if not _SSM_VALUE.fullmatch(template.parameters[name].type):
            values[name] = value
            continue
        found = surroundings.ssm.get(value)
        if found is None:
            missing.append(value)
        else:
            values[name] = found
    secure = [name for name in missing if surroundings.ssm_types.get(name) == "SecureString"]
    if secure:
        raise StackError(
            f"Parameters [{','.join(secure)}] referenced by template have types not supported by CloudFormation."
        )
    if missing:
        raise StackError(f"Unable to fetch parameters [{','.join(missing)}] from parameter store for this account.")
    _check_ssm_types(template, supplied, surroundings)
    return values


def _check_ssm_types(template: Template, supplied: Mapping[str, str], surroundings: Surroundings) -> None:
    """Raises `StackError` where a list is declared and text is kept, or the other way round; commas do not count."""
    wrong = []
    for name, value in supplied.items():
        declared = template.parameters[name].type
        kept = surroundings.ssm_types.get(value) if _SSM_VALUE.fullmatch(declared) else None
        if kept is not None and (kept == "StringList") is not is_list_type(declared):
            wrong.append(value)
    if wrong:
        raise StackError(
            f"Types for SSM parameters [{','.join(wrong)}] defined in CFN template and SSM are incompatible"
        )


def _typed(parameter: Parameter, value: str) -> Any:
    return split_list(value) if is_list_type(parameter.type) else value


def _absent(parameter: Parameter, value: str, surroundings: Surroundings) -> str:
    """What CloudFormation says of a value that names nothing, empty where it does, or where nobody knows."""
    kind = value_type(parameter.type)
    item = _LIST.fullmatch(kind)
    kind = item.group(1) if item else kind
    names = (split_list(value) or [""]) if item else [value]
    for name in names:
        if not _exists(kind, name, surroundings):
            shown = MASK if parameter.no_echo else name
            return (
                f"Parameter validation failed: parameter value {shown} for parameter name {parameter.name} "
                "does not exist"
            )
    return ""


def _exists(kind: str, name: str, surroundings: Surroundings) -> bool:
    if kind == "AWS::SSM::Parameter::Name":
        return name in surroundings.ssm or name in surroundings.ssm_secure
    pattern = _AWS_TYPES.get(kind)
    if pattern is None:
        return True
    if not pattern.fullmatch(name):
        return False
    if kind == "AWS::EC2::AvailabilityZone::Name" and surroundings.region in surroundings.zones:
        return name in surroundings.zones[surroundings.region]
    return kind not in surroundings.existing or name in surroundings.existing[kind]


def masked(template: Template, values: Mapping[str, Any]) -> dict[str, Any]:
    """The values as an API shows them: those of NoEcho parameters replaced by asterisks."""
    return {
        name: MASK if name in template.parameters and template.parameters[name].no_echo else value
        for name, value in values.items()
    }
