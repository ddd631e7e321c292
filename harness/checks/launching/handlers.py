"""Which permissions the handlers of a resource type take: what CloudFormation calls in the name of whoever launches.

Source: the provider schemas, as cfn-lint carries them, whose lists are for every use of a type. What of them a resource
does not use, what they leave out, and what no launch role may have, stands here as data, each with its reason.
"""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

from cfnlint.schema import PROVIDER_SCHEMA_MANAGER

from harness.iam import reference

OPERATIONS = ("create", "read", "update", "delete")

# What a handler needs only for a property (named by the pattern) that a template may leave out.
# Type → (pattern of actions, property without which they are not needed).
ONLY_WITH: Mapping[str, Sequence[tuple[str, str]]] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": [
        ("*ScheduledAction", "ScheduledActions"),
        ("iam:PassRole", "RoleARN"),
        ("lambda:*", "lambda"),
    ],
    # a source that a connection reaches comes with a trigger
    "AWS::SNS::Subscription": [("iam:*Role", "SubscriptionRoleArn")],
    "AWS::SNS::Topic": [("iam:*Role", "DeliveryStatusLogging")],
    "AWS::CodePipeline::Pipeline": [
        ("codepipeline:*StageTransition", "DisableInboundStageTransitions"),
        ("codestar-connections:*", "Triggers"),
    ],
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

# What any handler needs only where the template names what it is about. Service → (what the names of such properties
# hold, its own types left aside).
ONLY_NAMED: Mapping[str, tuple[str, ...]] = {"kms": ("kms", "encryptionkey"), "s3": ("bucket", "s3", "location")}

# Types whose schemas name no handlers. Source: the services' API references.
WITHOUT_HANDLERS: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "AWS::CodeBuild::Project": {
        "create": ("codebuild:CreateProject", "iam:PassRole"),
        "read": ("codebuild:BatchGetProjects",),
        "update": ("codebuild:UpdateProject", "iam:PassRole"),
        "delete": ("codebuild:DeleteProject",),
    },
}
# What handlers take and their schemas leave out. Type → operation → (action, property without which it is not needed).
# Sources: EFS, SageMaker and CodePipeline user guides on tags at creation (a stack gives its tags to all that it makes)
# and connections; Lambda reads its code in the caller's name, and the hub's bucket is encrypted.
BEYOND: Mapping[str, Mapping[str, tuple[tuple[str, str], ...]]] = {
    "AWS::SageMaker::Domain": {"create": (("elasticfilesystem:TagResource", ""),)},
    "AWS::SageMaker::MonitoringSchedule": {
        "create": (("sagemaker:AddTags", ""),),
        "read": (("sagemaker:ListTags", ""),),
    },
    "AWS::CodePipeline::Pipeline": {
        "create": (("codeconnections:PassConnection", "ConnectionArn"),),
        "update": (("codeconnections:PassConnection", "ConnectionArn"),),
    },
    "AWS::Lambda::Function": {"create": (("kms:Decrypt", ""),), "update": (("kms:Decrypt", ""),)},
}
# What a handler names and no launch role may have, whatever the template.
NEVER = frozenset({"iam:DeleteRolePermissionsBoundary"})
# Prefixes that schemas write and IAM does not know.
PREFIXES = {"efs": "elasticfilesystem"}


@cache
def named(kind: str, operation: str) -> tuple[str, ...]:
    """What the schema names for one operation, as it writes it."""
    schema: Any = PROVIDER_SCHEMA_MANAGER.get_resource_schema("us-east-1", kind).schema
    handlers = schema.get("handlers") or WITHOUT_HANDLERS.get(kind, {})
    found = handlers.get(operation, ())
    return tuple(found.get("permissions", ()) if isinstance(found, dict) else found)


@cache
def service(kind: str) -> str:
    """The service of a type as IAM calls it, which most of its handlers' permissions tell where the type does not."""
    provider = kind.split("::")[1].lower()
    prefixes = Counter(raw.partition(":")[0] for operation in OPERATIONS for raw in named(kind, operation))
    return provider if provider in prefixes or not prefixes else prefixes.most_common(1)[0][0]


@cache
def own_kind(kind: str) -> reference.ResourceType | None:
    """What IAM's reference calls a resource of the type, among what its handlers' actions take."""
    short = kind.rpartition("::")[2].lower()
    for raw in (raw for operation in OPERATIONS for raw in named(kind, operation)):
        known = reference.known(in_iam(raw) or "")
        for each in known.types if known else ():
            if each.name.replace("-", "") == short:
                return each
    return None


@cache
def in_iam(action: str) -> str | None:
    """The action as IAM writes it, or None: schemas name API operations that have no permission of their own."""
    service, _, name = action.partition(":")
    known = reference.action(PREFIXES.get(service, service), name)
    return known.name if known else None


def actions(kind: str, operation: str, properties: Mapping[str, Any]) -> tuple[str, ...]:
    """The permissions that one operation on a resource with these properties takes, as IAM writes them."""
    text = str(properties)
    found = [
        action
        for raw in named(kind, operation)
        if (action := in_iam(raw)) is not None
        and action not in NEVER
        and (_is_looked_at(kind, operation, action) or not is_unneeded(kind, raw, text))
    ]
    beyond = BEYOND.get(kind, {}).get(operation, ())
    return tuple(dict.fromkeys([*found, *(action for action, only in beyond if not only or f"'{only}'" in text)]))


def _is_looked_at(kind: str, operation: str, action: str) -> bool:
    """A handler that reads asks its own service for every property, whether the template states it or not."""
    known = reference.known(action)
    own = action.partition(":")[0] == service(kind)
    return operation == "read" and own and known is not None and known.reads


def is_unneeded(kind: str, action: str, properties: str) -> bool:
    """Whether a resource with these properties, as text, never comes to that action."""
    asked = action.partition(":")[0]
    names = ONLY_NAMED.get(asked, ())
    if names and service(kind) != asked and not any(each in properties.lower() for each in names):
        return True
    return any(
        fnmatch.fnmatchcase(action, pattern) and f"'{only}'" not in properties
        for pattern, only in ONLY_WITH.get(kind, ())
    )
