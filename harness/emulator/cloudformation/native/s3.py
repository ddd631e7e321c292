"""S3 buckets and bucket policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from moto.s3.models import s3_backends

from harness.cfn.model import ResourceFailure, ResourceRequest
from harness.cfn.shapes import DASHED_WEBSITES
from harness.emulator.cloudformation.native.api import Api, is_absent
from harness.emulator.cloudformation.native.handler import Handler, Properties, exists, generated_name, tag_list

_PARTITION = "aws"
_LEGACY_REGION = "us-east-1"  # CreateBucket names no location there, and answers 200 to an owner's second call


class Bucket(Handler):
    """AWS::S3::Bucket."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        name = str(request.properties.get("BucketName") or generated_name(request, 63, lower=True))
        if api.attempt("s3", "head_bucket", Bucket=name) is not None:
            raise exists(f"{name} already exists (Service: S3, Status Code: 409)")
        location = {"LocationConstraint": api.region} if api.region != _LEGACY_REGION else None
        lock = True if request.properties.get("ObjectLockEnabled") else None
        api.call(
            "s3", "create_bucket", Bucket=name, CreateBucketConfiguration=location, ObjectLockEnabledForBucket=lock
        )
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given = request.properties
        for key, setting in _SETTINGS.items():
            if key in given:
                setting.put(api, physical_id, given[key])
            elif previous is not None and key in previous:
                setting.clear(api, physical_id)
        tags = tag_list(request)
        if tags:
            api.call("s3", "put_bucket_tagging", Bucket=physical_id, Tagging={"TagSet": tags})

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        del properties
        if api.attempt("s3", "head_bucket", Bucket=physical_id) is None:
            return
        held = api.of_the_service.call("s3", "list_object_versions", Bucket=physical_id, MaxKeys=1)
        if held.get("Versions") or held.get("DeleteMarkers"):  # moto looks at current versions only
            raise ResourceFailure(
                f'Resource handler returned message: "The bucket you tried to delete is not empty. You must delete all '
                f'versions in the bucket. (Service: S3, Status Code: 409, Bucket: {physical_id})" '
                "(HandlerErrorCode: GeneralServiceException)"
            )
        api.call("s3", "delete_bucket", Bucket=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        suffix, region = "amazonaws.com", api.region
        website = f"s3-website{'-' if region in DASHED_WEBSITES else '.'}{region}.{suffix}"
        return {
            "Arn": f"arn:{request.partition}:s3:::{physical_id}",
            "DomainName": f"{physical_id}.s3.{suffix}",
            "RegionalDomainName": f"{physical_id}.s3.{region}.{suffix}",
            "DualStackDomainName": f"{physical_id}.s3.dualstack.{region}.{suffix}",
            "WebsiteURL": f"http://{physical_id}.{website}",
        }


class _Setting:
    """One property of a bucket that has its own pair of API calls."""

    def __init__(self, put: str, argument: str, shape: Any, clear: str = "", cleared: Any = None) -> None:
        self._put, self._argument, self._shape = put, argument, shape
        self._clear, self._cleared = clear, cleared

    def put(self, api: Api, bucket: str, value: Any) -> None:
        api.call("s3", self._put, Bucket=bucket, **{self._argument: self._shape(value)})

    def clear(self, api: Api, bucket: str) -> None:
        if self._clear:
            api.call("s3", self._clear, Bucket=bucket)
        else:
            api.call("s3", self._put, Bucket=bucket, **{self._argument: self._cleared})


class _Logging(_Setting):
    """Access logs. moto wants the target's bucket policy first; S3 does not, and templates have it the other way."""

    def put(self, api: Api, bucket: str, value: Any) -> None:
        shaped = _logging(value)
        target = (shaped.get("LoggingEnabled") or {}).get("TargetBucket")
        if target is None:
            super().put(api, bucket, value)
            return
        location = (
            api.of_the_service.call("s3", "get_bucket_location", Bucket=target)["LocationConstraint"] or _LEGACY_REGION
        )
        if location != api.region:
            raise ResourceFailure(
                'Resource handler returned message: "Cross S3 location logging is not allowed (Service: S3, '
                'Status Code: 403)" (HandlerErrorCode: InvalidRequest)'
            )
        s3_backends[api.account_id][_PARTITION].buckets[bucket].logging = shaped["LoggingEnabled"]


def _encryption(value: Any) -> dict[str, Any]:
    rules = []
    for rule in value["ServerSideEncryptionConfiguration"]:
        shaped = {}
        if "ServerSideEncryptionByDefault" in rule:
            shaped["ApplyServerSideEncryptionByDefault"] = dict(rule["ServerSideEncryptionByDefault"])
        if "BucketKeyEnabled" in rule:
            shaped["BucketKeyEnabled"] = rule["BucketKeyEnabled"]
        rules.append(shaped)
    return {"Rules": rules}


def _lifecycle(value: Any) -> dict[str, Any]:
    return {"Rules": [_lifecycle_rule(each) for each in value["Rules"]]}


def _lifecycle_rule(rule: Mapping[str, Any]) -> dict[str, Any]:
    shaped: dict[str, Any] = {"Status": rule["Status"]}
    if "Id" in rule:
        shaped["ID"] = rule["Id"]
    expiration = {
        target: rule[source]
        for source, target in (
            ("ExpirationInDays", "Days"),
            ("ExpirationDate", "Date"),
            ("ExpiredObjectDeleteMarker", "ExpiredObjectDeleteMarker"),
        )
        if source in rule
    }
    if expiration:
        shaped["Expiration"] = expiration
    if "AbortIncompleteMultipartUpload" in rule:
        shaped["AbortIncompleteMultipartUpload"] = dict(rule["AbortIncompleteMultipartUpload"])
    older = dict(rule.get("NoncurrentVersionExpiration") or {})
    if "NoncurrentVersionExpirationInDays" in rule:
        older["NoncurrentDays"] = rule["NoncurrentVersionExpirationInDays"]
    if older:
        shaped["NoncurrentVersionExpiration"] = older
    transitions = [*rule.get("Transitions", ()), *([rule["Transition"]] if "Transition" in rule else [])]
    if transitions:
        shaped["Transitions"] = [_transition(each, "TransitionInDays", "Days") for each in transitions]
    if "NoncurrentVersionTransitions" in rule:
        shaped["NoncurrentVersionTransitions"] = [
            _transition(each, "TransitionInDays", "NoncurrentDays") for each in rule["NoncurrentVersionTransitions"]
        ]
    shaped["Filter"] = _filter(rule)
    return shaped


def _transition(each: Mapping[str, Any], source: str, target: str) -> dict[str, Any]:
    return {target if key == source else key: value for key, value in each.items()}


def _filter(rule: Mapping[str, Any]) -> dict[str, Any]:
    tags = [dict(each) for each in rule.get("TagFilters", ())]
    parts: dict[str, Any] = {}
    if "Prefix" in rule:
        parts["Prefix"] = rule["Prefix"]
    for key in ("ObjectSizeGreaterThan", "ObjectSizeLessThan"):
        if key in rule:
            parts[key] = int(rule[key])
    if len(parts) + len(tags) > 1:
        return {"And": {**parts, **({"Tags": tags} if tags else {})}}
    return {"Tag": tags[0]} if tags else parts or {"Prefix": ""}


def _logging(value: Any) -> dict[str, Any]:
    if "DestinationBucketName" not in value:
        return {}
    target = {"TargetBucket": value["DestinationBucketName"], "TargetPrefix": value.get("LogFilePrefix", "")}
    return {"LoggingEnabled": target}


def _notification(value: Any) -> dict[str, Any]:
    shaped: dict[str, Any] = {}
    enabled = (value.get("EventBridgeConfiguration") or {}).get(
        "EventBridgeEnabled", "EventBridgeConfiguration" in value
    )
    if str(enabled).lower() == "true":
        shaped["EventBridgeConfiguration"] = {}
    for source, member, target, arn in (
        ("TopicConfigurations", "Topic", "TopicConfigurations", "TopicArn"),
        ("QueueConfigurations", "Queue", "QueueConfigurations", "QueueArn"),
        ("LambdaConfigurations", "Function", "LambdaFunctionConfigurations", "LambdaFunctionArn"),
    ):
        if value.get(source):
            shaped[target] = [_notified(each, member, arn) for each in value[source]]
    return shaped


def _notified(each: Mapping[str, Any], member: str, arn: str) -> dict[str, Any]:
    shaped: dict[str, Any] = {arn: each[member], "Events": [each["Event"]]}
    rules = ((each.get("Filter") or {}).get("S3Key") or {}).get("Rules")
    if rules:
        shaped["Filter"] = {"Key": {"FilterRules": [dict(rule) for rule in rules]}}
    return shaped


def _cors(value: Any) -> dict[str, Any]:
    names = {"MaxAge": "MaxAgeSeconds", "ExposedHeaders": "ExposeHeaders", "Id": "ID"}
    return {"CORSRules": [{names.get(key, key): item for key, item in rule.items()} for rule in value["CorsRules"]]}


def _object_lock(value: Any) -> dict[str, Any]:
    return {"ObjectLockEnabled": "Enabled", **{key: dict(item) for key, item in value.items() if key == "Rule"}}


# Versioning before what needs it (object lock).
_SETTINGS: Mapping[str, _Setting] = {
    "VersioningConfiguration": _Setting(
        "put_bucket_versioning", "VersioningConfiguration", dict, cleared={"Status": "Suspended"}
    ),
    "BucketEncryption": _Setting(
        "put_bucket_encryption", "ServerSideEncryptionConfiguration", _encryption, clear="delete_bucket_encryption"
    ),
    "PublicAccessBlockConfiguration": _Setting(
        "put_public_access_block", "PublicAccessBlockConfiguration", dict, clear="delete_public_access_block"
    ),
    "OwnershipControls": _Setting(
        "put_bucket_ownership_controls", "OwnershipControls", dict, clear="delete_bucket_ownership_controls"
    ),
    "LifecycleConfiguration": _Setting(
        "put_bucket_lifecycle_configuration", "LifecycleConfiguration", _lifecycle, clear="delete_bucket_lifecycle"
    ),
    "LoggingConfiguration": _Logging("put_bucket_logging", "BucketLoggingStatus", _logging, cleared={}),
    "CorsConfiguration": _Setting("put_bucket_cors", "CORSConfiguration", _cors, clear="delete_bucket_cors"),
    "NotificationConfiguration": _Setting(
        "put_bucket_notification_configuration", "NotificationConfiguration", _notification, cleared={}
    ),
    "ObjectLockConfiguration": _Setting(
        "put_object_lock_configuration",
        "ObjectLockConfiguration",
        _object_lock,
        cleared={"ObjectLockEnabled": "Enabled"},
    ),
}


class BucketPolicy(Handler):
    """AWS::S3::BucketPolicy."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        bucket = str(request.properties["Bucket"])
        if api.attempt("s3", "get_bucket_policy", Bucket=bucket) is not None:
            raise exists(f"The bucket policy already exists on bucket {bucket}.")
        return bucket

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        document = request.properties["PolicyDocument"]
        policy = document if isinstance(document, str) else json.dumps(document)
        api.call("s3", "put_bucket_policy", Bucket=physical_id, Policy=policy)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        try:
            api.call("s3", "delete_bucket_policy", Bucket=physical_id)
        except ResourceFailure as failure:
            if not is_absent(failure):
                raise


HANDLERS: Mapping[str, Handler] = {"AWS::S3::Bucket": Bucket(), "AWS::S3::BucketPolicy": BucketPolicy()}
