"""Images of pipeline steps in the emulated hub: what the platform team copies there. They hold no layers."""

from __future__ import annotations

import hashlib
import json

from botocore.exceptions import ClientError

from harness.catalog.model import Catalog
from harness.emulator.clients import administrator
from harness.emulator.server import Emulator

REPOSITORIES = ("platform/pipeline-steps", "platform/inference")
TAG = "xgboost-3.0-5"  # SageMaker's XGBoost framework container; docs/foundations.md says how it gets there


def push(catalog: Catalog, emulator: Emulator) -> None:
    """Puts an image under each repository and region of the hub that the foundation made. Those that are there stay."""
    for region in catalog.regions:
        ecr = administrator("ecr", catalog.landscape.hub.account, region, emulator.url)
        there = {each["repositoryName"] for each in ecr.describe_repositories()["repositories"]}
        for name in there.intersection(REPOSITORIES):
            try:
                ecr.put_image(repositoryName=name, imageTag=TAG, imageManifest=_manifest(name))
            except ClientError as error:
                if error.response["Error"]["Code"] != "ImageAlreadyExistsException":
                    raise


def _manifest(name: str) -> str:
    digest = hashlib.sha256(f"{name}:{TAG}".encode()).hexdigest()
    return json.dumps(
        {
            "schemaVersion": 2,
            "mediaType": "application/vnd.docker.distribution.manifest.v2+json",
            "config": {
                "mediaType": "application/vnd.docker.container.image.v1+json",
                "size": 0,
                "digest": f"sha256:{digest}",
            },
            "layers": [],
        }
    )
