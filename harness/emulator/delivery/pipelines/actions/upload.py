"""Deploy actions of S3: an artifact, whole or unpacked, into a bucket."""

from __future__ import annotations

import tempfile
from pathlib import Path

from harness.emulator.delivery import archives
from harness.emulator.delivery.pipelines.context import ActionError, Context
from harness.emulator.delivery.pipelines.model import Outcome


def start(context: Context) -> Outcome:
    """Puts the input artifact under ObjectKey."""
    (name,) = context.run.inputs
    bucket, key = context.get("BucketName"), context.get("ObjectKey")
    s3, more = context.client("s3"), _parameters(context)
    content = context.input(name)
    if context.get("Extract").lower() != "true":
        if not key:
            raise ActionError("ObjectKey is required where Extract is false", "ConfigurationError")
        s3.put_object(Bucket=bucket, Key=key, Body=content, **more)
        return Outcome(summary="Deployment Succeeded")
    prefix = f"{key.strip('/')}/" if key else ""
    with tempfile.TemporaryDirectory(prefix="codepipeline-") as folder:
        try:
            archives.unpack(content, Path(folder))
        except archives.NotAnArchiveError as error:
            raise ActionError(f"Artifact {name} cannot be extracted: {error}") from None
        for path in sorted(each for each in Path(folder).rglob("*") if each.is_file()):
            inside = path.relative_to(folder).as_posix()
            s3.put_object(Bucket=bucket, Key=prefix + inside, Body=path.read_bytes(), **more)
    return Outcome(summary="Deployment Succeeded")


def _parameters(context: Context) -> dict[str, str]:
    found = {"CacheControl": context.get("CacheControl"), "ACL": context.get("CannedACL")}
    if key := context.get("KMSEncryptionKeyARN"):
        found |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}
    return {name: value for name, value in found.items() if value}
