"""What the roles of a template may do, in single permissions that can be compared. Evaluates none of them.

Conditions of the template are not decided: a statement that only some launches have counts as one.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.cfn.template import Resource, Template

LAUNCH_ROLE = "launch role"


@dataclass(frozen=True, order=True)
class Permission:
    """One action on one resource, as one holder has it. Texts are as in Fn::Sub: `${Bucket.Arn}/*`.

    `holder`: the logical id of a role (of a policy, where it names none of the template's roles), or LAUNCH_ROLE.
    """

    holder: str
    effect: str  # "Allow", "Deny", "trusts" (who may assume the role), "is given" (managed policies, the boundary)
    action: str
    resource: str = ""
    condition: str = ""


@dataclass(frozen=True, order=True)
class Grant:
    """Permissions that differ in actions or resources only, put together for people."""

    holder: str
    effect: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    condition: str

    def __str__(self) -> str:
        text = f"{self.effect} {', '.join(self.actions)}"
        if any(self.resources):
            text += f" on {', '.join(self.resources)}"
        return f"{text} if {self.condition}" if self.condition else text


def permissions_of(template: Template) -> frozenset[Permission]:
    """What every role that the template makes may do, and who may assume it."""
    found: set[Permission] = set()
    for name, resource in template.resources.items():
        properties = resource.properties
        if resource.type == "AWS::IAM::Role":
            found.update(_of_role(name, properties))
        elif resource.type in ("AWS::IAM::RolePolicy", "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
            for holder in _holders(name, resource, template):
                found.update(statements_of(holder, _statements(properties.get("PolicyDocument"))))
    return frozenset(found)


def statements_of(holder: str, statements: Iterable[Mapping[str, Any]]) -> Iterator[Permission]:
    """The permissions of policy statements (intrinsics in their long form)."""
    for statement in statements:
        effect = _text(statement.get("Effect", "Allow"))
        condition = _text(statement["Condition"]) if statement.get("Condition") else ""
        actions = [*_texts(statement, "Action"), *(f"everything but {each}" for each in _texts(statement, "NotAction"))]
        resources = [
            *_texts(statement, "Resource"),
            *(f"everything but {each}" for each in _texts(statement, "NotResource")),
        ]
        for action in actions:
            for resource in resources or [""]:
                yield Permission(holder, effect, action, resource, condition)


def grants(permissions: Iterable[Permission]) -> tuple[Grant, ...]:
    """The same in fewer lines, sorted."""
    actions: dict[tuple[str, str, str, str], list[str]] = defaultdict(list)
    for each in sorted(permissions):
        actions[each.holder, each.effect, each.resource, each.condition].append(each.action)
    resources: dict[tuple[str, str, tuple[str, ...], str], list[str]] = defaultdict(list)
    for (holder, effect, resource, condition), named in actions.items():
        resources[holder, effect, tuple(named), condition].append(resource)
    return tuple(
        sorted(
            Grant(holder, effect, named, tuple(on), condition)
            for (holder, effect, named, condition), on in resources.items()
        )
    )


def _of_role(name: str, properties: Mapping[str, Any]) -> Iterator[Permission]:
    for policy in _each(properties.get("Policies")):
        if isinstance(policy, Mapping):
            yield from statements_of(name, _statements(policy.get("PolicyDocument")))
    for statement in _statements(properties.get("AssumeRolePolicyDocument")):
        condition = _text(statement["Condition"]) if statement.get("Condition") else ""
        verb = "trusts" if statement.get("Effect", "Allow") == "Allow" else "never trusts"
        for principal in _principals(statement.get("Principal")):
            yield Permission(name, verb, principal, condition=condition)
    for arn in _each(properties.get("ManagedPolicyArns")):
        yield Permission(name, "is given", f"the policy {_text(arn)}")
    for arn in _each(properties.get("PermissionsBoundary")):
        yield Permission(name, "is given", f"the boundary {_text(arn)}")


def _holders(name: str, resource: Resource, template: Template) -> list[str]:
    listed = [*_each(resource.properties.get("Roles")), *_each(resource.properties.get("RoleName"))]
    roles = [each["Ref"] for each in listed if isinstance(each, Mapping) and each.get("Ref") in template.resources]
    return roles or [name]


def _statements(document: Any) -> Iterator[Mapping[str, Any]]:
    for each in _each(document):
        if isinstance(each, Mapping):
            yield from (statement for statement in _each(each.get("Statement")) if isinstance(statement, Mapping))


def _principals(value: Any) -> Iterator[str]:
    for each in _each(value):
        if isinstance(each, Mapping) and not _is_function(each):
            for kind, names in each.items():
                yield from (f"{kind} {_text(name)}" for name in _each(names))
        else:
            yield _text(each)


def _texts(statement: Mapping[str, Any], key: str) -> list[str]:
    return [_text(each) for each in _each(statement.get(key))]


def _each(value: Any) -> Iterator[Any]:
    """The value, or its items; Fn::If taken both ways, AWS::NoValue left out."""
    if value is None or value == {"Ref": "AWS::NoValue"}:
        return
    if isinstance(value, list):
        for item in value:
            yield from _each(item)
    elif isinstance(value, Mapping) and len(value) == 1 and isinstance(value.get("Fn::If"), list):
        for branch in value["Fn::If"][1:]:
            yield from _each(branch)
    else:
        yield value


def _is_function(value: Mapping[str, Any]) -> bool:
    return len(value) == 1 and next(iter(value)).startswith(("Fn::", "Ref"))


def _text(value: Any) -> str:
    """A value as somebody would write it into Fn::Sub; what cannot be written so, as compact JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping) and len(value) == 1:
        (name, argument) = next(iter(value.items()))
        if name == "Ref":
            return f"${{{argument}}}"
        if name == "Fn::GetAtt" and isinstance(argument, list):
            return f"${{{'.'.join(map(str, argument))}}}"
        if name == "Fn::Sub" and isinstance(argument, str):
            return argument
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
