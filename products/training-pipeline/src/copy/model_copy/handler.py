"""Copies inside S3: no byte passes through the function.

What lies in the registry is never replaced; a second try finds its own copies. Every object is copied in parts, even a
small one: what completes an upload takes If-None-Match in any boto3 that a Lambda runtime holds, CopyObject may not.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterator, Mapping
from typing import Any

from model_copy.plan import Copy, Object, addresses, copies, split_uri

LOG = logging.getLogger("model_copy")
LOG.setLevel(logging.INFO)

PART = 512 * 1024**2  # bytes
_MARK = "source-etag"  # metadata of a copy: what it is a copy of


class OccupiedError(Exception):
    """Another object lies where a copy should."""


def handle(event: Mapping[str, str], _context: object) -> dict[str, str]:
    """Lambda's entry. The event holds Run and the addresses of Model, Evaluation, Baseline and Preprocessing."""
    import boto3

    done = copy_run(boto3.client("s3"), event, os.environ["REGISTRY_BUCKET"])
    LOG.info(json.dumps(done))
    return done


def copy_run(s3: Any, event: Mapping[str, str], bucket: str) -> dict[str, str]:
    """Copies one run to the registry's bucket and says where it lies. `s3`: boto3's client."""
    sources = {name: event[name] for name in ("Model", "Preprocessing", "Evaluation", "Baseline")}
    found = {name: list(_objects(s3, uri)) for name, uri in sources.items()}
    for each in copies(event["Run"], sources, found):
        copy(s3, each, bucket)
    return addresses(event["Run"], bucket)


def copy(s3: Any, wanted: Copy, bucket: str, part: int = PART) -> None:
    """One copy, with the target bucket's own encryption. Raises OccupiedError."""
    from botocore.exceptions import ClientError

    try:
        if wanted.source.size:
            _copy_parts(s3, wanted, bucket, part)
        else:  # has no part
            s3.put_object(Bucket=bucket, Key=wanted.target, Metadata={_MARK: wanted.source.etag}, IfNoneMatch="*")
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("PreconditionFailed", "ConditionalRequestConflict"):
            raise
        there = s3.head_object(Bucket=bucket, Key=wanted.target)
        if there["Metadata"].get(_MARK) != wanted.source.etag or there["ContentLength"] != wanted.source.size:
            raise OccupiedError(f"s3://{bucket}/{wanted.target} is there already and is something else") from None


def _copy_parts(s3: Any, wanted: Copy, bucket: str, part: int) -> None:
    target = {"Bucket": bucket, "Key": wanted.target}
    upload = {
        **target,
        "UploadId": s3.create_multipart_upload(**target, Metadata={_MARK: wanted.source.etag})["UploadId"],
    }
    try:
        parts = []
        for number, first in enumerate(range(0, wanted.source.size, part), start=1):
            last = min(first + part, wanted.source.size) - 1
            copied = s3.upload_part_copy(
                **upload,
                PartNumber=number,
                CopySource={"Bucket": wanted.source.bucket, "Key": wanted.source.key},
                CopySourceRange=f"bytes={first}-{last}",
            )
            parts.append({"PartNumber": number, "ETag": copied["CopyPartResult"]["ETag"]})
        s3.complete_multipart_upload(**upload, MultipartUpload={"Parts": parts}, IfNoneMatch="*")
    except Exception:
        s3.abort_multipart_upload(**upload)
        raise


def _objects(s3: Any, uri: str) -> Iterator[Object]:
    bucket, prefix = split_uri(uri)
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", ()):
            yield Object(bucket, each["Key"], each["Size"], each["ETag"].strip('"'))
