"""What follows when a run of the inference pipeline has ended: models tidied away, people told, retraining on drift.

Called with EventBridge's "SageMaker Model Building Pipeline Execution Status Change", once or more for one run:
everything here does no harm the second time, and retraining is asked for once (attempts.py).
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from batch_inference import attempts, training
from batch_inference.ended import Answer, Message, Outcome, Run, failed_message, latest, retraining_message

LATEST = "predictions/latest.json"


@dataclass(frozen=True)
class Settings:
    """What the product's template says. `training`: name of the training pipeline's start function."""

    group: str
    bucket: str
    topic: str
    retrain: bool
    training: str
    region: str

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        return cls(
            group=environment["MODEL_GROUP"],
            bucket=environment["BUCKET"],
            topic=environment["TOPIC_ARN"],
            retrain=environment["RETRAIN"] == "on",
            training=environment["TRAINING_FUNCTION"],
            region=environment["AWS_REGION"],
        )

    def console(self) -> str:
        """Where the pipeline is seen in the console."""
        return f"https://{self.region}.console.aws.amazon.com/sagemaker/home?region={self.region}#/pipelines"


@dataclass(frozen=True)
class Clients:
    """boto3's clients, or fakes of them."""

    sagemaker: Any
    s3: Any
    sns: Any
    functions: Any


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Lambda's entry. The answer is for the log and for tests: nobody waits for it."""
    import boto3

    clients = Clients(boto3.client("sagemaker"), boto3.client("s3"), boto3.client("sns"), boto3.client("lambda"))
    done = follow(event["detail"], Settings.read(os.environ), clients, datetime.now(UTC))
    print(json.dumps(done))
    return done


def follow(detail: Mapping[str, Any], settings: Settings, clients: Clients, now: datetime) -> dict[str, Any]:
    """Does what the end of a run asks for, and says what that was. `detail`: of the event."""
    run = read_run(clients.sagemaker, detail["pipelineExecutionArn"], detail["currentPipelineExecutionStatus"])
    done: dict[str, Any] = {"run": run.arn, "outcome": run.outcome.value}
    if run.outcome is Outcome.SUCCEEDED:
        point_to(latest(run, settings.bucket, str(detail["executionEndTime"])), settings.bucket, clients.s3)
    elif run.outcome is Outcome.FAILED:
        tell(clients, settings, failed_message(settings.group, run, settings.console()))
    elif run.outcome is Outcome.DRIFTED:
        done["retraining"] = drifted(run, settings, clients, now)
    # Last, so that people are told even where a model cannot be deleted.
    done["deleted"] = [delete_model(clients.sagemaker, name) for name in run.models]
    return done


def drifted(run: Run, settings: Settings, clients: Clients, now: datetime) -> dict[str, Any]:
    """Tells that the run stopped on drift, and asks for training where that is wanted."""
    failed = failed_message(settings.group, run, settings.console())
    if not settings.retrain:
        tell(clients, settings, failed)
        return {"started": False, "reason": "retraining is switched off"}

    def ask() -> Answer:
        return training.ask(clients.functions, settings.training, run)

    answer = attempts.attempt(clients.s3, settings.bucket, run.id, now, ask)
    if answer is None:
        return {"started": False, "reason": "this run's one attempt was made before"}
    tell(clients, settings, failed)
    tell(clients, settings, retraining_message(settings.group, run, answer))
    attempts.record(clients.s3, settings.bucket, run.id, answer, now, told=True)
    return {"started": answer.started, "reason": answer.reason}


def point_to(newest: Mapping[str, Any], bucket: str, s3: Any) -> None:
    """Writes predictions/latest.json, unless it names a run that ended later: an event may be told again, or late."""
    from botocore.exceptions import ClientError

    try:
        before = json.loads(s3.get_object(Bucket=bucket, Key=LATEST)["Body"].read())
    except ClientError as error:
        if error.response["Error"]["Code"] != "NoSuchKey":
            raise
        before = {"ended": ""}
    if before["ended"] < newest["ended"]:  # both as EventBridge writes times, so their order is that of the texts
        s3.put_object(Bucket=bucket, Key=LATEST, Body=json.dumps(newest).encode())


def tell(clients: Clients, settings: Settings, message: Message) -> None:
    """Publishes a notification."""
    clients.sns.publish(**message.publication(settings.topic))


def read_run(sagemaker: Any, arn: str, status: str) -> Run:
    """The run with all its steps."""
    steps: list[Mapping[str, Any]] = []
    asked: dict[str, Any] = {"PipelineExecutionArn": arn, "SortOrder": "Ascending"}
    while True:
        page = sagemaker.list_pipeline_execution_steps(**asked)
        steps += page["PipelineExecutionSteps"]
        if not page.get("NextToken"):
            break
        asked["NextToken"] = page["NextToken"]
    reason = sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn).get("FailureReason", "")
    return Run(arn, status, tuple(_explained(sagemaker, each) for each in steps), reason)


def _explained(sagemaker: Any, step: Mapping[str, Any]) -> Mapping[str, Any]:
    """A failed processing step says only "see job logs"; the sentence that its job left is in the job's description."""
    job = step.get("Metadata", {}).get("ProcessingJob", {}).get("Arn", "")
    if not job or step["StepStatus"] != "Failed":
        return step
    described = sagemaker.describe_processing_job(ProcessingJobName=job.rpartition("/")[2])
    return {**step, "FailureReason": described.get("ExitMessage") or step.get("FailureReason", "")}


def delete_model(sagemaker: Any, name: str) -> str:
    """Deletes a model object of the run (the artifact stays in the registry). One that is gone already is no error."""
    from botocore.exceptions import ClientError

    try:
        sagemaker.delete_model(ModelName=name)
    except ClientError as error:
        # SageMaker's words for what is not there; its code, ValidationException, says less
        if "Could not find" not in str(error):
            raise
    return name
