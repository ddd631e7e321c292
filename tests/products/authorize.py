"""What IAM would say to one request, for the policies of products: identity policies of one account, and a boundary.

Not all of IAM: an operator that no product uses is an error here, so that nothing passes unread.
Source: IAM user guide, policy evaluation logic and condition operators.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Context = Mapping[str, str | Sequence[str]]  # condition key → value, or values for a key that holds many
Statements = Iterable[Mapping[str, Any]]


def allowed(statements: Statements, action: str, resource: str = "*", context: Context | None = None) -> bool:
    """Whether these statements let the action pass. Condition keys count without regard to case."""
    given = {key.lower(): value for key, value in (context or {}).items()}
    effects = {each["Effect"] for each in statements if _applies(each, action, resource, given)}
    return effects == {"Allow"}


def _applies(statement: Mapping[str, Any], action: str, resource: str, context: Context) -> bool:
    return (
        any(_like(action.lower(), pattern.lower()) for pattern in _many(statement["Action"]))
        and any(_like(resource, _filled(pattern, context)) for pattern in _many(statement["Resource"]))
        and all(
            _holds(operator, context.get(key.lower()), [_filled(value, context) for value in _many(wanted)])
            for operator, block in statement.get("Condition", {}).items()
            for key, wanted in block.items()
        )
    )


def _holds(operator: str, given: str | Sequence[str] | None, wanted: list[str]) -> bool:
    if operator == "Null":
        return (given is None) == (wanted == ["true"])
    values = [] if given is None else _many(given)
    quantifier, _, plain = operator.rpartition(":")
    if plain.endswith("IfExists"):
        if given is None:
            return True
        plain = plain.removesuffix("IfExists")
    if quantifier == "ForAllValues":
        return all(_compares(plain, value, wanted) for value in values)
    if quantifier == "ForAnyValue":
        return any(_compares(plain, value, wanted) for value in values)
    if given is None:
        return "Not" in plain  # a negated operator holds where there is no such key
    return _compares(plain, values[0], wanted)


def _compares(operator: str, value: str, wanted: list[str]) -> bool:
    match operator:
        case "StringEquals":
            return value in wanted
        case "StringNotEquals":
            return value not in wanted
        case "StringLike" | "ArnLike" | "ArnEquals":
            return any(_like(value, pattern) for pattern in wanted)
        case "StringNotLike" | "ArnNotLike" | "ArnNotEquals":
            return not any(_like(value, pattern) for pattern in wanted)
        case "Bool":
            return value.lower() in [each.lower() for each in wanted]
    raise NotImplementedError(operator)


def _filled(pattern: str, context: Context) -> str:
    """Policy variables replaced; one without a value leaves a text that nothing equals."""

    def value(match: re.Match[str]) -> str:
        found = context.get(match[1].lower())
        return found if isinstance(found, str) else match[0]

    return re.sub(r"\$\{([^}]+)\}", value, str(pattern))


def _like(value: str, pattern: str) -> bool:
    """IAM's wildcards: * for any run of characters, ? for one."""
    parts = re.split(r"([*?])", pattern)
    expression = "".join({"*": ".*", "?": "."}.get(part, re.escape(part)) for part in parts)
    return re.fullmatch(expression, value, re.DOTALL) is not None


def _many(value: Any) -> list[Any]:
    return [value] if isinstance(value, str) else list(value)
