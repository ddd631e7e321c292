"""Writes of the emulated S3 that must not replace anything, by one or by many at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

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


@pytest.fixture
def hurried() -> Iterator[None]:
    """Threads take turns far more often than they do as a rule."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("hurried")
def test_of_many_who_may_write_if_nothing_is_there_one_does(tenant: Tenant) -> None:
    s3, bucket = tenant.client("s3"), f"locks-{tenant.id}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})

    def wins(key: str) -> bool:
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=b"mine", IfNoneMatch="*")
        except ClientError:
            return False
        return True

    with ThreadPoolExecutor(8) as publishers:
        winners = [sum(publishers.map(wins, [f"lock-{number}"] * 8)) for number in range(30)]
    assert winners == [1] * 30
