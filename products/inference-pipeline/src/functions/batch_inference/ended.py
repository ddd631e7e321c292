"""What a run that has ended means: pure decisions over its steps, and the words for people. It calls nobody."""

from __future__ import annotations

import enum
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

# Names of steps in pipeline.yaml.
DRIFT = "DriftFound"
FIND = "FindModel"

SUBJECT = 100  # characters of a subject that SNS takes


class Outcome(enum.Enum):
    """How a run ended, as far as something follows from it."""

    SUCCEEDED = "succeeded"
    DRIFTED = "drifted"
    FAILED = "failed"
    STOPPED = "stopped"


@dataclass(frozen=True)
class Run:
    """An execution of the pipeline that has ended. `steps` as ListPipelineExecutionSteps answers."""

    arn: str
    status: str
    steps: tuple[Mapping[str, Any], ...]
    reason: str = ""

    @property
    def id(self) -> str:
        return self.arn.rpartition("/")[2]

    @property
    def outcome(self) -> Outcome:
        """Drifted only where the drift step failed and no other (P6): retraining cures nothing else."""
        if self.status == "Succeeded":
            return Outcome.SUCCEEDED
        if self.status != "Failed":
            return Outcome.STOPPED
        return Outcome.DRIFTED if [each["StepName"] for each in self.failed] == [DRIFT] else Outcome.FAILED

    @property
    def failed(self) -> list[Mapping[str, Any]]:
        """Steps that ended the run. A Fail step is told by its metadata, which it has only if it was reached."""
        return [each for each in self.steps if each.get("StepStatus") == "Failed" or "Fail" in each.get("Metadata", {})]

    @property
    def models(self) -> list[str]:
        """Names of the models that the run made for its batch transform, and that nobody needs afterwards."""
        arns = [each.get("Metadata", {}).get("Model", {}).get("Arn", "") for each in self.steps]
        return [arn.rpartition("/")[2] for arn in arns if arn]

    def why(self) -> str:
        """What the failed steps say, one sentence a step; what the run itself says where none of them speaks."""
        said = [f"{each['StepName']}: {reason}" for each in self.failed if (reason := _reason(each))]
        return "\n".join(said) or self.reason or "no reason was given"


def _reason(step: Mapping[str, Any]) -> str:
    message = step.get("Metadata", {}).get("Fail", {}).get("ErrorMessage")
    return str(message or step.get("FailureReason", ""))


@dataclass(frozen=True)
class Answer:
    """What the training pipeline's start function said, or why it could not be asked."""

    started: bool
    reason: str
    execution: str | None = None


@dataclass(frozen=True)
class Message:
    """A notification. `event` goes along as an attribute, so that a subscription can choose."""

    event: str
    subject: str
    text: str

    def publication(self, topic: str) -> dict[str, Any]:
        """Arguments of SNS Publish."""
        return {
            "TopicArn": topic,
            "Subject": self.subject[:SUBJECT],
            "Message": self.text,
            "MessageAttributes": {"event": {"DataType": "String", "StringValue": self.event}},
        }


def failed_message(group: str, run: Run, console: str) -> Message:
    """Inference failed (P7), on drift or otherwise."""
    if run.outcome is Outcome.DRIFTED:
        subject = f"{group}: inference stopped, the data has drifted"
        ending = "No predictions were written. The drift report lies in the bucket, under drift/" + run.id + "/."
    else:
        subject = f"{group}: inference failed"
        ending = "No model is retrained for this: only drift starts that."
    return Message("inference-failed", subject, f"{run.why()}\n\n{ending}\n\nRun: {run.arn}\n{console}")


def retraining_message(group: str, run: Run, answer: Answer) -> Message:
    """Retraining started, or inference could not start it (P7)."""
    if answer.started:
        text = f"The data of run {run.arn} has drifted, so a model is trained anew.\n\nTraining: {answer.execution}"
        return Message("retraining-started", f"{group}: retraining started", text)
    text = f"The data of run {run.arn} has drifted, but no training was started.\n\n{answer.reason}"
    return Message("retraining-not-started", f"{group}: inference could not start training", text)


def latest(run: Run, bucket: str, ended: str) -> dict[str, Any]:
    """predictions/latest.json: where the newest predictions lie and which version made them."""
    found = next((each for each in run.steps if each["StepName"] == FIND), {})
    said = {each["Name"]: each["Value"] for each in output_parameters(found)}
    return {
        "execution": run.arn,
        "ended": ended,
        "predictions": f"s3://{bucket}/predictions/{run.id}/",
        "model_package": said.get("ModelPackageArn", ""),
        "model_package_version": said.get("ModelPackageVersion", ""),
    }


def output_parameters(step: Mapping[str, Any]) -> Sequence[Mapping[str, str]]:
    """Output parameters of a Lambda step, as ListPipelineExecutionSteps tells them."""
    parameters: Sequence[Mapping[str, str]] = step.get("Metadata", {}).get("Lambda", {}).get("OutputParameters", ())
    return parameters
