"""Copies of the emulated S3 that must not replace anything."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from tests.unit.emulator.conftest import Tenant


def test_a_copy_that_must_not_replace_does_not(tenant: Tenant) -> None:
    s3, bucket = tenant.client("s3"), f"copies-{tenant.id}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=bucket, Key="one", Body=b"one")
    source = {"Bucket": bucket, "Key": "one"}
    s3.copy_object(Bucket=bucket, Key="two", CopySource=source, IfNoneMatch="*")
    s3.put_object(Bucket=bucket, Key="one", Body=b"other")
    with pytest.raises(ClientError, match="PreconditionFailed"):
        s3.copy_object(Bucket=bucket, Key="two", CopySource=source, IfNoneMatch="*")
    assert s3.get_object(Bucket=bucket, Key="two")["Body"].read() == b"one"
    s3.copy_object(Bucket=bucket, Key="two", CopySource=source)  # without the condition it replaces, as ever
    assert s3.get_object(Bucket=bucket, Key="two")["Body"].read() == b"other"
