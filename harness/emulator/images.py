"""Images of pipeline steps in the emulated hub: what the platform team copies there. Nothing here runs them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from harness.catalog.model import Catalog
from harness.emulator.clients import administrator
from harness.emulator.server import Emulator

REPOSITORIES = ("platform/pipeline-steps", "platform/inference")
TAG = "xgboost-3.0-5"  # SageMaker's XGBoost framework container; docs/foundations.md says how it gets there
_DOCKER = "application/vnd.docker"


def push(catalog: Catalog, emulator: Emulator) -> None:
    """Puts an image under each repository and region of the hub that the foundation made. Those that are there stay."""
    for region in catalog.regions:
        ecr = administrator("ecr", catalog.landscape.hub.account, region, emulator.url)
        there = {each["repositoryName"] for each in ecr.describe_repositories()["repositories"]}
        for name in there.intersection(REPOSITORIES):
            if not ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": TAG}])["images"]:
                ecr.put_image(repositoryName=name, imageTag=TAG, imageManifest=_manifest(ecr, name))


def _manifest(ecr: Any, name: str) -> str:
    """The manifest of an image of one layer, which holds its name and nothing else."""
    config = _upload(ecr, name, json.dumps({"os": "linux", "config": {}}).encode())
    layer = _upload(ecr, name, f"{name}:{TAG}".encode())
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": f"{_DOCKER}.distribution.manifest.v2+json",
            "config": {"mediaType": f"{_DOCKER}.container.image.v1+json", **config},
            "layers": [{"mediaType": f"{_DOCKER}.image.rootfs.diff.tar.gzip", **layer}],
        }
    )


def _upload(ecr: Any, name: str, content: bytes) -> dict[str, Any]:
    """Uploads a layer; gives its size and digest."""
    upload = {"repositoryName": name, "uploadId": ecr.initiate_layer_upload(repositoryName=name)["uploadId"]}
    ecr.upload_layer_part(**upload, partFirstByte=0, partLastByte=len(content) - 1, layerPartBlob=content)
    digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
    ecr.complete_layer_upload(**upload, layerDigests=[digest])
    return {"size": len(content), "digest": digest}
