"""The frame of a function that is an action of the pipeline: reads its order, reports its end."""

from __future__ import annotations

import json
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from model_delivery.refusal import RefusedError

LONGEST = 5000  # characters of a failure's message in PutJobFailureResult
ENVIRONMENT, PACKAGE = "Environment", "ModelPackageArn"


@dataclass(frozen=True)
class Artifact:
    """An input of the action: an object of the pipeline's bucket, and credentials that may read it."""

    bucket: str
    key: str
    credentials: Mapping[str, Any]


@dataclass(frozen=True)
class Order:
    """What the pipeline asks for. `package`: the version that the run was started for, by its ARN. `job`: a new id for
    each call. `continued`: what the last call of the same action left; None at the first.
    """

    environment: str
    package: str
    job: str
    release: Artifact | None
    continued: Mapping[str, Any] | None


@dataclass(frozen=True)
class Done:
    """The action has succeeded, with output variables."""

    variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Waiting:
    """Something goes on elsewhere: call again. `left` is handed to the next call."""

    left: Mapping[str, Any]


def run(event: Mapping[str, Any], work: Callable[[Order], Done | Waiting], pipelines: Any) -> None:
    """Does the order of a CodePipeline job and reports its end, whatever happens: else the run would hang."""
    job = event["CodePipeline.job"]
    try:
        result = work(order(job))
    except RefusedError as error:
        _fail(pipelines, job["id"], str(error))
    except Exception as error:
        traceback.print_exc()
        _fail(pipelines, job["id"], f"{type(error).__name__}: {error}")
    else:
        if isinstance(result, Waiting):
            token = json.dumps(result.left, separators=(",", ":"))
            pipelines.put_job_success_result(jobId=job["id"], continuationToken=token)
        else:
            pipelines.put_job_success_result(jobId=job["id"], outputVariables=dict(result.variables))


def order(job: Mapping[str, Any]) -> Order:
    """The order of a job, from the action's user parameters (JSON)."""
    data = job["data"]
    given = json.loads(data["actionConfiguration"]["configuration"]["UserParameters"])
    inputs = [each["location"]["s3Location"] for each in data.get("inputArtifacts", ())]
    release = Artifact(inputs[0]["bucketName"], inputs[0]["objectKey"], data["artifactCredentials"]) if inputs else None
    token = data.get("continuationToken")
    return Order(given[ENVIRONMENT], given[PACKAGE], job["id"], release, json.loads(token) if token else None)


def _fail(pipelines: Any, job: str, message: str) -> None:
    print(json.dumps({"failed": message}))
    pipelines.put_job_failure_result(jobId=job, failureDetails={"type": "JobFailed", "message": message[:LONGEST]})
