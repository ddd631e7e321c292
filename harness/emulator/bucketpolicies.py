"""Bucket policies of the emulated S3: kept only if they can be read, and asked for what is read without a call of S3.

Calls of S3 are decided at the door (`enforcement`); moto's own reading of policies, which knows no conditions and no
other accounts, is put aside.
"""

from __future__ import annotations

from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, S3Backend, s3_backends

from harness.emulator import policy
from harness.emulator.identity import PARTITION, Caller
from harness.iam import Kind, Policy, UnreadablePolicyError


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
    arn = f"arn:{PARTITION}:s3:::{bucket}" + (f"/{key}" if key else "")
    text = document.decode() if isinstance(document, bytes) else document
    context = {**policy.context_of(who), "s3:TlsVersion": "1.3"}
    return policy.lets_in(text, policy.principal(who), f"s3:{action}", arn, context)


class MalformedPolicyError(S3ClientError):  # type: ignore[misc] # moto is not typed for us
    """What S3 answers to a policy that cannot be read."""

    def __init__(self, problem: str) -> None:
        super().__init__("MalformedPolicy", problem)


_put = S3Backend.put_bucket_policy


def _put_readable(backend: S3Backend, bucket_name: str, text: bytes) -> None:
    try:
        Policy.read(text.decode(), Kind.RESOURCE, bucket_name)
    except UnreadablePolicyError as error:
        raise MalformedPolicyError(str(error)) from None
    _put(backend, bucket_name, text)


def _decided_at_the_door(*_: Any) -> Any:
    return PermissionResult.NEUTRAL


def install() -> None:
    """Replaces moto's reading of bucket policies; a second call changes nothing."""
    FakeBucket.get_permission = _decided_at_the_door
    S3Backend.put_bucket_policy = _put_readable
