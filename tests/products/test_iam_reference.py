"""The policies of products say what IAM understands: real actions, keys that those actions offer, fitting ARNs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.products import launched
from tests.unit.foundation.reading import expand, known, offered_keys, resource_arns, same_kind, stem

NAMES = [product.name for product in launched.repository().products]
# Where a policy stands beside the resource that it protects, IAM's reference knows its principal as anyone.
IDENTITY = {"AWS::IAM::ManagedPolicy", "AWS::IAM::Role", "AWS::IAM::RolePolicy"}
# Keys that a service adds to its sessions' calls (Lambda to those of a function's code) or to what it does itself for a
# resource, or that every statement may use, beside those of the action.
EVERYWHERE = {"aws:resourcetag", "aws:sourcearn", "lambda:sourcefunctionarn", "s3:tlsversion"}


def _statements(name: str) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """Place, statement, and whether it belongs to a role's permissions."""
    for statement in launched.launch_policy(name):
        yield f"launch policy {statement['Sid']}", statement, True
    for example in launched.repository().product(name).examples:
        for resource in launched.launch(name, example.spec.parameters).resources:
            for document, trust in _documents(resource.properties, trust=False):
                for statement in document["Statement"]:
                    identity = resource.type in IDENTITY and not trust
                    yield f"{resource.logical_id} {statement.get('Sid')}", statement, identity


def _documents(value: Any, *, trust: bool) -> Iterator[tuple[Mapping[str, Any], bool]]:
    if isinstance(value, Mapping):
        if "Statement" in value:
            yield value, trust
        for key, each in value.items():
            yield from _documents(each, trust=trust or key == "AssumeRolePolicyDocument")
    elif isinstance(value, list):
        for each in value:
            yield from _documents(each, trust=trust)


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _actions(statement: dict[str, Any]) -> list[str]:
    return [action for pattern in _many(statement["Action"]) if pattern != "s3:*" for action in expand(pattern)]


@pytest.mark.parametrize("name", NAMES)
def test_every_action_is_known_to_iam(name: str) -> None:
    unknown = {f"{where}: {a}" for where, each, _ in _statements(name) for a in _actions(each) if known(a) is None}
    assert not unknown


@pytest.mark.parametrize("name", NAMES)
def test_every_condition_key_is_offered_by_every_action_of_its_statement(name: str) -> None:
    """An unknown key never matches and warns nobody. With a wildcard, at least one of its actions offers the key."""
    wrong = set()
    for where, statement, _ in _statements(name):
        keys = {stem(key) for block in statement.get("Condition", {}).values() for key in block} - EVERYWHERE
        for pattern in _many(statement["Action"]):
            offered = [offered_keys(action) for action in expand(pattern) if pattern != "s3:*"]
            wrong |= {
                f"{where}: {pattern} offers no {key}" for key in keys if offered and key not in set().union(*offered)
            }
    assert not wrong


@pytest.mark.parametrize("name", NAMES)
def test_every_granted_action_takes_a_resource_that_its_statement_names(name: str) -> None:
    wrong = set()
    for where, statement, identity in _statements(name):
        if not identity or statement["Effect"] != "Allow":
            continue
        named = _arns(statement)
        for pattern in _many(statement["Action"]):
            actions = expand(pattern)
            if pattern != actions[0]:
                continue  # a wildcard gives whatever fits the resources
            formats = resource_arns(pattern)
            if named == ["*"]:
                fits = not formats or pattern in _TAKES_NO_NAME
            else:
                fits = any(same_kind(arn, format_) for arn in named for format_ in formats)
            if not fits:
                wrong.add(f"{where}: {pattern} on {named}")
    assert not wrong


# IAM's reference names a resource for them that the request has not: a file system that is only being made; of
# CloudWatch, a kind of data that is not metrics.
_TAKES_NO_NAME = {
    "cloudwatch:GetMetricData",
    "cloudwatch:ListMetrics",
    "cloudwatch:PutMetricData",
    "elasticfilesystem:CreateFileSystem",
}


def _arns(statement: dict[str, Any]) -> list[str]:
    return [each["Fn::Sub"] if isinstance(each, dict) else each for each in _many(statement["Resource"])]
