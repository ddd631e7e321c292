"""Bucket policies in the emulated S3, which moto reads without their conditions and never for other accounts.

A bucket's own account may do what no unconditional statement denies: so a denial of unencrypted requests does not
deny every request. Another account may do what a statement allows it, conditions on its identity included.
Access control lists, block-public-access settings and the callers' own policies are not judged.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from moto.iam.access_control import IAMPolicy, PermissionResult
from moto.s3.exceptions import BucketAccessDeniedError, S3ClientError
from moto.s3.models import FakeBucket, S3Backend, s3_backends
from moto.s3.responses import S3Response

from harness.emulator import identity, organization, policy
from harness.emulator.identity import PARTITION, Caller

_ACTIONS = {"HeadBucket": "ListBucket"}  # what moto calls an action → what policies call it


def unconditional(text: str) -> str:
    """The policy without its conditional statements."""
    document = json.loads(text)
    return json.dumps(
        {**document, "Statement": [each for each in policy.statements(document) if not each.get("Condition")]}
    )


def owner_of(bucket: str) -> str | None:
    """The account that a bucket belongs to; None: there is no such bucket."""
    found: tuple[str, str] | None = s3_backends.bucket_accounts.get(bucket)
    return found[1] if found else None


def may(who: Caller, action: str, bucket: str, key: str | None = None) -> bool:
    """Whether the owner of a bucket lets that caller in: it is the owner, or the bucket policy says so."""
    owner = owner_of(bucket)
    if owner is None or owner == who.account_id:
        return True
    document = s3_backends[owner][PARTITION].buckets[bucket].policy
    if document is None:
        return False
    arn = f"arn:{PARTITION}:s3:::{bucket}" + (f"/{key}" if key else "")
    verdicts = [
        statement["Effect"]
        for statement in policy.statements(json.loads(document))
        if _applies(statement, who, f"s3:{_ACTIONS.get(action, action)}", arn)
    ]
    return "Allow" in verdicts and "Deny" not in verdicts


def _applies(statement: Mapping[str, Any], who: Caller, action: str, arn: str) -> bool:
    context = {
        "aws:PrincipalArn": who.principal_arn,
        "aws:PrincipalAccount": who.account_id,
        "aws:PrincipalOrgID": organization.organization_of(who.account_id) or None,
        "aws:SecureTransport": "true",  # the emulator stands for endpoints that speak TLS
    }
    try:
        return (
            policy.covers_action(statement, action)
            and policy.covers_resource(statement, arn)
            and policy.names(statement, who)
            and policy.conditions_hold(statement, context)
        )
    except policy.UnreadablePolicyError:
        return False


def _permission(bucket: FakeBucket, action: str, resource: str) -> Any:
    if bucket.policy is None:
        return PermissionResult.NEUTRAL
    return IAMPolicy(unconditional(bucket.policy.decode())).is_action_permitted(action, resource)


_authorize = S3Response._authenticate_and_authorize_s3_action


def _authorized(response: S3Response, bucket_name: str | None = None, key_name: str | None = None) -> None:
    _authorize(response, bucket_name, key_name)
    who, action = identity.caller_of(response), str(response.data["Action"])
    if bucket_name and action != "CreateBucket" and not may(who, action, bucket_name, key_name):
        raise BucketAccessDeniedError(bucket=bucket_name)
    if source := response.headers.get("x-amz-copy-source"):
        bucket, _, key = unquote(source).partition("?")[0].lstrip("/").partition("/")
        if not may(who, "GetObject", bucket, key):
            raise BucketAccessDeniedError(bucket=bucket)


class MalformedPolicyError(S3ClientError):  # type: ignore[misc] # moto is not typed for us
    """What S3 answers to a policy that cannot be read."""

    def __init__(self) -> None:
        super().__init__("MalformedPolicy", "Policies must be valid JSON and the first byte must be '{'")


_put = S3Backend.put_bucket_policy


def _put_readable(backend: S3Backend, bucket_name: str, text: bytes) -> None:
    try:
        readable = isinstance(json.loads(text), dict)
    except ValueError:
        readable = False
    if not readable:
        raise MalformedPolicyError
    _put(backend, bucket_name, text)


def install() -> None:
    """Replaces moto's reading of bucket policies; a second call changes nothing."""
    FakeBucket.get_permission = _permission
    S3Backend.put_bucket_policy = _put_readable
    S3Response._authenticate_and_authorize_s3_action = _authorized
