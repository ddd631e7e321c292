"""Runs of the pipeline in the emulated landscape: real data, a real model, roles under IAM, and what people hear."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tabular.cli import main as steps
from tests.products import launched
from tests.support.landscapes import Inbox, Landscape, laid_out
from tests.support.models import register, train

pytestmark = pytest.mark.unmeasured

GROUP = "credit-risk-default"
# Stands for the training pipeline's start function: its log tells how often it was called.
START = """
def handle(event, context):
    print("asked because of " + event["reason"])
    return {"started": True, "reason": "Started (drift).", "execution": "arn:training"}
"""


@dataclasses.dataclass(frozen=True)
class Scene:
    """Production with the product, a registered version that awaits its approver, and new data."""

    landscape: Landscape
    account: str
    outputs: dict[str, str]
    inbox: Inbox
    package: str
    model: Path
    new: pd.DataFrame

    def put(self, data: pd.DataFrame) -> None:
        """Lets it be the input of the next runs."""
        body = data.to_csv(index=False).encode()
        self.landscape.client("s3", self.account).put_object(Bucket=self.bucket, Key="input/new.csv", Body=body)

    def read(self, key: str) -> str:
        """An object of the product's bucket."""
        found = self.landscape.client("s3", self.account).get_object(Bucket=self.bucket, Key=key)
        return str(found["Body"].read().decode())

    @property
    def bucket(self) -> str:
        return self.outputs["BucketName"]

    def messages(self) -> list[dict[str, Any]]:
        """What people were told since the last time, when all that follows has followed."""
        self.landscape.settle()
        return self.inbox.read()

    def heard(self) -> list[str]:
        """The events of those messages."""
        return [each["MessageAttributes"]["event"]["Value"] for each in self.messages()]

    def asked_for_training(self) -> int:
        """How often the start function was called."""
        logs = self.landscape.client("logs", self.account)
        lines = logs.filter_log_events(logGroupName=f"/aws/lambda/{GROUP}-training-start")["events"]
        return sum("asked because of drift" in line["message"] for line in lines)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("model")
    new = train(folder)
    with laid_out(launched.repository()) as landscape:
        production = landscape.account("prod")
        teams = {f"{name.title()}AccountId": landscape.account(name) for name in ("dev", "preprod", "prod")}
        landscape.launch("model-registry", landscape.registry, ModelGroup=GROUP, **teams)
        package = register(landscape, folder, GROUP)
        outputs = landscape.launch("inference-pipeline", production, ModelGroup=GROUP)
        _start_function(landscape, production)
        inbox = landscape.inbox(production, outputs["TopicArn"])
        yield Scene(landscape, production, outputs, inbox, package, folder / "model", new)


def _start_function(landscape: Landscape, account: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    rights = {"Effect": "Allow", "Action": ["logs:*"], "Resource": "*"}
    iam = landscape.client("iam", account)
    role = iam.create_role(
        RoleName="start", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    document = json.dumps({"Version": "2012-10-17", "Statement": [rights]})
    iam.put_role_policy(RoleName="start", PolicyName="logs", PolicyDocument=document)
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("start.py", START)
    landscape.client("logs", account).create_log_group(logGroupName=f"/aws/lambda/{GROUP}-training-start")
    landscape.client("lambda", account).create_function(
        FunctionName=f"{GROUP}-training-start",
        Runtime="python3.13",
        Handler="start.handle",
        Role=role,
        Code={"ZipFile": code.getvalue()},
    )


def _decide(scene: Scene, status: str) -> None:
    registry = scene.landscape.client("sagemaker", scene.landscape.registry)
    registry.update_model_package(ModelPackageArn=scene.package, ModelApprovalStatus=status)


def test_without_an_approved_version_a_run_fails_with_a_sentence_and_nothing_is_retrained(scene: Scene) -> None:
    _decide(scene, "Rejected")
    scene.put(scene.new)
    run = scene.landscape.run(scene.account, f"{GROUP}-inference")
    assert run.status == "Failed"
    assert "No version of model group credit-risk-default is approved" in run.steps["FindModel"]["FailureReason"]
    assert scene.heard() == ["inference-failed"]


def test_new_data_is_predicted_as_the_model_itself_predicts_it(scene: Scene, tmp_path: Path) -> None:
    _decide(scene, "Approved")
    scene.put(scene.new)
    before = scene.asked_for_training()
    run = scene.landscape.run(scene.account, f"{GROUP}-inference")
    assert run.status == "Succeeded", run
    predicted = [json.loads(line) for line in scene.read(f"predictions/{run.id}/part-00000.jsonl.out").splitlines()]
    scene.new.to_csv(tmp_path / "new.csv", index=False)
    by_hand = ["predict", "--model", scene.model, "--data", tmp_path / "new.csv", "--output", tmp_path / "by-hand.csv"]
    assert steps([str(each) for each in by_hand]) == 0
    expected = pd.read_csv(tmp_path / "by-hand.csv")
    assert len(predicted) == len(scene.new)
    assert [each["probability"] for each in predicted] == pytest.approx(expected["probability"].tolist(), abs=1e-6)
    assert scene.heard() == []
    latest = json.loads(scene.read("predictions/latest.json"))
    assert latest["predictions"] == f"s3://{scene.bucket}/predictions/{run.id}/"
    assert latest["model_package"] == scene.package
    assert scene.landscape.client("sagemaker", scene.account).list_models()["Models"] == []
    assert scene.asked_for_training() == before


def test_drift_fails_the_run_before_anything_is_predicted_and_asks_for_training_once(scene: Scene) -> None:
    _decide(scene, "Approved")
    scene.put(scene.new.assign(**{"mean radius": scene.new["mean radius"] * 1.8}))
    before = scene.asked_for_training()
    run = scene.landscape.run(scene.account, f"{GROUP}-inference")
    assert run.status == "Failed"
    assert run.steps["DriftFound"]["Metadata"]["Fail"]["ErrorMessage"].startswith(
        "The new data has drifted from the training data of version 1 of credit-risk-default:"
    )
    assert "mean radius" in run.reason
    assert "Predict" not in run.steps
    assert scene.heard() == ["inference-failed", "retraining-started"]
    assert scene.asked_for_training() == before + 1
    assert json.loads(scene.read(f"retraining/{run.id}.json"))["started"] is True
    metrics = scene.landscape.client("cloudwatch", scene.account).list_metrics(Namespace="Platform/Models")["Metrics"]
    assert {"DriftViolations", "RowsChecked"} <= {each["MetricName"] for each in metrics}
    _tell_again(scene, run.arn)
    assert scene.heard() == []
    assert scene.asked_for_training() == before + 1


def _tell_again(scene: Scene, execution: str) -> None:
    """EventBridge delivers an event once or more: the function is called with the same event again."""
    functions = scene.landscape.client("lambda", scene.account)
    name = next(
        each["FunctionName"] for each in functions.list_functions()["Functions"] if "-AfterRun-" in each["FunctionName"]
    )
    detail = {"pipelineExecutionArn": execution, "currentPipelineExecutionStatus": "Failed"}
    answered = functions.invoke(FunctionName=name, Payload=json.dumps({"detail": detail}).encode())
    assert "FunctionError" not in answered


def test_data_that_the_schema_refuses_fails_the_run_with_the_column_named_and_retrains_nothing(scene: Scene) -> None:
    _decide(scene, "Approved")
    scene.put(scene.new.drop(columns=["mean area"]))
    before = scene.asked_for_training()
    run = scene.landscape.run(scene.account, f"{GROUP}-inference")
    assert run.status == "Failed"
    assert run.steps["Prepare"]["StepStatus"] == "Failed"
    (told,) = scene.messages()
    assert told["Subject"] == f"{GROUP}: inference failed"
    assert "new.csv" in told["Message"]
    assert "mean area" in told["Message"]
    assert scene.asked_for_training() == before


def test_the_schedule_starts_a_run_with_its_own_role(scene: Scene) -> None:
    _decide(scene, "Rejected")  # a short run will do
    sagemaker = scene.landscape.client("sagemaker", scene.account)

    def runs() -> int:
        listed = sagemaker.list_pipeline_executions(PipelineName=f"{GROUP}-inference")
        return len(listed["PipelineExecutionSummaries"])

    before = runs()
    assert scene.landscape.fire_schedules(scene.account) == 1
    scene.landscape.settle()
    assert runs() == before + 1
    assert scene.heard() == ["inference-failed"]
