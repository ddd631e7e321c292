"""What follows when a run has ended: retraining on drift and nothing else, once for each run, and people are told."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from batch_inference.after_run import Clients, Settings, follow
from batch_inference.attempts import AttemptUnderWayError
from batch_inference.ended import Outcome, Run

PIPELINE = "arn:aws:sagemaker:eu-west-1:222222222223:pipeline/credit-risk-default-inference"
RUN = f"{PIPELINE}/execution/abcdefghijkl"
NOW = datetime(2026, 11, 21, 23, 10, tzinfo=UTC)
STARTED = {"started": True, "reason": "Started (drift).", "execution": "arn:training/1"}

FOUND = {
    "StepName": "FindModel",
    "StepStatus": "Succeeded",
    "Metadata": {"Lambda": {"OutputParameters": [{"Name": "ModelPackageArn", "Value": "arn:package/7"}]}},
}
MODEL = {
    "StepName": "CreateModel",
    "StepStatus": "Succeeded",
    "Metadata": {"Model": {"Arn": "arn:x:model/pipelines-m"}},
}
DRIFTED = {
    "StepName": "DriftFound",
    "StepStatus": "Failed",
    "Metadata": {"Fail": {"ErrorMessage": "The new data has drifted: mean_radius."}},
}
BAD_DATA = {
    "StepName": "Prepare",
    "StepStatus": "Failed",
    "FailureReason": "ClientError: AlgorithmError: See job logs for more information",
    "Metadata": {"ProcessingJob": {"Arn": "arn:x:processing-job/pipelines-p"}},
}


class FakeSageMaker:
    """Knows the steps of one run, two a page; deletes models."""

    def __init__(self, *steps: dict[str, Any]) -> None:
        self.steps = steps
        self.models = ["pipelines-m"]

    def list_pipeline_execution_steps(self, **given: Any) -> dict[str, Any]:
        start = int(given.get("NextToken", "0"))
        page: dict[str, Any] = {"PipelineExecutionSteps": list(self.steps[start : start + 2])}
        if start + 2 < len(self.steps):
            page["NextToken"] = str(start + 2)
        return page

    def describe_pipeline_execution(self, **given: Any) -> dict[str, Any]:
        return {"PipelineExecutionArn": given["PipelineExecutionArn"], "FailureReason": "Step failure"}

    def describe_processing_job(self, **given: Any) -> dict[str, Any]:
        assert given["ProcessingJobName"] == "pipelines-p"
        return {"ExitMessage": "new.csv: column area is missing"}

    def delete_model(self, **given: Any) -> None:
        if given["ModelName"] not in self.models:
            raise refusal("ValidationException", f"Could not find model {given['ModelName']}")
        self.models.remove(given["ModelName"])


class FakeBucket:
    """Objects of a bucket, with S3's If-None-Match."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}

    def put_object(self, **given: Any) -> None:
        if given.get("IfNoneMatch") == "*" and given["Key"] in self.objects:
            raise refusal("PreconditionFailed", "At least one of the preconditions did not hold")
        self.objects[given["Key"]] = given["Body"]

    def get_object(self, **given: Any) -> dict[str, Any]:
        if given["Key"] not in self.objects:
            raise refusal("NoSuchKey", "The specified key does not exist.")
        return {"Body": io.BytesIO(self.objects[given["Key"]])}


class FakeTopic:
    """Remembers what was published; can be out of order."""

    def __init__(self) -> None:
        self.published: list[dict[str, Any]] = []
        self.broken = False

    def publish(self, **given: Any) -> None:
        if self.broken:
            raise refusal("InternalError", "not today")
        self.published.append(given)

    @property
    def events(self) -> list[str]:
        return [each["MessageAttributes"]["event"]["StringValue"] for each in self.published]


class FakeFunctions:
    """A training pipeline's start function with this answer, or none at all."""

    def __init__(self, answer: Any = None, error: str = "") -> None:
        self.answer, self.error = answer, error
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def invoke(self, **given: Any) -> dict[str, Any]:
        self.calls.append((given["FunctionName"], json.loads(given["Payload"])))
        if self.answer is None:
            raise refusal("ResourceNotFoundException", "Function not found")
        answer: dict[str, Any] = {"Payload": io.BytesIO(json.dumps(self.answer).encode())}
        return {**answer, "FunctionError": self.error} if self.error else answer


def refusal(code: str, message: str) -> ClientError:
    """What boto3 raises."""
    return ClientError({"Error": {"Code": code, "Message": message}}, "Operation")


class Scene:
    """One account: a run that has ended, and everything around it."""

    def __init__(self, *steps: dict[str, Any], answer: Any = STARTED, error: str = "", retrain: bool = True) -> None:
        self.sagemaker, self.bucket, self.topic = FakeSageMaker(*steps), FakeBucket(), FakeTopic()
        self.functions = FakeFunctions(answer, error)
        self.settings = Settings(
            group="credit-risk-default",
            bucket="inference",
            topic="arn:topic",
            retrain=retrain,
            training="credit-risk-default-training-start",
            region="eu-west-1",
        )

    def ends(self, status: str, now: datetime = NOW) -> dict[str, Any]:
        detail = {
            "pipelineExecutionArn": RUN,
            "currentPipelineExecutionStatus": status,
            "executionEndTime": "2026-11-21T23:09:00Z",
        }
        clients = Clients(self.sagemaker, self.bucket, self.topic, self.functions)
        return follow(detail, self.settings, clients, now)


def test_drift_asks_the_one_door_for_training_and_tells_both() -> None:
    scene = Scene(FOUND, DRIFTED)
    assert scene.ends("Failed")["retraining"]["started"] is True
    ((name, request),) = scene.functions.calls
    assert name == "credit-risk-default-training-start"
    assert request["reason"] == "drift"
    assert request["cause"] == RUN
    assert scene.topic.events == ["inference-failed", "retraining-started"]
    assert "mean_radius" in scene.topic.published[0]["Message"]
    assert "arn:training/1" in scene.topic.published[1]["Message"]


@pytest.mark.parametrize(
    "steps", [(FOUND, BAD_DATA), (FOUND,), (DRIFTED, BAD_DATA)], ids=["data", "no step", "drift and more"]
)
def test_no_other_failure_starts_training(steps: tuple[dict[str, Any], ...]) -> None:
    scene = Scene(*steps)
    scene.ends("Failed")
    assert scene.functions.calls == []
    assert scene.topic.events == ["inference-failed"]


def test_a_failure_is_told_with_what_the_step_says() -> None:
    scene = Scene(FOUND, BAD_DATA)
    scene.ends("Failed")
    (told,) = scene.topic.published
    assert told["Subject"] == "credit-risk-default: inference failed"
    assert "Prepare: new.csv: column area is missing" in told["Message"]


def test_where_no_step_speaks_the_run_does() -> None:
    assert Run(RUN, "Failed", (FOUND,), "Step failure").why() == "Step failure"


@pytest.mark.parametrize("status", ["Stopped", "Succeeded"])
def test_a_run_that_did_not_fail_tells_nobody(status: str) -> None:
    scene = Scene(FOUND, MODEL)
    scene.ends(status)
    assert scene.topic.published == []
    assert scene.functions.calls == []


def test_an_event_told_twice_starts_training_once_and_tells_once() -> None:
    scene = Scene(FOUND, DRIFTED)
    scene.ends("Failed")
    again = scene.ends("Failed", NOW + timedelta(hours=1))
    assert again["retraining"] == {"started": False, "reason": "this run's one attempt was made before"}
    assert len(scene.functions.calls) == 1
    assert len(scene.topic.published) == 2


def test_two_deliveries_at_once_leave_it_to_the_first() -> None:
    scene = Scene(FOUND, DRIFTED)
    scene.bucket.objects["retraining/abcdefghijkl.json"] = json.dumps({"begun": NOW.isoformat()}).encode()
    with pytest.raises(AttemptUnderWayError):
        scene.ends("Failed", NOW + timedelta(seconds=5))
    assert scene.functions.calls == []


def test_an_attempt_that_broke_off_is_told_and_not_made_again() -> None:
    scene = Scene(FOUND, DRIFTED)
    scene.bucket.objects["retraining/abcdefghijkl.json"] = json.dumps({"begun": NOW.isoformat()}).encode()
    scene.ends("Failed", NOW + timedelta(minutes=5))
    assert scene.functions.calls == []
    assert scene.topic.events == ["inference-failed", "retraining-not-started"]
    assert "broke off" in scene.topic.published[1]["Message"]


def test_people_are_told_later_where_they_could_not_be_told_at_once() -> None:
    scene = Scene(FOUND, DRIFTED)
    scene.topic.broken = True
    with pytest.raises(ClientError):
        scene.ends("Failed")
    scene.topic.broken = False
    scene.ends("Failed", NOW + timedelta(minutes=2))
    assert len(scene.functions.calls) == 1
    assert scene.topic.events == ["inference-failed", "retraining-started"]


@pytest.mark.parametrize(
    ("answer", "error", "said"),
    [
        ({"started": False, "reason": "not before 2026-11-25 again.", "execution": None}, "", "not before 2026-11-25"),
        (None, "", "There is no function credit-risk-default-training-start in this account"),
        ({"errorMessage": "Table is gone"}, "Unhandled", "failed: Table is gone"),
        (["started"], "", "gave an answer that is none"),
    ],
    ids=["refused", "no function", "broken", "nonsense"],
)
def test_what_keeps_training_from_starting_is_told(answer: Any, error: str, said: str) -> None:
    scene = Scene(FOUND, DRIFTED, answer=answer, error=error)
    scene.ends("Failed")
    assert scene.topic.events == ["inference-failed", "retraining-not-started"]
    assert scene.topic.published[1]["Subject"] == "credit-risk-default: inference could not start training"
    assert said in scene.topic.published[1]["Message"]


def test_with_retraining_off_drift_is_told_and_nothing_is_asked() -> None:
    scene = Scene(FOUND, DRIFTED, retrain=False)
    scene.ends("Failed")
    assert scene.functions.calls == []
    assert scene.topic.events == ["inference-failed"]
    assert scene.bucket.objects == {}


def test_success_says_where_the_newest_predictions_lie_and_who_made_them() -> None:
    scene = Scene(FOUND, MODEL)
    scene.ends("Succeeded")
    assert json.loads(scene.bucket.objects["predictions/latest.json"]) == {
        "execution": RUN,
        "ended": "2026-11-21T23:09:00Z",
        "predictions": "s3://inference/predictions/abcdefghijkl/",
        "model_package": "arn:package/7",
        "model_package_version": "",
    }


def test_an_event_that_comes_late_does_not_point_back_to_older_predictions() -> None:
    scene = Scene(FOUND, MODEL)
    newer = json.dumps({"ended": "2026-11-22T23:09:00Z"}).encode()
    scene.bucket.objects["predictions/latest.json"] = newer
    scene.ends("Succeeded")
    assert scene.bucket.objects["predictions/latest.json"] == newer


@pytest.mark.parametrize("status", ["Succeeded", "Failed", "Stopped"])
def test_the_model_of_a_run_is_deleted_however_it_ended_and_however_often(status: str) -> None:
    scene = Scene(FOUND, MODEL)
    scene.ends(status)
    assert scene.sagemaker.models == []
    assert scene.ends(status)["deleted"] == ["pipelines-m"]


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("Succeeded", Outcome.SUCCEEDED), ("Stopped", Outcome.STOPPED), ("Failed", Outcome.DRIFTED)],
)
def test_the_status_decides_before_the_steps_do(status: str, outcome: Outcome) -> None:
    assert Run(RUN, status, (FOUND, DRIFTED)).outcome is outcome


def test_subjects_fit_into_a_mail() -> None:
    scene = Scene(FOUND, DRIFTED)
    scene.ends("Failed")
    assert all(len(each["Subject"]) <= 100 and each["Subject"].isascii() for each in scene.topic.published)
