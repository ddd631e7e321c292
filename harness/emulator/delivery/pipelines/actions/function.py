"""Invoke actions of Lambda: the function gets a job, and answers for it later through the API (`jobs.py`)."""

from __future__ import annotations

import json
import uuid
from functools import partial
from typing import Any

from harness.emulator import background, clock
from harness.emulator.delivery.pipelines import engine
from harness.emulator.delivery.pipelines.context import Context, Wait
from harness.emulator.delivery.pipelines.model import IN_PROGRESS, Artifact, Job, Outcome
from harness.emulator.delivery.store import store_of

_SECONDS = 20 * 60  # in which a function must answer, or ask to be called again
_LONGEST_PAUSE = 30.0


def start(context: Context) -> Wait:
    """Invokes the function for the first time."""
    outputs = {name: context.location(name) for name in context.outputs}
    invoke(context, outputs, "")
    return Wait(24 * 3600, "The AWS Lambda function did not answer in time", "JobTimedOut")


def invoke(context: Context, outputs: dict[str, Artifact], continuation: str) -> None:
    """Invokes the function with a new job; raises botocore's error where that is refused."""
    pipeline, run = context.pipeline, context.run
    data = _data(context, outputs, continuation)
    job = Job(str(uuid.uuid4()), context.execution.id, run, data, outputs, partial(_again, context, outputs))
    store_of(pipeline.account_id, pipeline.region).jobs[job.id] = job
    event = {"CodePipeline.job": {"id": job.id, "accountId": pipeline.account_id, "data": job.data}}
    context.client("lambda").invoke(
        FunctionName=context.get("FunctionName"), InvocationType="Event", Payload=json.dumps(event).encode()
    )
    background.later(_SECONDS, f"codepipeline/{run.id}", partial(_expire, context, job), awaited=False)


def _data(context: Context, outputs: dict[str, Artifact], continuation: str) -> dict[str, Any]:
    configuration = {"FunctionName": context.get("FunctionName")}
    if parameters := context.get("UserParameters"):
        configuration["UserParameters"] = parameters
    data: dict[str, Any] = {
        "actionConfiguration": {"configuration": configuration},
        "inputArtifacts": [_artifact(name, each) for name, each in context.run.inputs.items()],
        "outputArtifacts": [_artifact(name, each) for name, each in outputs.items()],
        "artifactCredentials": {
            "accessKeyId": context.session.access_key_id,
            "secretAccessKey": context.session.secret_access_key,
            "sessionToken": context.session.session_token,
        },
    }
    if continuation:
        data["continuationToken"] = continuation
    if key := context.store.get("encryptionKey"):
        data["encryptionKey"] = {"id": key["id"], "type": key["type"]}
    return data


def _artifact(name: str, artifact: Artifact) -> dict[str, Any]:
    place = {"bucketName": artifact.bucket, "objectKey": artifact.key}
    return {"name": name, "revision": artifact.revision or None, "location": {"type": "S3", "s3Location": place}}


def _again(context: Context, outputs: dict[str, Artifact], continuation: str) -> None:
    """The function asked to be called again, which CodePipeline does after a while."""

    def call() -> None:
        if context.run.status == IN_PROGRESS:
            try:
                invoke(context, outputs, continuation)
            except Exception as error:  # it could be invoked before
                _over(context, Outcome(error=str(error), code="JobFailed"))

    background.later(min(clock.latency() * 2, _LONGEST_PAUSE), f"codepipeline/{context.run.id}", call)


def _expire(context: Context, job: Job) -> None:
    if job.status == IN_PROGRESS:
        job.status = "TimedOut"
        error = "The AWS Lambda function failed to return a result in 20 minutes"
        _over(context, Outcome(error=error, code="JobTimedOut"))


def _over(context: Context, outcome: Outcome) -> None:
    engine.finish(context.pipeline, context.execution, context.run, outcome)
