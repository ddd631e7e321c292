"""Evaluates the Conditions section and the condition functions. Values inside conditions are resolved by
`intrinsics.py`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from harness.cfn.intrinsics import Scope, function_of, resolve, text
from harness.cfn.model import StackError
from harness.cfn.template import Template

BOOLEAN_FUNCTIONS = frozenset({"Fn::And", "Fn::Equals", "Fn::Not", "Fn::Or"})


def evaluate_conditions(template: Template, scope: Scope) -> dict[str, bool]:
    """Every condition's value. Raises `StackError` for an unknown or circular condition, or a malformed function."""
    done: dict[str, bool] = {}

    def named(name: Any, path: tuple[str, ...]) -> bool:
        if not isinstance(name, str) or name not in template.conditions:
            raise StackError(
                f"Template format error: Unresolved condition dependency {name} in the Conditions block of the template"
            )
        if name in path:
            raise StackError(f"Template format error: Found circular condition dependency between {', '.join(path)}")
        if name not in done:
            # Values inside (an Fn::If is not allowed there) see the conditions known so far.
            done[name] = evaluate(
                template.conditions[name],
                replace(scope, conditions=done),
                lambda inner: named(inner, (*path, name)),
            )
        return done[name]

    for name in template.conditions:
        named(name, ())
    return done


def evaluate(expression: Any, scope: Scope, named: Callable[[Any], bool]) -> bool:
    """The truth of one condition expression; `named` gives that of another condition."""
    function = function_of(expression)
    if function is None:
        raise StackError(
            "Template format error: Conditions can only be boolean operations on parameters and other conditions"
        )
    name, argument = function
    match name:
        case "Condition":
            return named(argument)
        case "Fn::Not":
            if not isinstance(argument, list) or len(argument) != 1:
                raise StackError("Template error: every Fn::Not object requires a list of 1 condition.")
            return not evaluate(argument[0], scope, named)
        case "Fn::And" | "Fn::Or":
            if not isinstance(argument, list) or not 2 <= len(argument) <= 10:
                raise StackError(
                    f"Template error: every {name} object requires a list of at least 2 and at most 10 conditions."
                )
            values = [evaluate(each, scope, named) for each in argument]
            return all(values) if name == "Fn::And" else any(values)
        case "Fn::Equals":
            return equals(argument, scope)
    raise StackError(
        "Template format error: Conditions can only be boolean operations on parameters and other conditions"
    )


def equals(argument: Any, scope: Scope) -> bool:
    """Fn::Equals: scalars compare as text."""
    if not isinstance(argument, list) or len(argument) != 2:
        raise StackError("Template error: every Fn::Equals object requires a list of 2 string parameters.")
    first, second = (resolve(each, scope) for each in argument)
    if isinstance(first, list | dict) or isinstance(second, list | dict):
        return bool(first == second)
    return text(first) == text(second)
