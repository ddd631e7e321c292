"""S3: objects and buckets, whose accounts their ARNs do not name; bucket policies; and the key that encrypts an object.

Access control lists and block-public-access settings are not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import parse_qsl, unquote

from moto.s3.models import s3_backends

from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.services import kms
from harness.emulator.enforcement.services.own import same
from harness.emulator.enforcement.table import Context, Need, Table
from harness.emulator.identity import PARTITION
from harness.iam import Kind, Policy

# Operation → action. Source: S3 user guide, "Required permissions for Amazon S3 API operations".
_ON_OBJECTS = {
    "CompleteMultipartUpload": "PutObject",
    "CopyObject": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObjects": "DeleteObject",
    "HeadObject": "GetObject",
    "ListParts": "ListMultipartUploadParts",
    "SelectObjectContent": "GetObject",
    "UploadPart": "PutObject",
    "UploadPartCopy": "PutObject",
    **same("""
        AbortMultipartUpload DeleteObject DeleteObjectTagging GetObject GetObjectAcl GetObjectAttributes
        GetObjectLegalHold GetObjectRetention GetObjectTagging GetObjectTorrent PutObject PutObjectAcl
        PutObjectLegalHold PutObjectRetention PutObjectTagging RestoreObject
    """),
}  # fmt: skip
_ON_BUCKETS = {
    "DeleteBucketCors": "PutBucketCORS",
    "DeleteBucketEncryption": "PutEncryptionConfiguration",
    "DeleteBucketLifecycle": "PutLifecycleConfiguration",
    "DeleteBucketOwnershipControls": "PutBucketOwnershipControls",
    "DeleteBucketReplication": "PutReplicationConfiguration",
    "DeleteBucketTagging": "PutBucketTagging",
    "DeletePublicAccessBlock": "PutBucketPublicAccessBlock",
    "GetBucketAccelerateConfiguration": "GetAccelerateConfiguration",
    "GetBucketCors": "GetBucketCORS",
    "GetBucketEncryption": "GetEncryptionConfiguration",
    "GetBucketLifecycleConfiguration": "GetLifecycleConfiguration",
    "GetBucketNotificationConfiguration": "GetBucketNotification",
    "GetBucketReplication": "GetReplicationConfiguration",
    "GetObjectLockConfiguration": "GetBucketObjectLockConfiguration",
    "GetPublicAccessBlock": "GetBucketPublicAccessBlock",
    "HeadBucket": "ListBucket",
    "ListMultipartUploads": "ListBucketMultipartUploads",
    "ListObjectVersions": "ListBucketVersions",
    "ListObjects": "ListBucket",
    "ListObjectsV2": "ListBucket",
    "PutBucketAccelerateConfiguration": "PutAccelerateConfiguration",
    "PutBucketCors": "PutBucketCORS",
    "PutBucketEncryption": "PutEncryptionConfiguration",
    "PutBucketLifecycleConfiguration": "PutLifecycleConfiguration",
    "PutBucketNotificationConfiguration": "PutBucketNotification",
    "PutBucketReplication": "PutReplicationConfiguration",
    "PutObjectLockConfiguration": "PutBucketObjectLockConfiguration",
    "PutPublicAccessBlock": "PutBucketPublicAccessBlock",
    **same("""
        CreateBucket DeleteBucket DeleteBucketPolicy DeleteBucketWebsite GetBucketAcl GetBucketLocation GetBucketLogging
        GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus GetBucketRequestPayment GetBucketTagging
        GetBucketVersioning GetBucketWebsite PutBucketAcl PutBucketLogging PutBucketOwnershipControls PutBucketPolicy
        PutBucketRequestPayment PutBucketTagging PutBucketVersioning PutBucketWebsite
    """),
}  # fmt: skip
_OF_A_VERSION = {"GetObject", "GetObjectAcl", "GetObjectTagging", "DeleteObject", "DeleteObjectTagging", "PutObjectAcl",
                 "PutObjectTagging", "GetObjectAttributes"}  # fmt: skip
_WRITES = ("CopyObject", "PutObject", "CreateMultipartUpload")
ACTIONS = {**_ON_OBJECTS, **_ON_BUCKETS, "ListBuckets": "ListAllMyBuckets"}


def owner_of(bucket: str) -> str:
    """The account that a bucket belongs to; empty: there is no such bucket."""
    found: tuple[str, str] | None = s3_backends.bucket_accounts.get(bucket)
    return found[1] if found else ""


def bucket_of(arn: str) -> str:
    """The bucket that the ARN of a bucket or an object names."""
    return arn.split(":", 5)[5].partition("/")[0]


def bucket(name: str) -> Any:
    """moto's bucket, or None."""
    owner = owner_of(name)
    return s3_backends[owner][PARTITION].buckets.get(name) if owner else None


def policy(arn: str) -> Policy | None:
    """The policy of the bucket that an ARN is of."""
    found = bucket(bucket_of(arn))
    text = found.policy if found is not None else None
    return (
        Policy.read(text.decode() if isinstance(text, bytes) else text, Kind.RESOURCE, bucket_of(arn)) if text else None
    )


def arn(bucket_name: str, key: str = "") -> str:
    """The ARN of a bucket or an object."""
    return f"arn:{PARTITION}:s3:::{bucket_name}" + (f"/{key}" if key else "")


def needs(asked: Asked) -> Iterator[Need] | None:
    """Every permission that a call takes; None for an operation that is not known here."""
    return _needs(asked) if asked.operation in ACTIONS else None


def _needs(asked: Asked) -> Iterator[Need]:
    name, action = asked.text("Bucket"), ACTIONS[asked.operation]
    if not name:
        yield Need(f"s3:{action}", "*", "", _keys(asked))
        return
    if asked.operation in _ON_BUCKETS:
        yield _need(action, name, "", _keys(asked))
        return
    for key in _object_keys(asked):
        yield _need(_versioned(action, asked.text("VersionId")), name, key, _keys(asked))
    yield from _of_the_source(asked)
    if asked.text("Tagging") and asked.operation in _WRITES:
        yield _need("PutObjectTagging", name, asked.text("Key"), _keys(asked))
    yield from _encryption(asked)


def _need(action: str, bucket_name: str, key: str, context: Context) -> Need:
    resource = arn(bucket_name, key)
    return Need(f"s3:{action}", resource, owner_of(bucket_name), context, policy(resource))


def _versioned(action: str, version: str) -> str:
    if not version or action not in _OF_A_VERSION:
        return action
    return action.replace("Object", "ObjectVersion", 1)


def _object_keys(asked: Asked) -> list[str]:
    if asked.operation == "DeleteObjects":
        return [str(each["Key"]) for each in (asked.get("Delete") or {}).get("Objects", ())]
    return [asked.text("Key")]


def _source(asked: Asked) -> tuple[str, str, str] | None:
    """Bucket, key and version that a copy reads."""
    text = asked.headers.get("x-amz-copy-source", "")
    if not text:
        return None
    path, _, query = text.partition("?")
    name, _, key = unquote(path).lstrip("/").partition("/")
    return name, key, query.removeprefix("versionId=")


def _of_the_source(asked: Asked) -> Iterator[Need]:
    if source := _source(asked):
        name, key, version = source
        yield _need(_versioned("GetObject", version), name, key, _keys(asked))


def _encryption(asked: Asked) -> Iterator[Need]:
    name, key = asked.text("Bucket"), asked.text("Key")
    if asked.operation == "GetObject":
        yield from _to_read(asked, name, key, asked.text("VersionId"))
    elif asked.operation in ("UploadPart", "UploadPartCopy", "CompleteMultipartUpload"):
        yield from _to_write(asked, name, key, ("Decrypt",))
    elif asked.operation in _WRITES:
        actions = ("GenerateDataKey", "Decrypt") if asked.operation == "CreateMultipartUpload" else ("GenerateDataKey",)
        yield from _to_write(asked, name, key, actions)
    if source := _source(asked):
        yield from _to_read(asked, *source)


def _to_read(asked: Asked, name: str, key: str, version: str) -> Iterable[Need]:
    found = bucket(name)
    stored = s3_backends[owner_of(name)][PARTITION].get_object(name, key, version_id=version or None) if found else None
    if stored is None or not str(stored.encryption or "").startswith("aws:kms"):
        return ()
    return _through(asked, name, key, ("Decrypt",), stored.kms_key_id, stored.bucket_key_enabled)


def _to_write(asked: Asked, name: str, key: str, actions: Iterable[str]) -> Iterable[Need]:
    method = asked.headers.get("x-amz-server-side-encryption", "")
    key_id = asked.headers.get("x-amz-server-side-encryption-aws-kms-key-id", "")
    found = bucket(name)
    rule = (found.encryption or {}).get("Rule", {}) if found is not None else {}
    default = rule.get("ApplyServerSideEncryptionByDefault", {})
    if not method:
        method, key_id = default.get("SSEAlgorithm", ""), key_id or default.get("KMSMasterKeyID", "")
    if not method.startswith("aws:kms"):
        return ()
    return _through(asked, name, key, actions, key_id, rule.get("BucketKeyEnabled"))


def _through(
    asked: Asked, name: str, key: str, actions: Iterable[str], key_id: str | None, bucket_key: object
) -> list[Need]:
    owner, found = owner_of(name), bucket(name)
    with_bucket_key = str(bucket_key).lower() == "true"
    context = {"aws:s3:arn": arn(name) if with_bucket_key else arn(name, key)}
    # A key without an account is looked for in the bucket's.
    return kms.through(
        "s3", actions, key_id or "alias/aws/s3", owner, found.region_name, asked.caller.account_id, context
    )


def existing_tags(resource: str) -> dict[str, str]:
    """The tags of an object, or of a bucket."""
    name, _, key = resource.split(":", 5)[5].partition("/")
    owner = owner_of(name)
    if not owner:
        return {}
    backend = s3_backends[owner][PARTITION]
    if not key:
        return dict(backend.tagger.get_tag_dict_for_resource(arn(name)))
    found = backend.get_object(name, key)
    return dict(backend.tagger.get_tag_dict_for_resource(found.arn)) if found is not None else {}


_CREATES = {"CompleteMultipartUpload", "CopyObject", "PostObject", "PutObject"}


def _keys(asked: Asked) -> Context:
    tags = dict(parse_qsl(asked.headers.get("x-amz-tagging", ""), keep_blank_values=True))
    headers = {f"s3:{name}": value for name, value in asked.headers.items() if name.startswith("x-amz-")}
    return {
        **headers,
        **{f"s3:RequestObjectTag/{key}": value for key, value in tags.items()},
        "s3:RequestObjectTagKeys": tuple(tags),
        "s3:prefix": asked.get("Prefix"),
        "s3:delimiter": asked.get("Delimiter"),
        "s3:max-keys": asked.text("MaxKeys") or None,
        "s3:VersionId": asked.text("VersionId") or None,
        "s3:LocationConstraint": (asked.get("CreateBucketConfiguration") or {}).get("LocationConstraint"),
        "s3:TlsVersion": "1.3",  # the emulator stands for endpoints that speak it
        "s3:authType": "REST-HEADER" if asked.headers.get("authorization") else "REST-QUERY-STRING",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "s3:ResourceAccount": owner_of(asked.text("Bucket")) or None,
        "s3:if-match": asked.headers.get("if-match"),
        "s3:if-none-match": asked.headers.get("if-none-match"),
        # parts of an upload make no object yet
        "s3:ObjectCreationOperation": str(asked.operation in _CREATES).lower(),
    }


TABLE = Table(
    prefix="s3",
    whole=needs,
    families=("s3:x-amz-", "s3:requestobjecttag/", "s3:existingobjecttag/"),
    tags=existing_tags,
    policy=policy,
)
