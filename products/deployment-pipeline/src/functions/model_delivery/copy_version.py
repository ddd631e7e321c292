"""The action that copies an approved version into an environment, which then depends on no other account (N16).

It is also the gate before each deployment: the version must be approved now, and the release must be of that version.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from model_delivery import action, images
from model_delivery.action import Artifact, Done, Order, Waiting
from model_delivery.refusal import RefusedError
from model_delivery.settings import Settings
from model_delivery.versions import Version, split_uri, version


def handle(event: Mapping[str, Any], context: object) -> None:
    """Lambda's entry, called by CodePipeline."""
    import boto3

    from model_delivery.deployer import Deployer

    settings = Settings.read()

    def work(order: Order) -> Done | Waiting:
        there = Deployer(settings, order.environment)
        found = approved(there.client("sagemaker"), order.package)
        if order.continued is None:
            refuse_another(order.package, read(order.release))
            copy_artifact(there.client("s3"), settings, found, order.environment)
            if settings.copy_image:
                repository = settings.repository(order.environment)
                images.copy(there.client("ecr"), found.image, repository, f"version-{found.number}", images.fetch)
            print(json.dumps({"copied": found.number, "to": order.environment, "image": settings.copy_image}))
        if busy(there.client("cloudformation"), settings.stack):
            return Waiting({"copied": found.number})
        return Done({"ModelVersion": str(found.number)})

    action.run(event, work, boto3.client("codepipeline"))


def read(release: Artifact | None) -> bytes:
    """The release that this run deploys, as CodePipeline hands it to the action."""
    import boto3

    if release is None:
        raise RefusedError("The action has no release among its inputs: update the product.")
    s3 = boto3.client(
        "s3",
        aws_access_key_id=release.credentials["accessKeyId"],
        aws_secret_access_key=release.credentials["secretAccessKey"],
        aws_session_token=release.credentials["sessionToken"],
    )
    content: bytes = s3.get_object(Bucket=release.bucket, Key=release.key)["Body"].read()
    return content


def refuse_another(package: str, release: bytes) -> None:
    """Raises RefusedError where the release is of another version than the run was started for (S3)."""
    with zipfile.ZipFile(io.BytesIO(release)) as archive:
        released = json.loads(archive.read("release.json"))["ModelPackageArn"]
    if released != package:
        raise RefusedError(
            f"The release is of {released}, and this run was started for {package}: approvals start releases. Have an "
            "approver approve the version again."
        )


def approved(sagemaker: Any, package: str) -> Version:
    """The version, which must still be approved: between an approval and production there may be days."""
    found = version(sagemaker.describe_model_package(ModelPackageName=package))
    if found.status != "Approved":
        raise RefusedError(
            f"Version {found.number} of {found.group} is {found.status} in the registry now: nothing is deployed."
        )
    return found


def busy(cloudformation: Any, stack: str) -> bool:
    """Whether something goes on with the stack, such as the return to the version before."""
    try:
        (found,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return False
    return str(found["StackStatus"]).endswith("_IN_PROGRESS")


def copy_artifact(s3: Any, settings: Settings, found: Version, environment: str) -> None:
    """Copies the artifact inside S3, in parts where it is large; the bucket encrypts it with its own account's key."""
    bucket, key = split_uri(found.artifact)
    s3.copy({"Bucket": bucket, "Key": key}, settings.serving_bucket(environment), settings.artifact_key(found.number))
