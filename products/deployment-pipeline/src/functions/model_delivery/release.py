"""An approval becomes a release: an archive with both stacks and their settings, and a run of the pipeline (N16 S3).

Called by the rule on approvals of this group. It deploys nothing.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from model_delivery.settings import ENVIRONMENTS, Settings
from model_delivery.versions import Version, version

STACKS = ("storage", "model")
SOURCE_KEY = "release.zip"
SOURCE_ACTION = "Release"
# The earliest time that a zip can hold: the same release gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Lambda's entry. The answer is for the log: nobody waits for it."""
    import boto3

    settings = Settings.read()
    sagemaker, s3, pipelines = boto3.client("sagemaker"), boto3.client("s3"), boto3.client("codepipeline")
    described = sagemaker.describe_model_package(ModelPackageName=event["detail"]["ModelPackageArn"])
    found = version(described)
    if found.group != settings.group or found.status != "Approved":
        # An event may be late: the approver has changed their mind meanwhile.
        done = {"released": False, "reason": f"version {found.number} of {found.group} is {found.status}"}
    else:
        stored = s3.put_object(Bucket=settings.bucket, Key=SOURCE_KEY, Body=archive(settings, found))
        started = pipelines.start_pipeline_execution(
            name=settings.pipeline,
            clientRequestToken=event["id"],  # an event that arrives twice starts one run
            variables=[
                {"name": "ModelPackageArn", "value": found.arn},
                {"name": "ModelVersion", "value": str(found.number)},
            ],
            sourceRevisions=[
                {
                    "actionName": SOURCE_ACTION,
                    "revisionType": "S3_OBJECT_VERSION_ID",
                    "revisionValue": stored["VersionId"],
                }
            ],
        )
        done = {"released": True, "version": found.number, "execution": started["pipelineExecutionId"]}
    print(json.dumps(done))
    return done


def archive(settings: Settings, found: Version) -> bytes:
    """The release: <stack>.yaml, <environment>-<stack>.json (template configurations), release.json."""
    files = {f"{name}.yaml": (Path(__file__).parent / "stacks" / f"{name}.yaml").read_text() for name in STACKS}
    for environment in ENVIRONMENTS:
        for name, parameters in stack_parameters(settings, found, environment).items():
            configuration = {"Parameters": parameters, "Tags": tags(settings, environment)}
            files[f"{environment}-{name}.json"] = json.dumps(configuration, indent=2)
    files["release.json"] = json.dumps({"ModelPackageArn": found.arn, "ModelVersion": found.number})
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as written:
        for name in sorted(files):
            written.writestr(zipfile.ZipInfo(name, _EPOCH), files[name])
    return content.getvalue()


def stack_parameters(settings: Settings, found: Version, environment: str) -> dict[str, dict[str, str]]:
    """Parameters by stack. Both environments are alike, but for where artifact and image were copied to."""
    bucket = settings.serving_bucket(environment)
    image = f"{settings.repository(environment)}:version-{found.number}" if settings.copy_image else found.image
    return {
        "storage": {"ModelGroup": settings.group, "CopyImage": "on" if settings.copy_image else "off"},
        "model": {
            "ModelGroup": settings.group,
            "ModelVersion": str(found.number),
            "ModelPackageArn": found.arn,
            "ModelDataUrl": f"s3://{bucket}/{settings.artifact_key(found.number)}",
            "Image": image,
            **settings.parameters,
        },
    }


def tags(settings: Settings, environment: str) -> dict[str, str]:
    """Tags of the stacks, and through them of what they make."""
    return {
        "platform:environment": environment,
        "platform:model-group": settings.group,
        "platform:product": "deployment-pipeline",
    }
