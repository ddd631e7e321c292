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

from model_delivery.refusal import RefusedError
from model_delivery.settings import ENVIRONMENTS, Settings
from model_delivery.versions import Version, version

STACKS = ("storage", "model")
SOURCE_KEY = "release.zip"
SOURCE_ACTION = "Release"
ENVIRONMENT = "Environment: {}"  # of the container, in the model's template: where a version's own goes
# The earliest time that a zip can hold: the same release gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Lambda's entry. The answer is for the log: nobody waits for it."""
    import boto3

    settings = Settings.read()
    described = boto3.client("sagemaker").describe_model_package(ModelPackageName=event["detail"]["ModelPackageArn"])
    try:
        found = version(described)
    except RefusedError as error:  # another attempt would find the same
        message = f"{error}\n\nNothing was deployed."
        boto3.client("sns").publish(
            TopicArn=settings.topic, Subject=f"{settings.group}: not deployed"[:100], Message=message
        )
        done: dict[str, Any] = {"released": False, "reason": str(error)}
    else:
        done = release(event["id"], settings, found, boto3.client("s3"), boto3.client("codepipeline"))
    print(json.dumps(done))
    return done


def release(event: str, settings: Settings, found: Version, s3: Any, pipelines: Any) -> dict[str, Any]:
    """Stores the release and starts its run. `event`: the id of the approval's event, which may arrive twice."""
    if found.group != settings.group or found.status != "Approved":
        # An event may be late: the approver has changed their mind meanwhile.
        return {"released": False, "reason": f"version {found.number} of {found.group} is {found.status}"}
    stored = s3.put_object(Bucket=settings.bucket, Key=SOURCE_KEY, Body=archive(settings, found))
    started = pipelines.start_pipeline_execution(
        name=settings.pipeline,
        clientRequestToken=event,  # twice the same starts one run
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
    return {"released": True, "version": found.number, "execution": started["pipelineExecutionId"]}


def archive(settings: Settings, found: Version) -> bytes:
    """The release: <stack>.yaml, <environment>-<stack>.json (template configurations), release.json."""
    files = {f"{name}.yaml": template(name, found) for name in STACKS}
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


def template(stack: str, found: Version) -> str:
    """The template of a stack. Variables of the container are a map, which no parameter can be: they are written in."""
    text = (Path(__file__).parent / "stacks" / f"{stack}.yaml").read_text(encoding="utf-8")
    return text.replace(ENVIRONMENT, f"Environment: {json.dumps(found.environment, sort_keys=True)}")


def stack_parameters(settings: Settings, found: Version, environment: str) -> dict[str, dict[str, str]]:
    """Parameters by stack. Both environments are alike, but for where artifact and image were copied to."""
    bucket = settings.serving_bucket(environment)
    image = f"{settings.repository(environment)}:version-{found.number}" if settings.copy_image else found.image
    return {
        "storage": {"ModelGroup": settings.group},
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
