"""Copies of images: layer by layer, each once, and nothing that is there already."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from delivery_samples import IMAGE, PROD

from model_delivery.images import copy, fetch, parse
from model_delivery.refusal import RefusedError

TARGET = f"{PROD}.dkr.ecr.eu-west-1.amazonaws.com/models/churn"
MANIFEST = {
    "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
    "config": {"digest": "sha256:c"},
    "layers": [{"digest": "sha256:one"}, {"digest": "sha256:two"}],
}


class Repositories:
    """ECR with one image in the source repository, and what was put into the target."""

    def __init__(self, manifest: dict[str, Any], there: set[str] = frozenset()) -> None:  # type: ignore[assignment]
        self._source = manifest
        self.layers: dict[str, bytes] = dict.fromkeys(there, b"")
        self.tags: dict[str, str] = {}
        self._upload = b""

    def batch_get_image(self, *, repositoryName: str, imageIds: list[dict[str, str]], **_: Any) -> dict[str, Any]:  # noqa: N803
        if repositoryName == "models/churn":
            text = self.tags.get(imageIds[0]["imageTag"])
            return {"images": [{"imageManifest": text}] if text else []}
        return {"images": [{"imageManifest": json.dumps(self._source)}] if self._source else []}

    def batch_check_layer_availability(self, *, layerDigests: list[str], **_: Any) -> dict[str, Any]:  # noqa: N803
        return {
            "layers": [
                {"layerAvailability": "AVAILABLE" if each in self.layers else "UNAVAILABLE"} for each in layerDigests
            ]
        }

    def get_download_url_for_layer(self, *, layerDigest: str, **_: Any) -> dict[str, Any]:  # noqa: N803
        return {"downloadUrl": f"https://layers.example.com/{layerDigest}"}

    def initiate_layer_upload(self, **_: Any) -> dict[str, Any]:
        self._upload = b""
        return {"uploadId": "u"}

    def upload_layer_part(self, *, partFirstByte: int, partLastByte: int, layerPartBlob: bytes, **_: Any) -> None:  # noqa: N803
        assert (partFirstByte, partLastByte) == (len(self._upload), len(self._upload) + len(layerPartBlob) - 1)
        self._upload += layerPartBlob

    def complete_layer_upload(self, *, layerDigests: list[str], **_: Any) -> None:  # noqa: N803
        self.layers[layerDigests[0]] = self._upload

    def put_image(self, *, imageTag: str, imageManifest: str, **_: Any) -> None:  # noqa: N803
        self.tags[imageTag] = imageManifest


def layers(url: str) -> Iterator[bytes]:
    yield b"first of "
    yield url.rpartition("/")[2].encode()


def test_an_image_is_copied_with_its_layers() -> None:
    ecr = Repositories(MANIFEST)
    copy(ecr, IMAGE, TARGET, "version-7", layers)
    assert ecr.layers["sha256:two"] == b"first of sha256:two"
    assert set(ecr.layers) == {"sha256:c", "sha256:one", "sha256:two"}
    assert json.loads(ecr.tags["version-7"]) == MANIFEST


def test_layers_that_are_there_are_not_copied_again() -> None:
    ecr = Repositories(MANIFEST, {"sha256:one"})
    copy(ecr, IMAGE, TARGET, "version-7", layers)
    assert ecr.layers["sha256:one"] == b""


def test_a_tag_that_is_there_stays() -> None:
    ecr = Repositories(MANIFEST)
    ecr.tags["version-7"] = "as it was"
    copy(ecr, IMAGE, TARGET, "version-7", layers)
    assert ecr.tags == {"version-7": "as it was"}
    assert not ecr.layers


def test_an_image_that_is_not_there_is_named() -> None:
    with pytest.raises(RefusedError, match=f"The image {IMAGE} is not there"):
        copy(Repositories({}), IMAGE, TARGET, "version-7", layers)


def test_an_image_for_several_machines_is_refused() -> None:
    manifest = {"mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}
    with pytest.raises(RefusedError, match="is a list of images for several machines"):
        copy(Repositories(manifest), IMAGE, TARGET, "version-7", layers)


def test_images_are_named_by_tag_or_digest() -> None:
    assert parse("r/platform/inference:1.0") == ("r", "platform/inference", {"imageTag": "1.0"})
    assert parse("r/platform/inference@sha256:ab") == ("r", "platform/inference", {"imageDigest": "sha256:ab"})


def test_layers_come_from_signed_addresses_only() -> None:
    with pytest.raises(RefusedError, match="an address that is none of S3's"):
        next(fetch("file:///etc/hosts"))
