"""Copies a container image from one ECR repository to another of the same region, layer by layer, without docker."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

from model_delivery.refusal import RefusedError

PART = 20 * 1024 * 1024  # bytes; ECR takes parts of 5 MiB to 20 MiB
_LISTS = (
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.index.v1+json",
)
_MANIFESTS = (
    "application/vnd.docker.distribution.manifest.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
)
Fetch = Callable[[str], Iterator[bytes]]


def copy(ecr: Any, image: str, repository: str, tag: str, fetch: Fetch) -> None:
    """Copies `image` (registry/repository:tag or @digest) to `repository` (registry/repository) under a tag.

    A tag that is there already stays: tags are immutable, and the version that it names is the same.
    Raises RefusedError.
    """
    source_registry, source_name, identifier = parse(image)
    registry, _, name = repository.partition("/")
    account = registry.partition(".")[0]
    if _images(ecr, account, name, {"imageTag": tag}):
        return
    found = _images(ecr, source_registry.partition(".")[0], source_name, identifier)
    if not found:
        raise RefusedError(f"The image {image} is not there.")
    manifest = json.loads(found[0]["imageManifest"])
    if manifest.get("mediaType") in _LISTS:
        raise RefusedError(f"The image {image} is a list of images for several machines; name the one to deploy.")
    for layer in [manifest["config"], *manifest["layers"]]:
        _copy_layer(ecr, source_registry.partition(".")[0], source_name, account, name, layer["digest"], fetch)
    ecr.put_image(registryId=account, repositoryName=name, imageTag=tag, imageManifest=found[0]["imageManifest"])


def parse(image: str) -> tuple[str, str, dict[str, str]]:
    """Registry, repository, and the tag or digest as ECR's API takes it."""
    registry, _, rest = image.partition("/")
    if "@" in rest:
        name, _, digest = rest.partition("@")
        return registry, name, {"imageDigest": digest}
    name, _, tag = rest.partition(":")
    return registry, name, {"imageTag": tag or "latest"}


def fetch(url: str) -> Iterator[bytes]:
    """The content of a layer, in parts, from the address that ECR signed for it."""
    if not url.startswith(("https://", "http://")):  # ECR checks the digest of what arrives, however it came
        raise RefusedError(f"ECR gave an address that is none of S3's: {url[:80]}")
    with urllib.request.urlopen(url, timeout=60) as answer:
        while part := answer.read(PART):
            yield part


def _images(ecr: Any, account: str, name: str, identifier: dict[str, str]) -> list[dict[str, Any]]:
    answer = ecr.batch_get_image(
        registryId=account, repositoryName=name, imageIds=[identifier], acceptedMediaTypes=[*_MANIFESTS, *_LISTS]
    )
    images: list[dict[str, Any]] = answer["images"]
    return images


def _copy_layer(
    ecr: Any, source_account: str, source_name: str, account: str, name: str, digest: str, fetch: Fetch
) -> None:
    there = ecr.batch_check_layer_availability(registryId=account, repositoryName=name, layerDigests=[digest])
    if any(each.get("layerAvailability") == "AVAILABLE" for each in there["layers"]):
        return
    url = ecr.get_download_url_for_layer(registryId=source_account, repositoryName=source_name, layerDigest=digest)
    upload = ecr.initiate_layer_upload(registryId=account, repositoryName=name)["uploadId"]
    first = 0
    for part in fetch(url["downloadUrl"]):
        ecr.upload_layer_part(
            registryId=account,
            repositoryName=name,
            uploadId=upload,
            partFirstByte=first,
            partLastByte=first + len(part) - 1,
            layerPartBlob=part,
        )
        first += len(part)
    ecr.complete_layer_upload(registryId=account, repositoryName=name, uploadId=upload, layerDigests=[digest])
