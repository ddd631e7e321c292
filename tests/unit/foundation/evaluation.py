"""Whether the statements of the foundations allow one request, as IAM would decide it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness import iam
from harness.iam import Kind, Policy, Principal, PrincipalPolicies, evaluate
from tests.unit.foundation import reading

ACCOUNT = "222222222221"
REGISTRY = "111111111111"
PSEUDO = {
    "AWS::Partition": "aws",
    "AWS::AccountId": ACCOUNT,
    "AWS::Region": "eu-west-1",
    "AWS::URLSuffix": "amazonaws.com",
}
NOBODYS = "2000-01-01T00:00:00Z"  # also no moment of anybody's


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
    return _decided(PrincipalPolicies(identity=(_policy(statements, values),)), principal, request)


def may(logical_id: str, request: Request, **values: str) -> bool:
    """Whether a role of the spoke may: its own policies and the boundary both allow it."""
    principal = reading.template("spoke")["Resources"][logical_id]["Properties"]["RoleName"]
    own, cap = _policy(identity(logical_id), values), _policy(boundary(), values, Kind.BOUNDARY)
    return _decided(PrincipalPolicies(identity=(own,), boundary=cap), principal, request)


def _decided(policies: PrincipalPolicies, principal: str, request: Request) -> bool:
    context = {"aws:PrincipalArn": role_arn(principal), **request.context}
    asked = iam.Request(Principal.session(role_arn(principal)), request.action, request.resource, context)
    return evaluate(asked, policies).allowed


def _policy(statements: Iterable[Mapping[str, Any]], values: Mapping[str, str], kind: Kind = Kind.IDENTITY) -> Policy:
    resolved = [_resolved(each, values) for each in statements]
    return Policy.read({"Version": "2012-10-17", "Statement": resolved}, kind, "statements")


def _resolved(value: Any, values: Mapping[str, str]) -> Any:
    """The value with its references filled in; a parameter that the case does not give has no value of anybody's."""
    if isinstance(value, list):
        return [_resolved(each, values) for each in value]
    if isinstance(value, Mapping):
        if set(value) == {"Ref"}:
            return PSEUDO.get(value["Ref"]) or values.get(value["Ref"], NOBODYS)
        if set(value) == {"Fn::Sub"}:
            return re.sub(r"\$\{([A-Z][\w:]*)\}", lambda found: _resolved({"Ref": found[1]}, values), value["Fn::Sub"])
        return {key: _resolved(each, values) for key, each in value.items()}
    return value
