"""A version of the model as the registry describes it: what of it a deployment needs. Calls nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_delivery.refusal import RefusedError

# Customer metadata: held-out records with their labels, as the training pipeline registers them.
SAMPLE = "platform:sample"


@dataclass(frozen=True)
class Version:
    """Addresses are S3 URIs in the registry's bucket. `metrics` and `sample` are empty where none were registered.

    `environment`: variables of the container.
    """

    arn: str
    group: str
    number: int
    status: str
    image: str
    artifact: str
    environment: Mapping[str, str]
    metrics: str
    sample: str


def version(described: Mapping[str, Any]) -> Version:
    """An answer of DescribeModelPackage. Raises RefusedError for a version without exactly one container."""
    containers = described.get("InferenceSpecification", {}).get("Containers", [])
    number = int(described["ModelPackageVersion"])
    group = str(described["ModelPackageGroupName"])
    if len(containers) != 1 or not containers[0].get("ModelDataUrl"):
        raise RefusedError(
            f"Version {number} of {group} has {len(containers)} containers with artifacts; a deployment takes one. "
            "Register models with the product training pipeline."
        )
    return Version(
        arn=str(described["ModelPackageArn"]),
        group=group,
        number=number,
        status=str(described.get("ModelApprovalStatus", "")),
        image=str(containers[0]["Image"]),
        artifact=str(containers[0]["ModelDataUrl"]),
        environment=dict(containers[0].get("Environment", {})),
        metrics=described.get("ModelMetrics", {}).get("ModelQuality", {}).get("Statistics", {}).get("S3Uri", ""),
        sample=described.get("CustomerMetadataProperties", {}).get(SAMPLE, ""),
    )


def split_uri(uri: str) -> tuple[str, str]:
    """Bucket and key of s3://bucket/key."""
    bucket, _, key = uri.removeprefix("s3://").partition("/")
    return bucket, key
