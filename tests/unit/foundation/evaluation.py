"""A small IAM: whether statements allow one request. Knows the operators in use here and refuses others."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.unit.foundation import reading

ACCOUNT = "222222222221"
REGISTRY = "111111111111"
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": "eu-west-1",
    "AWS::URLSuffix": "amazonaws.com",
}


@dataclass(frozen=True)
class Request:
    """One call. `context` holds condition keys; multi-valued ones as tuples."""

    action: str
    resource: str = "*"
    context: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)


def role_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT}:role/{name}"


def boundary(without: str = "") -> list[Mapping[str, Any]]:
    """The boundary's statements, less the one of that Sid."""
    policy = reading.template("spoke")["Resources"]["Boundary"]["Properties"]["PolicyDocument"]
    return [each for each in policy["Statement"] if each["Sid"] != without]


def identity(logical_id: str, name: str = "spoke") -> list[Mapping[str, Any]]:
    """The statements of a role's inline policies."""
    role = reading.template(name)["Resources"][logical_id]["Properties"]
    return [each for policy in role["Policies"] for each in policy["PolicyDocument"]["Statement"]]


def within(statements: Iterable[Mapping[str, Any]], principal: str, request: Request, **values: str) -> bool:
    """Whether the statements alone allow it: an Allow matches, no Deny does. `values`: the template's parameters."""
    context = {"aws:PrincipalArn": role_arn(principal), **request.context}
    matching = [each["Effect"] for each in statements if _matches(each, request, context, values)]
    return "Allow" in matching and "Deny" not in matching


def may(logical_id: str, request: Request, **values: str) -> bool:
    """Whether a role of the spoke may: its own policies and the boundary both allow it."""
    principal = reading.template("spoke")["Resources"][logical_id]["Properties"]["RoleName"]
    return within(identity(logical_id), principal, request, **values) and within(
        boundary(), principal, request, **values
    )


def _matches(
    statement: Mapping[str, Any], request: Request, context: Mapping[str, Any], values: Mapping[str, str]
) -> bool:
    return (
        any(_like(request.action.lower(), each.lower()) for each in _texts(statement["Action"], context, values))
        and any(_like(request.resource, each) for each in _texts(statement["Resource"], context, values))
        and all(
            _holds(operator, context, key, _texts(expected, context, values))
            for operator, block in statement.get("Condition", {}).items()
            for key, expected in block.items()
        )
    )


def _holds(operator: str, context: Mapping[str, Any], key: str, expected: list[str]) -> bool:
    found = {name.lower(): value for name, value in context.items()}.get(key.lower())
    if operator == "Null":
        return (found is None) == (expected == ["true"])
    if operator == "ForAnyValue:StringEquals":
        return any(each in expected for each in found or ())
    if operator == "ForAnyValue:StringEqualsIgnoreCase":
        return any(each.lower() in {one.lower() for one in expected} for each in found or ())
    if operator in ("StringNotEquals", "ArnNotLike"):
        return found is None or not any(_like(found, each) for each in expected)
    if found is None:
        return False
    if operator in ("StringEquals", "Bool"):
        return found in expected
    if operator in ("StringLike", "ArnLike"):
        return any(_like(found, each) for each in expected)
    if operator == "DateGreaterThanEquals":
        return str(found) >= expected[0]  # one format, so that text orders like time
    if operator == "DateLessThan":
        return str(found) < expected[0]
    raise NotImplementedError(operator)


def _texts(value: Any, context: Mapping[str, Any], values: Mapping[str, str]) -> list[str]:
    """Texts with references and policy variables resolved; one whose variable is absent matches nothing: left out."""
    if isinstance(value, list):
        return [text for each in value for text in _texts(each, context, values)]
    if isinstance(value, Mapping):
        if "Ref" in value:
            return [values[value["Ref"]]]
        value = value["Fn::Sub"]
    text = re.sub(r"\$\{(AWS::\w+)\}", lambda found: PSEUDO[found[1]], str(value))
    variables = re.findall(r"\$\{(aws:[\w/]+)\}", text)
    if any(each not in context for each in variables):
        return []
    for each in variables:
        text = text.replace("${" + each + "}", str(context[each]))
    return [text]


def _like(text: str, pattern: str) -> bool:
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))
