"""The action that copies an approved version into an environment, which then depends on no other account (N16)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from model_delivery import action, images
from model_delivery.action import Done, Order
from model_delivery.refusal import RefusedError
from model_delivery.settings import Settings
from model_delivery.versions import Version, split_uri, version


def handle(event: Mapping[str, Any], context: object) -> None:
    """Lambda's entry, called by CodePipeline."""
    import boto3

    from model_delivery.deployer import Deployer

    settings = Settings.read()

    def work(order: Order) -> Done:
        there = Deployer(settings, order.environment)
        found = approved(there.client("sagemaker"), order.package)
        copy_artifact(there.client("s3"), settings, found, order.environment)
        if settings.copy_image:
            repository = settings.repository(order.environment)
            images.copy(there.client("ecr"), found.image, repository, f"version-{found.number}", images.fetch)
        print(json.dumps({"copied": found.number, "to": order.environment, "image": settings.copy_image}))
        return Done({"ModelVersion": str(found.number)})

    action.run(event, work, boto3.client("codepipeline"))


def approved(sagemaker: Any, package: str) -> Version:
    """The version, which must still be approved: between an approval and production there may be days."""
    found = version(sagemaker.describe_model_package(ModelPackageName=package))
    if found.status != "Approved":
        raise RefusedError(
            f"Version {found.number} of {found.group} is {found.status} in the registry now: nothing is deployed."
        )
    return found


def copy_artifact(s3: Any, settings: Settings, found: Version, environment: str) -> None:
    """Copies the artifact inside S3, in parts where it is large; the bucket encrypts it with its own account's key."""
    bucket, key = split_uri(found.artifact)
    s3.copy({"Bucket": bucket, "Key": key}, settings.serving_bucket(environment), settings.artifact_key(found.number))
