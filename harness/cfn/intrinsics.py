"""Resolves intrinsic functions and pseudo parameters to values. Pure; dynamic references are `dynamic.py`'s matter."""

from __future__ import annotations

import base64
import ipaddress
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from harness.cfn import arguments
from harness.cfn.model import StackError, Surroundings


class _NoValue:
    """The type of `NO_VALUE`: a property that resolves to it is left out."""

    def __repr__(self) -> str:
        return "AWS::NoValue"


NO_VALUE: Final = _NoValue()

_SUB_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_SUB_NAME = re.compile(r"[A-Za-z0-9_.:]+")


class Lookup(Protocol):
    """What resources give to one another."""

    def ref(self, logical_id: str) -> Any: ...

    def attribute(self, logical_id: str, name: str) -> Any: ...


class NoResources:
    """A lookup where nothing exists: for conditions, rules and defaults, which may not look at resources."""

    def ref(self, logical_id: str) -> Any:
        raise unresolved([logical_id], "Resources")

    def attribute(self, logical_id: str, name: str) -> Any:
        raise unresolved([logical_id], "Resources")


@dataclass(frozen=True)
class Scope:
    """Everything that a value of a template may refer to."""

    surroundings: Surroundings
    stack_name: str
    stack_id: str
    parameters: Mapping[str, Any] = field(default_factory=dict)  # as Ref sees them: text, or a list of texts
    mappings: Mapping[str, Mapping[str, Mapping[str, Any]]] = field(default_factory=dict)
    conditions: Mapping[str, bool] = field(default_factory=dict)
    notification_arns: tuple[str, ...] = ()
    resources: Lookup = field(default_factory=NoResources)

    def pseudo(self, name: str) -> Any:
        """The value of a pseudo parameter; KeyError if there is none of that name."""
        around = self.surroundings
        match name:
            case "AWS::AccountId":
                return around.account_id
            case "AWS::Region":
                return around.region
            case "AWS::Partition":
                return around.partition
            case "AWS::URLSuffix":
                return around.url_suffix
            case "AWS::StackName":
                return self.stack_name
            case "AWS::StackId":
                return self.stack_id
            case "AWS::NotificationARNs":
                return list(self.notification_arns)
            case "AWS::NoValue":
                return NO_VALUE
        raise KeyError(name)


PSEUDO_PARAMETERS = frozenset(
    f"AWS::{name}"
    for name in ("AccountId", "NoValue", "NotificationARNs", "Partition", "Region", "StackId", "StackName", "URLSuffix")
)


def unresolved(names: list[str], block: str) -> StackError:
    """CloudFormation's refusal of references to nothing."""
    listed = ", ".join(names)
    return StackError(
        f"Template format error: Unresolved resource dependencies [{listed}] in the {block} block of the template"
    )


def function_of(value: Any) -> tuple[str, Any] | None:
    """The name and argument if the value is an intrinsic function: a mapping of one member `Ref`, `Condition`
    or `Fn::…`."""
    if isinstance(value, dict) and len(value) == 1:
        name, argument = next(iter(value.items()))
        if name == "Ref" or name.startswith("Fn::") or (name == "Condition" and isinstance(argument, str)):
            return name, argument
    return None


def text(value: Any) -> str:
    """The text of a scalar as CloudFormation prints it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def substitutions(template: str) -> Iterator[str]:
    """The variable names of an Fn::Sub text, literals (`${!x}`) left out."""
    for match in _SUB_VARIABLE.finditer(template):
        name = match.group(1)
        if name.startswith("!"):
            continue
        if not _SUB_NAME.fullmatch(name.strip()):
            raise StackError(
                "Template error: variable names in Fn::Sub syntax must contain only alphanumeric "
                "characters, underscores, "
                "periods, and colons"
            )
        yield name.strip()


def resolve(value: Any, scope: Scope) -> Any:
    """The value with every function applied. May be `NO_VALUE`. Raises `StackError` in CloudFormation's words."""
    if isinstance(value, list):
        return [each for each in (resolve(item, scope) for item in value) if each is not NO_VALUE]
    if not isinstance(value, dict):
        return value
    function = function_of(value)
    if function is None:
        pairs = ((key, resolve(item, scope)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not NO_VALUE}
    name, argument = function
    handler = _FUNCTIONS.get(name)
    if handler is None:
        if name == "Condition":  # outside of conditions a member of this name is ordinary data (IAM statements)
            return {"Condition": argument}
        raise StackError(f"Template error: {name} is not a supported intrinsic function here")
    return handler(argument, scope)


def _ref(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, str):
        raise StackError(arguments.REF)
    if argument in scope.parameters:
        return scope.parameters[argument]
    if argument in PSEUDO_PARAMETERS:
        return scope.pseudo(argument)
    return scope.resources.ref(argument)


def split_attribute(argument: Any) -> tuple[Any, Any]:
    """The logical id and attribute of an Fn::GetAtt argument, text or list."""
    parts = argument.split(".", 1) if isinstance(argument, str) else argument
    if not isinstance(parts, list) or len(parts) < 2 or not isinstance(parts[0], str):
        raise StackError(arguments.GET_ATT)
    if len(parts) > 2:
        return parts[0], ".".join(str(each) for each in parts[1:])
    return parts[0], parts[1]


def _get_att(argument: Any, scope: Scope) -> Any:
    logical_id, attribute = split_attribute(argument)
    return scope.resources.attribute(logical_id, text(resolve(attribute, scope)))


def _sub(argument: Any, scope: Scope) -> str:
    template, variables = (argument, {}) if isinstance(argument, str) else _sub_arguments(argument)
    values = {name: resolve(item, scope) for name, item in variables.items()}
    list(substitutions(template))  # refuses bad names first

    def one(match: re.Match[str]) -> str:
        name = match.group(1)
        if name.startswith("!"):
            return "${" + name[1:] + "}"
        name = name.strip()
        if name in values:
            found = values[name]
        elif "." in name:
            found = _get_att(name, scope)
        else:
            found = _ref(name, scope)
        if isinstance(found, list | dict) or found is NO_VALUE:
            raise StackError(f"Template error: variable {name} in Fn::Sub expression does not resolve to a string")
        return text(found)

    return _SUB_VARIABLE.sub(one, template)


def _sub_arguments(argument: Any) -> tuple[str, dict[str, Any]]:
    if (
        not isinstance(argument, list)
        or len(argument) != 2
        or not isinstance(argument[0], str)
        or not isinstance(argument[1], dict)
    ):
        raise StackError(arguments.SUB)
    return argument[0], argument[1]


def _join(argument: Any, scope: Scope) -> str:
    if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[0], str):
        raise StackError(arguments.JOIN)
    items = resolve(argument[1], scope)
    if not isinstance(items, list) or any(isinstance(each, list | dict) for each in items):
        raise StackError(arguments.JOIN)
    return argument[0].join(text(each) for each in items)


def _select(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) != 2:
        raise StackError(arguments.SELECT)
    index = text(resolve(argument[0], scope))
    items = resolve(argument[1], scope)
    if not re.fullmatch(r"-?\d+", index) or not isinstance(items, list):
        raise StackError(arguments.SELECT)
    if not 0 <= int(index) < len(items):
        raise StackError(f"Template error: Fn::Select cannot select nonexistent value at index {index}")
    return items[int(index)]


def _split(argument: Any, scope: Scope) -> list[str]:
    if not isinstance(argument, list) or len(argument) != 2 or not isinstance(argument[0], str) or not argument[0]:
        raise StackError(arguments.SPLIT)
    whole = resolve(argument[1], scope)
    if isinstance(whole, list | dict) or whole is NO_VALUE:
        raise StackError(arguments.SPLIT)
    return text(whole).split(argument[0])


def _if(argument: Any, scope: Scope) -> Any:
    return resolve(taken_branch(argument, scope.conditions), scope)


def taken_branch(argument: Any, conditions: Mapping[str, bool]) -> Any:
    """Which of the two values an Fn::If gives, unresolved."""
    if not isinstance(argument, list) or len(argument) != 3 or not isinstance(argument[0], str):
        raise StackError(arguments.IF)
    if argument[0] not in conditions:
        raise StackError(
            f"Template error: unresolved condition dependency {argument[0]} in the Resources block of the template"
        )
    return argument[1] if conditions[argument[0]] else argument[2]


def _find_in_map(argument: Any, scope: Scope) -> Any:
    if not isinstance(argument, list) or len(argument) not in (3, 4):
        raise StackError(arguments.FIND_IN_MAP)
    names = [resolve(each, scope) for each in argument[:3]]
    if any(isinstance(each, list | dict) or each is NO_VALUE for each in names):
        raise StackError("Template error: Fn::FindInMap parameters must resolve to strings")
    mapping, first, second = (text(each) for each in names)
    found = scope.mappings.get(mapping, {}).get(first, {})
    if second in found:
        return found[second]
    if len(argument) == 4 and isinstance(argument[3], dict) and "DefaultValue" in argument[3]:
        return resolve(argument[3]["DefaultValue"], scope)
    if mapping not in scope.mappings:
        raise StackError(
            f"Template error: Mapping named '{mapping}' is not present in the 'Mappings' section of template."
        )
    raise StackError(f"Template error: Unable to get mapping for {mapping}::{first}::{second}")


def _import_value(argument: Any, scope: Scope) -> str:
    name = resolve(argument, scope)
    if not isinstance(name, str):
        raise StackError(arguments.IMPORT_VALUE)
    found = scope.surroundings.exports.get(name)
    if found is None:
        raise StackError(f"No export named {name} found")
    return found


def _get_azs(argument: Any, scope: Scope) -> list[str]:
    region = resolve(argument, scope) or scope.surroundings.region
    if not isinstance(region, str):
        raise StackError(arguments.GET_AZS)
    # Three zones are what most regions have; the emulator gives the real ones.
    return list(scope.surroundings.zones.get(region) or (f"{region}{letter}" for letter in "abc"))


def _cidr(argument: Any, scope: Scope) -> list[str]:
    if not isinstance(argument, list) or len(argument) not in (2, 3):
        raise StackError(arguments.CIDR)
    values = [text(resolve(each, scope)) for each in argument]
    try:
        block = ipaddress.ip_network(values[0])
        count = int(values[1])
        prefix = block.max_prefixlen - (int(values[2]) if len(values) == 3 else 8)
        if not 1 <= count <= 256 or prefix < block.prefixlen or 2 ** (prefix - block.prefixlen) < count:
            raise ValueError
        subnets = block.subnets(new_prefix=prefix)
        return [str(next(subnets)) for _ in range(count)]
    except ValueError:
        raise StackError(
            f"Template error: Fn::Cidr cannot make {values[1]} blocks out of {values[0]} with "
            f"{values[2:] or ['8']} bits"
        ) from None


def _base64(argument: Any, scope: Scope) -> str:
    value = resolve(argument, scope)
    if isinstance(value, list | dict) or value is NO_VALUE:
        raise StackError(arguments.BASE64)
    return base64.b64encode(text(value).encode()).decode()


def _length(argument: Any, scope: Scope) -> int:
    value = resolve(argument, scope)
    if not isinstance(value, list):
        raise StackError("Template error: Fn::Length requires a list argument")
    return len(value)


def _to_json_string(argument: Any, scope: Scope) -> str:
    return json.dumps(resolve(argument, scope), separators=(",", ":"))


_FUNCTIONS: Mapping[str, Callable[[Any, Scope], Any]] = {
    "Ref": _ref,
    "Fn::GetAtt": _get_att,
    "Fn::Sub": _sub,
    "Fn::Join": _join,
    "Fn::Select": _select,
    "Fn::Split": _split,
    "Fn::If": _if,
    "Fn::FindInMap": _find_in_map,
    "Fn::ImportValue": _import_value,
    "Fn::GetAZs": _get_azs,
    "Fn::Cidr": _cidr,
    "Fn::Base64": _base64,
    "Fn::Length": _length,
    "Fn::ToJsonString": _to_json_string,
}
SUPPORTED_FUNCTIONS = frozenset(_FUNCTIONS)
LANGUAGE_EXTENSIONS = frozenset({"Fn::Length", "Fn::ToJsonString"})  # need the transform of that name
