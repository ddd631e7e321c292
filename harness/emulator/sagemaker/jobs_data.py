"""Data of jobs between S3 and the folders of a sandbox, as the job's role. Failures are told in SageMaker's words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from botocore.exceptions import ClientError

from harness.emulator import acting
from harness.emulator.identity import Session
from harness.emulator.sagemaker.jobs_model import JobError


@dataclass(frozen=True)
class Location:
    """Bucket and key, or the beginning of keys."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        """s3://bucket/key."""
        return f"s3://{self.bucket}/{self.key}"


def location(uri: str) -> Location:
    """What an s3:// URI names. Raises JobError."""
    if not uri.startswith("s3://"):
        raise JobError(f"ClientError: Invalid S3 URI {uri}")
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return Location(bucket, key)


class Store:
    """S3 as the role of one job sees it."""

    def __init__(self, session: Session, region: str) -> None:
        self._s3 = acting.client("s3", region, session)
        self._region = region
        self._role = session.caller.principal_arn

    def demand(self, uri: str) -> None:
        """Raises JobError where nothing is below a prefix, or the role may not look: cheaper than `entries`."""
        where = location(uri)
        try:
            answer = self._s3.list_objects_v2(Bucket=where.bucket, Prefix=where.key, MaxKeys=1)
        except ClientError as error:
            told = error.response["Error"].get("Message", "")
            raise JobError(f"{self.nothing(uri)} Error message from S3: {told}") from None
        if not answer.get("Contents"):
            raise JobError(self.nothing(uri))

    def download(self, uri: str, folder: Path, data_type: str = "S3Prefix") -> list[Path]:
        """Fetches an object, everything below a prefix, or what a manifest lists; gives the files, by name.

        Raises JobError, also where there is nothing.
        """
        files = []
        for where, name in self.entries(uri, data_type):
            file = folder / name
            if ".." in PurePosixPath(name).parts:
                raise JobError(f"ClientError: Data download failed: the key {where.uri} leads out of its folder")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(self.read(where.uri))
            files.append(file)
        return files

    def entries(self, uri: str, data_type: str = "S3Prefix") -> list[tuple[Location, str]]:
        """The objects that an input names, each with its name below the input's folder. Raises JobError for none."""
        listed = self._manifest(uri) if data_type == "ManifestFile" else [(uri, uri)]
        found = [each for part, base in listed for each in self._below(part, base)]
        if not found:
            raise JobError(f"ClientError: {self.nothing(uri)}")
        return found

    def nothing(self, uri: str) -> str:
        """What SageMaker says of an input that names no object."""
        return (
            f'No S3 objects found under S3 URL "{uri}" given in input data source. Please ensure that the bucket '
            f"exists in the selected region ({self._region}), that objects exist under that S3 prefix, and that the "
            f'role "{self._role}" has "s3:ListBucket" permissions on bucket "{location(uri).bucket}".'
        )

    def read(self, uri: str) -> bytes:
        """An object's content. Raises JobError."""
        where = location(uri)
        try:
            content: bytes = self._s3.get_object(Bucket=where.bucket, Key=where.key)["Body"].read()
        except ClientError as error:
            raise JobError(f"ClientError: Data download failed:{_told(error)}") from None
        return content

    def upload(self, folder: Path, uri: str, key: str | None) -> None:
        """Puts every file below a folder under a URI. `key`: the KMS key to encrypt with. Raises JobError."""
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            self.write(f"{uri.rstrip('/')}/{file.relative_to(folder).as_posix()}", file.read_bytes(), key)

    def write(self, uri: str, content: bytes, key: str | None) -> None:
        """Puts one object. Raises JobError."""
        where = location(uri)
        encryption = {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key} if key else {}
        try:
            self._s3.put_object(Bucket=where.bucket, Key=where.key, Body=content, **encryption)
        except ClientError as error:
            raise JobError(f"ClientError: Data upload failed:{_told(error)}") from None

    def _below(self, uri: str, base: str) -> Iterator[tuple[Location, str]]:
        where, top = location(uri), location(base).key
        for entry in self._listed(where):
            key = str(entry["Key"])
            if key.endswith("/"):  # a folder that the console made
                continue
            yield Location(where.bucket, key), _name(key, top)

    def _listed(self, where: Location) -> Iterator[Mapping[str, Any]]:
        try:
            for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=where.bucket, Prefix=where.key):
                yield from page.get("Contents", ())
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucket":
                raise JobError(f"ClientError: {self.nothing(where.uri)}") from None
            raise JobError(f"ClientError: Data download failed:{_told(error)}") from None

    def _manifest(self, uri: str) -> list[tuple[str, str]]:
        try:
            lines = json.loads(self.read(uri))
            prefix = str(lines[0]["prefix"])
            return [(prefix + str(each), prefix) for each in lines[1:]]
        except (ValueError, LookupError, TypeError):
            raise JobError(f"ClientError: The manifest {uri} is no list that begins with a prefix") from None


def _name(key: str, top: str) -> str:
    """Where an object goes below the input's folder: under its name, or its way from the prefix on."""
    if key == top:
        return PurePosixPath(key).name
    folder = top if top.endswith("/") or not top else f"{top}/"
    if key.startswith(folder):
        return key.removeprefix(folder)
    return key.removeprefix(top.rpartition("/")[0]).lstrip("/")


def _told(error: ClientError) -> str:
    told, status = error.response["Error"], error.response["ResponseMetadata"]["HTTPStatusCode"]
    return f"{told['Code']} ({status}): {told.get('Message', told['Code'])}"
