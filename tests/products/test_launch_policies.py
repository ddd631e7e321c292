"""Each launch role can do what its template needs, by the provider schemas, and is bounded where it could climb."""

from __future__ import annotations

import fnmatch
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from harness.catalog.render import render_product
from harness.catalog.scaffold import scaffold
from harness.checks.launching.role import question_of
from tests.products import launched
from tests.products.handlers import NEVER, actions, handler_actions, in_iam, missing
from tests.support.repository import tiny_repository
from tests.support.templates import as_data

NAMES = [product.name for product in launched.repository().products]


def _granted(name: str) -> set[str]:
    return {pattern for statement in launched.launch_policy(name) for pattern in actions(statement)}


@pytest.mark.parametrize("name", NAMES)
def test_every_action_of_every_handler_is_granted(name: str) -> None:
    assert not missing(launched.template(name), launched.launch_policy(name))


def test_a_scaffolded_product_can_be_launched_by_its_launch_role(tmp_path: Path) -> None:
    tiny = tiny_repository(tmp_path)
    shutil.copytree(launched.ROOT / "templates", tmp_path / "templates")
    scaffold(tiny.load(), "team-files")
    repository = tiny.load()
    text = render_product(repository, "team-files").text
    template = as_data(text)
    policy = as_data(question_of(repository, repository.product("team-files"), {"team-files": text}).role().text)
    assert not missing(template, policy)
    (statement,) = policy
    assert _resources(statement) == ["arn:${AWS::Partition}:s3:::sc-${AWS::AccountId}-pp-*-bucket-*"]


@pytest.mark.parametrize("name", NAMES)
def test_every_action_that_a_schema_names_is_known_to_iam_or_known_not_to_be(name: str) -> None:
    unknown = {action for _, action in handler_actions(launched.template(name)) if in_iam(action) is None}
    # S3 deletes these by the permission that puts them; Lambda's own runtimes ask for the last.
    deleted = {"s3:DeleteBucketCors", "s3:DeleteBucketEncryption", "s3:DeleteBucketLifecycle"}
    assert unknown <= deleted | {"lambda:AssociateRuntimeAlias"}


@pytest.mark.parametrize("name", NAMES)
def test_what_no_launch_role_may_have_is_not_granted(name: str) -> None:
    patterns = _granted(name)
    assert not [never for never in NEVER for pattern in patterns if fnmatch.fnmatchcase(never, pattern)]
    assert not [pattern for pattern in patterns if re.fullmatch(r"\*|[\w-]+:\*", pattern)]


@pytest.mark.parametrize("name", NAMES)
def test_roles_are_made_and_changed_only_with_the_boundary_and_under_its_path(name: str) -> None:
    climbing = {"iam:AttachRolePolicy", "iam:CreateRole", "iam:PutRolePermissionsBoundary", "iam:PutRolePolicy"}
    for statement in launched.launch_policy(name):
        if climbing & set(actions(statement)):
            boundary = statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"]
            assert str(boundary).endswith("policy/platform-boundary'}")
            assert all(":role/platform/" in arn for arn in _resources(statement))


@pytest.mark.parametrize("name", NAMES)
def test_a_launch_role_changes_no_role_and_no_policy_but_those_of_stacks(name: str) -> None:
    """Neither itself, nor another launch role, a persona, a deployer or the boundary."""
    for statement in launched.launch_policy(name):
        changing = [each for each in actions(statement) if re.fullmatch(r"iam:(?!Get|List|PassRole).*", each)]
        made = r"arn:.*:iam::\$\{AWS::AccountId\}:(role|policy)/platform/\w+/SC-.*|arn:.*:role/aws-service-role/.*"
        assert not changing or all(re.fullmatch(made, arn) for arn in _resources(statement)), statement["Sid"]


@pytest.mark.parametrize("name", NAMES)
def test_roles_are_passed_to_named_services_and_never_to_any(name: str) -> None:
    for statement in launched.launch_policy(name):
        if "iam:PassRole" in actions(statement):
            assert actions(statement) == ["iam:PassRole"]
            assert statement["Condition"]["StringEquals"]["iam:PassedToService"]
            assert all(":role/platform/" in arn for arn in _resources(statement))


@pytest.mark.parametrize("name", NAMES)
def test_every_statement_gives_its_reason_in_a_comment(name: str) -> None:
    path = launched.ROOT / launched.repository().product(name).launch_policy_path
    reasons, above = {}, ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("- Sid: "):
            reasons[line.removeprefix("- Sid: ")] = above
        above = f"{above} {line[2:]}".lstrip() if line.startswith("#") else ""
    assert len(reasons) == len(launched.launch_policy(name))
    # which types it is for, and why: a type alone is no reason
    why = re.compile(r"(AWS::\w+::\w+(, | and )?)+: \w.{9,}|added in product.yaml: .{10,}")
    assert [sid for sid, reason in reasons.items() if not why.fullmatch(reason)] == []


def _resources(statement: dict[str, Any]) -> list[str]:
    resource = statement["Resource"]
    entries = resource if isinstance(resource, list) else [resource]
    return [each["Fn::Sub"] if isinstance(each, dict) else each for each in entries]
