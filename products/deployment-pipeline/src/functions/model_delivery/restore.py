"""What follows when a run has ended: success is remembered, anything else leaves no environment changed (N16).

Called with EventBridge's "CodePipeline Pipeline Execution State Change". It may be called twice for one run; the second
time finds nothing to do.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from model_delivery.release import SOURCE_ACTION, SOURCE_KEY
from model_delivery.settings import ENVIRONMENTS, Settings

CURRENT_KEY = "current/release.zip"  # the release that serves everywhere
CAPABILITIES = ["CAPABILITY_IAM"]
NO_VERSION = "none"  # the default of the pipeline's variables
_SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE", "ROLLBACK_COMPLETE")


@dataclass(frozen=True)
class Release:
    """A release as it was put together: version, template of the model's stack, its parameters by environment."""

    number: int
    template: str
    parameters: Mapping[str, Mapping[str, str]]


@dataclass(frozen=True)
class Clients:
    """boto3's clients in the pipeline's account, and a way to CloudFormation in an environment's."""

    pipelines: Any
    s3: Any
    sns: Any
    cloudformation: Callable[[str], Any]


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Lambda's entry. The answer is for the log: nobody waits for it."""
    import boto3

    from model_delivery.deployer import Deployer

    settings = Settings.read()
    clients = Clients(
        boto3.client("codepipeline"),
        boto3.client("s3"),
        boto3.client("sns"),
        lambda environment: Deployer(settings, environment).client("cloudformation"),
    )
    done = follow(event["detail"], settings, clients)
    print(json.dumps(done))
    return done


def follow(detail: Mapping[str, Any], settings: Settings, clients: Clients) -> dict[str, Any]:
    """Does what the end of a run asks for, and says what that was. `detail`: of the event."""
    run, state = str(detail["execution-id"]), str(detail["state"])
    found = clients.pipelines.get_pipeline_execution(pipelineName=settings.pipeline, pipelineExecutionId=run)
    execution = found["pipelineExecution"]
    if _variables(execution).get("ModelVersion") == NO_VERSION:
        return {"run": run, "reason": "CodePipeline runs a pipeline when it is made: there was no release to deploy"}
    if state == "SUCCEEDED":
        _remember(clients.s3, settings, execution)
        _tell(clients, settings, "deployed", f"{_called(execution, settings)} serves in pre-production and production.")
        return {"run": run, "remembered": True}
    if _another_runs(clients.pipelines, settings, run):
        # It brings its own version to both environments, or restores them when it ends.
        return {"run": run, "restored": {}, "reason": "a later run is under way"}
    current = read_current(clients.s3, settings)
    restored = {each: restore(clients.cloudformation(each), settings, each, current) for each in ENVIRONMENTS}
    reason = str(execution.get("statusSummary") or f"the run has {state.lower()}")
    told = "; ".join(f"{name}: {what}" for name, what in restored.items())
    _tell(clients, settings, "not deployed", f"{_called(execution, settings)} was not deployed: {reason}\n\n{told}.")
    return {"run": run, "restored": restored}


def restore(cloudformation: Any, settings: Settings, environment: str, current: Release | None) -> str:
    """Brings the stack of the model back to the release that served before; gives a phrase for people."""
    stack = _stack(cloudformation, settings.stack)
    if stack is None:
        return "nothing was there, and nothing is"
    there = {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}
    if current is None or stack["StackStatus"] in ("ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"):
        cloudformation.delete_stack(StackName=settings.stack, RoleARN=settings.role(environment, "model-stacks"))
        return "the first deployment is being removed again"
    if there.get("ModelVersion") == str(current.number):
        return f"version {current.number} serves as before"
    if stack["StackStatus"] not in _SETTLED:
        raise RuntimeError(f"{settings.stack} in {environment} is {stack['StackStatus']}: tried again later")
    cloudformation.update_stack(
        StackName=settings.stack,
        TemplateBody=current.template,
        Parameters=[
            {"ParameterKey": key, "ParameterValue": value} for key, value in current.parameters[environment].items()
        ],
        Capabilities=CAPABILITIES,
        RoleARN=settings.role(environment, "model-stacks"),
    )
    return f"version {current.number} is being put back"


def read_current(s3: Any, settings: Settings) -> Release | None:
    """The release that serves everywhere; None before the first success."""
    try:
        content = s3.get_object(Bucket=settings.bucket, Key=CURRENT_KEY)["Body"].read()
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        return None
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        parameters = {each: json.loads(archive.read(f"{each}-model.json"))["Parameters"] for each in ENVIRONMENTS}
        release = json.loads(archive.read("release.json"))
        return Release(int(release["ModelVersion"]), archive.read("model.yaml").decode("utf-8"), parameters)


def _remember(s3: Any, settings: Settings, execution: Mapping[str, Any]) -> None:
    (revision,) = [each["revisionId"] for each in execution["artifactRevisions"] if each["name"] == SOURCE_ACTION]
    source = {"Bucket": settings.bucket, "Key": SOURCE_KEY, "VersionId": revision}
    s3.copy_object(Bucket=settings.bucket, Key=CURRENT_KEY, CopySource=source)


def _another_runs(pipelines: Any, settings: Settings, run: str) -> bool:
    found = pipelines.list_pipeline_executions(pipelineName=settings.pipeline, maxResults=20)
    runs = found["pipelineExecutionSummaries"]  # newest first
    return any(each["status"] == "InProgress" and each["pipelineExecutionId"] != run for each in runs)


def _stack(cloudformation: Any, name: str) -> Mapping[str, Any] | None:
    try:
        (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return None
    stack: Mapping[str, Any] = found
    return stack


def _called(execution: Mapping[str, Any], settings: Settings) -> str:
    return f"Version {_variables(execution).get('ModelVersion', '?')} of {settings.group}"


def _variables(execution: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"]: each["resolvedValue"] for each in execution.get("variables", [])}


def _tell(clients: Clients, settings: Settings, subject: str, message: str) -> None:
    clients.sns.publish(TopicArn=settings.topic, Subject=f"{settings.group}: {subject}"[:100], Message=message)
