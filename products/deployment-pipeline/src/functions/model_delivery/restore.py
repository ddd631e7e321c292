"""What follows when a run has ended: success is remembered, anything else leaves no environment changed (N16).

Called with EventBridge's "CodePipeline Pipeline Execution State Change". It may be called twice for one run; the second
time finds nothing to do but to tell.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from typing import Any

from botocore.exceptions import ClientError

from model_delivery.release import SOURCE_ACTION, SOURCE_KEY
from model_delivery.settings import ENVIRONMENTS, Settings

CURRENT_KEY = "current/release.zip"  # the release that serves everywhere
CAPABILITIES = ["CAPABILITY_IAM"]
NO_VERSION = "none"  # the default of the pipeline's variables
CALLED = {"preprod": "pre-production", "prod": "production"}
_SETTLED = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
_NEVER_CAME_UP = ("CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED")


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
    """Does what the end of a run asks for, and says what that was. `detail`: of the event.

    Raises RuntimeError where a stack cannot be put back yet: Lambda calls again.
    """
    run, succeeded = str(detail["execution-id"]), detail["state"] == "SUCCEEDED"
    found = clients.pipelines.get_pipeline_execution(pipelineName=settings.pipeline, pipelineExecutionId=run)
    execution = found["pipelineExecution"]
    if _variables(execution).get("ModelVersion", NO_VERSION) == NO_VERSION:
        return {"run": run, "reason": "CodePipeline runs a pipeline when it is made: there was no release to deploy"}
    listed = clients.pipelines.list_pipeline_executions(pipelineName=settings.pipeline, maxResults=100)
    runs = listed["pipelineExecutionSummaries"]  # newest first
    if succeeded and not _overtaken(run, runs):
        _remember(clients.s3, settings, execution)
    under_way = any(
        each["status"] in ("InProgress", "Stopping") and each["pipelineExecutionId"] != run for each in runs
    )
    # Where another run is under way, nothing is put back: when that ends, both environments follow what serves then.
    restored = {} if under_way else _restore_all(settings, clients)
    called = f"Version {_variables(execution)['ModelVersion']} of {settings.group}"
    if succeeded:
        subject, told = "deployed", f"{called} serves in production."
    else:
        subject, told = "not deployed", f"{called} was not deployed: {_reason(clients, settings, run, detail)}"
    told += "".join(f"\n{CALLED[name].capitalize()}: {what}." for name, what in restored.items())
    if under_way:
        told += "\nAnother release is under way."
    clients.sns.publish(TopicArn=settings.topic, Subject=f"{settings.group}: {subject}"[:100], Message=told)
    return {"run": run, "succeeded": succeeded, "restored": restored, "under_way": under_way}


def _restore_all(settings: Settings, clients: Clients) -> dict[str, str]:
    current = read_current(clients.s3, settings)
    made = clients.pipelines.get_pipeline(name=settings.pipeline)["metadata"]["created"]
    return {each: restore(clients.cloudformation(each), settings, each, current, made) for each in ENVIRONMENTS}


def restore(cloudformation: Any, settings: Settings, environment: str, current: Release | None, made: datetime) -> str:
    """Brings the stack of the model back to the release that serves; gives a phrase for people.

    `made`: when the pipeline was made; what is older was not deployed by it, and is never removed.
    """
    role = settings.role(environment, "model-stacks")
    storage = _stack(cloudformation, settings.storage_stack)
    stack = _stack(cloudformation, settings.stack)
    if stack is not None and (
        stack["StackStatus"] in _NEVER_CAME_UP or (current is None and stack["CreationTime"] > made)
    ):
        cloudformation.delete_stack(StackName=settings.stack, RoleARN=role)
        return "the deployment is being removed again"
    if storage is not None and storage["StackStatus"] in _NEVER_CAME_UP:
        cloudformation.delete_stack(StackName=settings.storage_stack, RoleARN=role)
    if stack is None:
        return "nothing is deployed"
    if current is None:
        return (
            f"version {_parameters(stack).get('ModelVersion', '?')} was deployed by another pipeline and is left alone"
        )
    wanted = current.parameters[environment]
    if _serves(cloudformation, settings.stack, _parameters(stack), wanted, current.template):
        return f"version {current.number} serves"
    if stack["StackStatus"] not in _SETTLED:
        raise RuntimeError(f"{settings.stack} in {environment} is {stack['StackStatus']}: tried again later")
    cloudformation.update_stack(
        StackName=settings.stack,
        TemplateBody=current.template,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in wanted.items()],
        Capabilities=CAPABILITIES,
        RoleARN=role,
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


def _overtaken(run: str, runs: list[Mapping[str, Any]]) -> bool:
    """Whether a later run has succeeded: this one's event is late."""
    later = takewhile(lambda each: each["pipelineExecutionId"] != run, runs)
    return any(each["status"] == "Succeeded" for each in later)


def _serves(cloudformation: Any, name: str, there: Mapping[str, str], wanted: Mapping[str, str], template: str) -> bool:
    """Whether a stack is as a release has it, parameters and template."""
    if any(there.get(key) != value for key, value in wanted.items()):
        return False
    return bool(cloudformation.get_template(StackName=name)["TemplateBody"] == template)


def _stack(cloudformation: Any, name: str) -> Mapping[str, Any] | None:
    try:
        (found,) = cloudformation.describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
        return None
    stack: Mapping[str, Any] = found
    return stack


def _parameters(stack: Mapping[str, Any]) -> dict[str, str]:
    return {each["ParameterKey"]: each["ParameterValue"] for each in stack.get("Parameters", [])}


def _variables(execution: Mapping[str, Any]) -> dict[str, str]:
    return {each["name"]: each["resolvedValue"] for each in execution.get("variables", [])}


def _reason(clients: Clients, settings: Settings, run: str, detail: Mapping[str, Any]) -> str:
    """What the action said that ended the run; else how it ended."""
    found = clients.pipelines.list_action_executions(
        pipelineName=settings.pipeline, filter={"pipelineExecutionId": run}, maxResults=100
    )
    for each in found["actionExecutionDetails"]:  # newest first
        if each["status"] in ("Failed", "Abandoned"):
            result = each.get("output", {}).get("executionResult", {})
            said = result.get("errorDetails", {}).get("message") or result.get("externalExecutionSummary") or ""
            return f"{each['actionName']} in {each['stageName']} has failed. {said}".strip()
    return f"the run was {str(detail['state']).lower()}."
