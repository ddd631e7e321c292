"""Evaluates the Rules section: assertions over parameter values, before any resource is touched."""

from __future__ import annotations

from typing import Any

from harness.cfn.conditions import equals
from harness.cfn.intrinsics import Scope, function_of, resolve, text
from harness.cfn.model import StackError
from harness.cfn.template import Template

# fmt: off
RULE_FUNCTIONS = frozenset((
    "Fn::And", "Fn::Contains", "Fn::EachMemberEquals", "Fn::EachMemberIn", "Fn::Equals", "Fn::Not",
    "Fn::Or", "Fn::RefAll", "Fn::ValueOf", "Fn::ValueOfAll",
))
# fmt: on


def check_rules(template: Template, scope: Scope) -> None:
    """Raises `StackError` with the assertion's description for the first rule that does not hold."""
    for rule in template.rules:
        if rule.condition is not None and not _holds(rule.condition, template, scope):
            continue
        for assertion in rule.assertions:
            if not _holds(assertion.expression, template, scope):
                told = assertion.description or "an assertion is false"
                raise StackError(f"Template validation error: rule {rule.name} failed: {told}")


def _malformed(name: str, wanted: str) -> StackError:
    return StackError(f"Template format error: {name} in Rules requires {wanted}")


def _holds(expression: Any, template: Template, scope: Scope) -> bool:
    function = function_of(expression)
    if function is None or function[0] not in RULE_FUNCTIONS:
        raise StackError("Template format error: Rules can only be rule-specific intrinsic functions on parameters")
    name, argument = function
    match name:
        case "Fn::Not":
            if not isinstance(argument, list) or len(argument) != 1:
                raise _malformed(name, "a list of 1 condition")
            return not _holds(argument[0], template, scope)
        case "Fn::And" | "Fn::Or":
            if not isinstance(argument, list) or not 2 <= len(argument) <= 10:
                raise _malformed(name, "a list of at least 2 and at most 10 conditions")
            values = [_holds(each, template, scope) for each in argument]
            return all(values) if name == "Fn::And" else any(values)
        case "Fn::Equals":
            return equals([_value(each, template, scope) for each in _pair(name, argument)], scope)
        case "Fn::Contains":
            items, wanted = _pair(name, argument)
            return text(_value(wanted, template, scope)) in _texts(items, template, scope)
        case "Fn::EachMemberEquals":
            items, wanted = _pair(name, argument)
            expected = text(_value(wanted, template, scope))
            return all(each == expected for each in _texts(items, template, scope))
        case "Fn::EachMemberIn":
            items, allowed = _pair(name, argument)
            return set(_texts(items, template, scope)) <= set(_texts(allowed, template, scope))
    raise _malformed(name, "a function that gives true or false around it")


def _pair(name: str, argument: Any) -> list[Any]:
    if not isinstance(argument, list) or len(argument) != 2:
        raise _malformed(name, "a list of 2 parameters")
    return argument


def _texts(value: Any, template: Template, scope: Scope) -> list[str]:
    found = _value(value, template, scope)
    return [text(each) for each in found] if isinstance(found, list) else [text(found)]


def _value(value: Any, template: Template, scope: Scope) -> Any:
    function = function_of(value)
    if function is None:
        if isinstance(value, list):
            return [_value(each, template, scope) for each in value]
        return value
    name, argument = function
    match name:
        case "Fn::RefAll":
            return _all_of_type(argument, template, scope)
        case "Fn::ValueOf":
            parameter, attribute = _pair(name, argument)
            if parameter not in scope.parameters:
                raise _malformed(name, f"a parameter of the template, not {parameter}")
            found = [_attribute(each, attribute, scope) for each in _flat(scope.parameters[parameter])]
            return found if isinstance(scope.parameters[parameter], list) else found[0]
        case "Fn::ValueOfAll":
            kind, attribute = _pair(name, argument)
            return [_attribute(each, attribute, scope) for each in _all_of_type(kind, template, scope)]
        case "Ref":
            return resolve(value, scope)
    raise StackError(f"Template format error: {name} is not allowed in Rules")


def _flat(value: Any) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else [str(value)]


def _all_of_type(kind: Any, template: Template, scope: Scope) -> list[str]:
    return [
        each
        for name, parameter in template.parameters.items()
        if parameter.type in (kind, f"List<{kind}>")
        for each in _flat(scope.parameters[name])
    ]


def _attribute(identifier: str, attribute: Any, scope: Scope) -> str:
    known = scope.surroundings.attributes.get(identifier)
    if known is None or attribute not in known:
        raise StackError(f"Template validation error: attribute {attribute} of {identifier} is not known")
    return known[attribute]
