"""Functions that are actions: every job ends, in words for people."""

from __future__ import annotations

import json
from typing import Any

from model_delivery.action import Artifact, Done, Order, Waiting, run
from model_delivery.refusal import RefusedError


class Jobs:
    """CodePipeline, as a job's function sees it."""

    def __init__(self) -> None:
        self.success: dict[str, Any] = {}
        self.failure: dict[str, Any] = {}

    def put_job_success_result(self, **given: Any) -> None:
        self.success = given

    def put_job_failure_result(self, **given: Any) -> None:
        self.failure = given["failureDetails"]


def job(token: str | None = None) -> dict[str, Any]:
    parameters = json.dumps({"Environment": "preprod", "ModelPackageArn": "arn:7"})
    artifact = {"name": "Release", "location": {"type": "S3", "s3Location": {"bucketName": "b", "objectKey": "k"}}}
    data: dict[str, Any] = {
        "actionConfiguration": {"configuration": {"UserParameters": parameters}},
        "inputArtifacts": [artifact],
        "artifactCredentials": {"accessKeyId": "AKIA"},
    }
    if token:
        data["continuationToken"] = token
    return {"CodePipeline.job": {"id": "j", "data": data}}


def test_an_action_that_succeeds_hands_variables_on() -> None:
    jobs = Jobs()
    run(job(), lambda order: Done({"Seen": f"{order.package} in {order.environment}"}), jobs)
    assert jobs.success == {"jobId": "j", "outputVariables": {"Seen": "arn:7 in preprod"}}


def test_an_action_is_handed_its_release_with_credentials_that_read_it() -> None:
    seen: list[Order] = []

    def work(order: Order) -> Done:
        seen.append(order)
        return Done()

    run(job(), work, Jobs())
    assert seen[0].release == Artifact("b", "k", {"accessKeyId": "AKIA"})


def test_an_action_that_waits_is_called_again_with_what_it_left() -> None:
    jobs, seen = Jobs(), []

    def work(order: Order) -> Waiting:
        seen.append(order.continued)
        return Waiting({"job": "t-1"})

    run(job(), work, jobs)
    token = jobs.success["continuationToken"]
    run(job(token), work, jobs)
    assert seen == [None, {"job": "t-1"}]
    assert not set(token) & set(" \n\t")


def test_a_refusal_ends_the_job_in_its_own_words() -> None:
    jobs = Jobs()

    def work(order: Order) -> Done:
        raise RefusedError(f"{order.environment} is closed.")

    run(job(), work, jobs)
    assert jobs.failure == {"type": "JobFailed", "message": "preprod is closed."}


def test_a_defect_ends_the_job_too() -> None:
    jobs = Jobs()

    def work(order: Order) -> Done:
        raise KeyError(order.job)

    run(job(), work, jobs)
    assert jobs.failure["message"] == "KeyError: 'j'"
