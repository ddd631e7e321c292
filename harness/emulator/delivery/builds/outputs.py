"""What a build gives: picks the files that its buildspec names and puts them into S3, as its service role."""

from __future__ import annotations

import fnmatch
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from harness.documents.buildspecs import Artifacts
from harness.emulator.delivery import archives
from harness.emulator.delivery.builds import sources
from harness.emulator.delivery.builds.failures import PhaseError, of_client
from harness.emulator.delivery.builds.model import Build

Files = list[tuple[str, Path]]  # name in the artifact, path


def chosen(artifacts: Artifacts, source: Path) -> Files:
    """The files of an artifact. Raises PhaseError where its folder or its files are not there."""
    bases = _bases(artifacts.base_directory, source)
    if not bases:
        message = f"no matching base directory path found for {artifacts.base_directory}"
        raise PhaseError("CLIENT_ERROR", message)
    found: dict[str, Path] = {}
    for base in bases:
        for pattern in artifacts.files:
            for path in _matching(base, pattern):
                name = path.name if artifacts.discard_paths else path.relative_to(base).as_posix()
                if not any(fnmatch.fnmatch(name, each) for each in artifacts.exclude_paths):
                    found[name] = path
    if not found:
        raise PhaseError("CLIENT_ERROR", "no matching artifact paths found")
    return sorted(found.items())


def _bases(pattern: str, source: Path) -> list[Path]:
    if not pattern:
        return [source]
    path = Path(pattern)
    if path.is_absolute():
        return [path] if path.is_dir() else []
    return sorted(each for each in source.glob(pattern.rstrip("/")) if each.is_dir())


def _matching(base: Path, pattern: str) -> Iterator[Path]:
    path = Path(pattern)
    if path.is_absolute():
        yield from (each for each in [path] if each.is_file())
        return
    text = pattern.removeprefix("./")
    if (base / text).is_dir():  # a folder alone names nothing; its files are named by **/*
        return
    # pathlib's ** matches folders only.
    for each in base.glob(text + "/*" if text.endswith("**") else text):
        if each.is_file():
            yield each


def upload(build: Build, settings: Mapping[str, Any], artifacts: Artifacts, name: str, source: Path, s3: Any) -> None:
    """Puts an artifact where its settings say, and notes it in the build. `name`: what the buildspec calls it.

    Raises PhaseError.
    """
    identifier = str(settings.get("artifactIdentifier") or "")
    kind = settings["type"]
    if kind == "NO_ARTIFACTS" or not settings.get("location"):  # an action without output artifacts names no place
        return
    files = chosen(artifacts, source)
    if kind == "CODEPIPELINE":
        bucket, key = sources.location(str(settings["location"]))
        build.uploaded[identifier] = _described(settings, bucket, key, _put(build, s3, settings, bucket, key, files))
        return
    bucket, key = str(settings["location"]), _key(build, settings, name)
    if settings.get("packaging") == "ZIP":
        content = _put(build, s3, settings, bucket, key, files)
    else:
        content = b""
        for inside, path in files:
            _send(build, s3, settings, bucket, f"{key}/{inside}", path.read_bytes())
    build.uploaded[identifier] = _described(settings, bucket, key, content)


def _key(build: Build, settings: Mapping[str, Any], name: str) -> str:
    own = str(settings.get("name") or build.project)
    last = name if settings.get("overrideArtifactName") and name else own
    parts = [str(settings.get("path") or "").strip("/")]
    if settings.get("namespaceType") == "BUILD_ID":
        parts.append(build.id.rsplit(":", 1)[-1])
    return "/".join(part for part in (*parts, last) if part)


def _put(build: Build, s3: Any, settings: Mapping[str, Any], bucket: str, key: str, files: Files) -> bytes:
    content = archives.packed(files)
    _send(build, s3, settings, bucket, key, content)
    return content


def _send(build: Build, s3: Any, settings: Mapping[str, Any], bucket: str, key: str, content: bytes) -> None:
    encrypted: dict[str, str] = {}
    if not settings.get("encryptionDisabled"):
        encrypted = {"ServerSideEncryption": "aws:kms"}
        if not str(build.settings["encryptionKey"]).endswith("alias/aws/s3"):
            encrypted["SSEKMSKeyId"] = str(build.settings["encryptionKey"])
    try:
        s3.put_object(Bucket=bucket, Key=key, Body=content, **encrypted)
    except (ClientError, BotoCoreError) as error:
        raise of_client(error, f"uploading the artifact {bucket}/{key}") from error


def _described(settings: Mapping[str, Any], bucket: str, key: str, content: bytes) -> dict[str, Any]:
    found: dict[str, Any] = {"location": f"arn:aws:s3:::{bucket}/{key}"}
    if content:
        found["sha256sum"] = hashlib.sha256(content).hexdigest()
        found["md5sum"] = hashlib.md5(content, usedforsecurity=False).hexdigest()
    if settings.get("artifactIdentifier"):
        found["artifactIdentifier"] = settings["artifactIdentifier"]
    return {**found, "encryptionDisabled": bool(settings.get("encryptionDisabled"))}
