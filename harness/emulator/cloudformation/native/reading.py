"""What native resources are like right now, in the shape of their templates: for drift detection and for imports.

One function a type: its properties, or None where the thing is gone. It names every property that it can tell, with
None where nothing is set; a property that it does not name is not compared.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Properties

Read = Callable[[Api, str, Properties], dict[str, Any] | None]


def _tags(found: Iterable[Mapping[str, Any]] | None) -> list[dict[str, str]] | None:
    listed = [{"Key": str(each["Key"]), "Value": str(each["Value"])} for each in found or ()]
    return listed or None


def _picked(found: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """Those members, None where a service tells nothing or an empty text."""
    return {name: None if found.get(name) in ("", {}, []) else found.get(name) for name in names}


def _bucket(api: Api, name: str, _: Properties) -> dict[str, Any] | None:
    if api.attempt("s3", "head_bucket", Bucket=name) is None:
        return None
    versioning = api.call("s3", "get_bucket_versioning", Bucket=name)
    encryption = api.attempt("s3", "get_bucket_encryption", Bucket=name) or {}
    public = api.attempt("s3", "get_public_access_block", Bucket=name) or {}
    owners = api.attempt("s3", "get_bucket_ownership_controls", Bucket=name) or {}
    tagging = api.attempt("s3", "get_bucket_tagging", Bucket=name) or {}
    rules = [
        _encryption_rule(each) for each in encryption.get("ServerSideEncryptionConfiguration", {}).get("Rules", ())
    ]
    return {
        "BucketName": name,
        "VersioningConfiguration": {"Status": versioning["Status"]} if versioning.get("Status") else None,
        "BucketEncryption": {"ServerSideEncryptionConfiguration": rules} if rules else None,
        "PublicAccessBlockConfiguration": public.get("PublicAccessBlockConfiguration"),
        "OwnershipControls": owners.get("OwnershipControls"),
        "Tags": _tags(tagging.get("TagSet")),
    }


def _encryption_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    shaped = {"ServerSideEncryptionByDefault": rule["ApplyServerSideEncryptionByDefault"]}
    if rule.get("BucketKeyEnabled"):
        shaped["BucketKeyEnabled"] = True
    return shaped


def _bucket_policy(api: Api, bucket: str, _: Properties) -> dict[str, Any] | None:
    found = api.attempt("s3", "get_bucket_policy", Bucket=bucket)
    return None if found is None else {"Bucket": bucket, "PolicyDocument": json.loads(found["Policy"])}


_QUEUE_NUMBERS = (
    "DelaySeconds",
    "KmsDataKeyReusePeriodSeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "VisibilityTimeout",
)


def _queue(api: Api, url: str, _: Properties) -> dict[str, Any] | None:
    found = api.attempt("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["All"])
    if found is None:
        return None
    held = found.get("Attributes", {})
    tags = api.call("sqs", "list_queue_tags", QueueUrl=url).get("Tags", {})
    redrive = held.get("RedrivePolicy")
    return {
        "QueueName": url.rsplit("/", 1)[-1],
        **{name: int(held[name]) if name in held else None for name in _QUEUE_NUMBERS},
        **_picked(held, "FifoQueue", "ContentBasedDeduplication", "SqsManagedSseEnabled", "KmsMasterKeyId"),
        "RedrivePolicy": json.loads(redrive) if redrive else None,
        "Tags": _tags({"Key": key, "Value": value} for key, value in tags.items()),
    }


def _topic(api: Api, arn: str, _: Properties) -> dict[str, Any] | None:
    found = api.attempt("sns", "get_topic_attributes", TopicArn=arn)
    if found is None:
        return None
    tags = api.call("sns", "list_tags_for_resource", ResourceArn=arn).get("Tags")
    return {
        "TopicName": arn.rsplit(":", 1)[-1],
        **_picked(found["Attributes"], "DisplayName", "FifoTopic", "KmsMasterKeyId"),
        "Tags": _tags(tags),
    }


def _parameter(api: Api, name: str, _: Properties) -> dict[str, Any] | None:
    found = api.attempt("ssm", "get_parameter", Name=name)
    if found is None:
        return None
    named = [{"Key": "Name", "Option": "Equals", "Values": [name]}]
    described = api.call("ssm", "describe_parameters", ParameterFilters=named)["Parameters"]
    parameter = found["Parameter"]
    return {
        "Name": parameter["Name"],
        "Type": parameter["Type"],
        "Value": parameter["Value"],
        **_picked(described[0] if described else {}, "AllowedPattern", "Description"),
    }


def _role(api: Api, name: str, expected: Properties) -> dict[str, Any] | None:
    found = api.attempt("iam", "get_role", RoleName=name)
    if found is None:
        return None
    role = found["Role"]
    attached = api.call("iam", "list_attached_role_policies", RoleName=name)["AttachedPolicies"]
    # Other resources of the stack may add policies; only those that the role itself declares are its own.
    own = [each["PolicyName"] for each in expected.get("Policies", ())]
    inline = [_inline(api, name, policy) for policy in own]
    return {
        **_picked(role, "AssumeRolePolicyDocument", "Description", "MaxSessionDuration", "Path", "RoleName"),
        "PermissionsBoundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "ManagedPolicyArns": [each["PolicyArn"] for each in attached] or None,
        "Policies": [each for each in inline if each] or None,
        "Tags": _tags(role.get("Tags")),
    }


def _inline(api: Api, role: str, policy: str) -> dict[str, Any] | None:
    found = api.attempt("iam", "get_role_policy", RoleName=role, PolicyName=policy)
    return None if found is None else {"PolicyName": policy, "PolicyDocument": found["PolicyDocument"]}


def _managed_policy(api: Api, arn: str, _: Properties) -> dict[str, Any] | None:
    found = api.attempt("iam", "get_policy", PolicyArn=arn)
    if found is None:
        return None
    policy = found["Policy"]
    version = api.call("iam", "get_policy_version", PolicyArn=arn, VersionId=policy["DefaultVersionId"])
    return {
        "ManagedPolicyName": policy["PolicyName"],
        **_picked(policy, "Description", "Path"),
        "PolicyDocument": version["PolicyVersion"]["Document"],
    }


def _key(api: Api, key_id: str, _: Properties) -> dict[str, Any] | None:
    found = api.attempt("kms", "describe_key", KeyId=key_id)
    if found is None or found["KeyMetadata"]["KeyState"] == "PendingDeletion":
        return None
    policy = api.call("kms", "get_key_policy", KeyId=key_id, PolicyName="default")["Policy"]
    rotation = api.attempt("kms", "get_key_rotation_status", KeyId=key_id) or {}
    return {
        **_picked(found["KeyMetadata"], "Description"),
        "Enabled": found["KeyMetadata"]["Enabled"],
        "EnableKeyRotation": bool(rotation.get("KeyRotationEnabled")),
        "KeyPolicy": json.loads(policy),
    }


def _log_group(api: Api, name: str, _: Properties) -> dict[str, Any] | None:
    groups = api.call("logs", "describe_log_groups", logGroupNamePrefix=name)["logGroups"]
    found = next((each for each in groups if each["logGroupName"] == name), None)
    if found is None:
        return None
    return {
        "LogGroupName": name,
        "RetentionInDays": found.get("retentionInDays"),
        "KmsKeyId": found.get("kmsKeyId"),
    }


def _table(api: Api, name: str, _: Properties) -> dict[str, Any] | None:
    found = api.attempt("dynamodb", "describe_table", TableName=name)
    if found is None:
        return None
    table = found["Table"]
    throughput = table.get("ProvisionedThroughput", {})
    mode = table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED")
    units = {key: throughput.get(key) for key in ("ReadCapacityUnits", "WriteCapacityUnits")}
    stream = table.get("StreamSpecification", {}).get("StreamViewType")
    return {
        "TableName": name,
        "AttributeDefinitions": table["AttributeDefinitions"],
        "KeySchema": table["KeySchema"],
        "BillingMode": mode,
        "ProvisionedThroughput": units if mode == "PROVISIONED" else None,
        "StreamSpecification": {"StreamViewType": stream} if stream else None,
        "DeletionProtectionEnabled": bool(table.get("DeletionProtectionEnabled")),
    }


def _function(api: Api, name: str, _: Properties) -> dict[str, Any] | None:
    found = api.attempt("lambda", "get_function_configuration", FunctionName=name)
    if found is None:
        return None
    variables = found.get("Environment", {}).get("Variables")
    return {
        **_picked(found, "Description", "FunctionName", "Handler", "MemorySize", "Role", "Runtime", "Timeout"),
        "Environment": {"Variables": variables} if variables else None,
    }


def _rule(api: Api, reference: str, expected: Properties) -> dict[str, Any] | None:
    name = reference.rpartition("|")[2].rpartition("/")[2]
    found = api.attempt("events", "describe_rule", Name=name, EventBusName=expected.get("EventBusName"))
    if found is None:
        return None
    pattern = found.get("EventPattern")
    return {
        **_picked(found, "Description", "Name", "ScheduleExpression", "State"),
        "EventPattern": json.loads(pattern) if pattern else None,
    }


def _alarm(api: Api, name: str, _: Properties) -> dict[str, Any] | None:
    alarms = api.call("cloudwatch", "describe_alarms", AlarmNames=[name])["MetricAlarms"]
    if not alarms:
        return None
    return _picked(
        alarms[0],
        "ActionsEnabled",
        "AlarmActions",
        "AlarmDescription",
        "AlarmName",
        "ComparisonOperator",
        "EvaluationPeriods",
        "MetricName",
        "Namespace",
        "Period",
        "Statistic",
        "Threshold",
        "TreatMissingData",
    )


def _repository(api: Api, name: str, _: Properties) -> dict[str, Any] | None:
    found = api.attempt("ecr", "describe_repositories", repositoryNames=[name])
    if found is None:
        return None
    repository = found["repositories"][0]
    return {"RepositoryName": name, "ImageTagMutability": repository["imageTagMutability"]}


READERS: Mapping[str, Read] = {
    "AWS::CloudWatch::Alarm": _alarm,
    "AWS::DynamoDB::Table": _table,
    "AWS::ECR::Repository": _repository,
    "AWS::Events::Rule": _rule,
    "AWS::IAM::ManagedPolicy": _managed_policy,
    "AWS::IAM::Role": _role,
    "AWS::KMS::Key": _key,
    "AWS::Lambda::Function": _function,
    "AWS::Logs::LogGroup": _log_group,
    "AWS::S3::Bucket": _bucket,
    "AWS::S3::BucketPolicy": _bucket_policy,
    "AWS::SNS::Topic": _topic,
    "AWS::SQS::Queue": _queue,
    "AWS::SSM::Parameter": _parameter,
}
# What a service says of a thing that is not there, where CloudFormation repeats that.
_ABSENT = {"AWS::DynamoDB::Table": "Table: {} does not exist.", "AWS::S3::Bucket": "Bucket not found"}


def absent(kind: str, identifier: str) -> str:
    """What CloudFormation says of a resource that cannot be found."""
    return _ABSENT.get(kind, f"Resource of type '{kind}' with identifier '{identifier}' was not found.").format(
        identifier
    )
