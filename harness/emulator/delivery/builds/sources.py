"""Fetches a build's sources into its sandbox, as its service role: from S3, a pipeline's artifacts, or a repository."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.emulator.delivery import archives, repositories
from harness.emulator.delivery.archives import NotAnArchiveError
from harness.emulator.delivery.builds.failures import PhaseError, of_client
from harness.emulator.delivery.builds.model import Build
from harness.emulator.delivery.builds.projects import REPOSITORIES

_ARN = "arn:aws:s3:::"
_REPOSITORY = re.compile(r"https?://[^/]+/(?P<id>.+?)(?:\.git)?/?")
_DEFAULT_FILE = "buildspec.yml"


def fetch(source: Mapping[str, Any], version: str, folder: Path, s3: Any) -> str:
    """Puts a source into a folder; gives the version that it was. Raises PhaseError."""
    kind = source["type"]
    folder.mkdir(parents=True, exist_ok=True)
    if kind == "NO_SOURCE":
        return ""
    if kind == "CODEPIPELINE":
        bucket, key = location(version)
        return _archive(s3, bucket, key, "", folder)
    if kind == "S3":
        bucket, key = location(str(source["location"]))
        if key.endswith("/"):
            return _prefix(s3, bucket, key, folder)
        return _archive(s3, bucket, key, version, folder)
    if kind in REPOSITORIES:
        return _repository(source, version, folder)
    raise PhaseError("CLIENT_ERROR", f"the emulated landscape does not model sources of type {kind}")


def buildspec(build: Build, folder: Path, s3: Any) -> str:
    """The text of the build's buildspec: inline, an object of S3, or a file of the source. Raises PhaseError."""
    given = str(build.settings["source"].get("buildspec") or "")
    if "\n" in given or given.lstrip().startswith(("version", "{")):
        return given
    if given.startswith(_ARN):
        bucket, key = location(given)
        return _object(s3, bucket, key, "")[0].decode(errors="replace")
    path = folder / (given or _DEFAULT_FILE)
    if not path.resolve().is_relative_to(folder.resolve()) or not path.is_file():
        raise PhaseError("YAML_FILE_ERROR", f"stat {given or _DEFAULT_FILE}: no such file or directory")
    return path.read_text(errors="replace")


def location(text: str) -> tuple[str, str]:
    """Bucket and key of `arn:aws:s3:::bucket/key` or `bucket/key`."""
    bucket, _, key = text.removeprefix(_ARN).partition("/")
    return bucket, key


def _object(s3: Any, bucket: str, key: str, version: str) -> tuple[bytes, str]:
    try:
        found = s3.get_object(Bucket=bucket, Key=key, **({"VersionId": version} if version else {}))
        return found["Body"].read(), str(found.get("VersionId") or "")
    except (ClientError, BotoCoreError) as error:
        raise of_client(error, f"getting the object {key} of bucket {bucket}") from error


def _archive(s3: Any, bucket: str, key: str, version: str, folder: Path) -> str:
    content, found = _object(s3, bucket, key, version)
    try:
        archives.unpack(content, folder)
    except NotAnArchiveError as error:
        raise PhaseError("CLIENT_ERROR", f"unpacking {bucket}/{key}: {error}") from None
    return found or f"{_ARN}{bucket}/{key}"


def _prefix(s3: Any, bucket: str, prefix: str, folder: Path) -> str:
    try:
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [each["Key"] for page in pages for each in page.get("Contents", ())]
    except (ClientError, BotoCoreError) as error:
        raise of_client(error, f"listing {prefix} of bucket {bucket}") from error
    for key in keys:
        if not key.endswith("/"):
            path = folder / key.removeprefix(prefix)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_object(s3, bucket, key, "")[0])
    return f"{_ARN}{bucket}/{prefix}"


def _repository(source: Mapping[str, Any], version: str, folder: Path) -> str:
    connection = (source.get("auth") or {}).get("resource", "")
    match = _REPOSITORY.fullmatch(str(source["location"]))
    identifier = match["id"] if match else str(source["location"])
    try:
        repository = repositories.find(connection, identifier)
        commit = repositories.resolve(repository, version or "HEAD")
        archives.unpack(repositories.archive(repository, commit.id), folder)
    except repositories.RepositoryError as error:
        message = f"{error} (a source needs a CodeConnections connection with a registered repository)"
        raise PhaseError("CLIENT_ERROR", message) from None
    return commit.id
