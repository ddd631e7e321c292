"""Training in the emulated landscape: real data, a real model, a proposal in another account."""

from __future__ import annotations

import io
import json
import tarfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.catalog import assets
from harness.catalog.load import load_repository
from harness.emulator import acting
from tests.support.landscapes import Inbox, Landscape, Run, laid_out
from tests.support.repository import PROJECT

pytestmark = pytest.mark.unmeasured

GROUP = "credit-risk-default"
DATA = PROJECT / "products/training-pipeline/examples/data"


@dataclass(frozen=True)
class Scene:
    """Registry and training pipeline, with a topic's inbox. Data that arrives starts a run, and so does a schedule."""

    landscape: Landscape
    dev: str
    outputs: dict[str, str]
    registry_bucket: str
    inbox: Inbox

    def put(self, key: str, body: bytes) -> None:
        self.landscape.client("s3", self.dev).put_object(Bucket=self.outputs["BucketName"], Key=key, Body=body)

    def ask(self, **request: Any) -> dict[str, Any]:
        """What the start function answers."""
        answer = self.landscape.client("lambda", self.dev).invoke(
            FunctionName=self.outputs["StartFunctionName"], Payload=json.dumps(request).encode()
        )
        content = json.loads(answer["Payload"].read())
        assert not answer.get("FunctionError"), content
        return dict(content)

    def runs(self) -> list[str]:
        """ARNs of all runs, newest first."""
        listed = self.landscape.client("sagemaker", self.dev).list_pipeline_executions(
            PipelineName=self.outputs["PipelineName"], SortBy="CreationTime", SortOrder="Descending"
        )
        return [each["PipelineExecutionArn"] for each in listed["PipelineExecutionSummaries"]]

    def versions(self) -> list[dict[str, Any]]:
        """All versions in the registry, newest first."""
        sagemaker = self.landscape.client("sagemaker", self.landscape.registry)
        listed = sagemaker.list_model_packages(
            ModelPackageGroupName=GROUP, SortBy="CreationTime", SortOrder="Descending"
        )["ModelPackageSummaryList"]
        return [sagemaker.describe_model_package(ModelPackageName=each["ModelPackageArn"]) for each in listed]

    def registered(self, key: str) -> bytes:
        """An object of the registry's bucket, as a role of dev's account may read it."""
        found = self.landscape.client("s3", self.landscape.registry).get_object(Bucket=self.registry_bucket, Key=key)
        return bytes(found["Body"].read())

    def settled(self, run: Run) -> Run:
        """The run, once everybody has heard of its end."""
        self.landscape.settle()
        return run


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with laid_out(load_repository(PROJECT)) as landscape:
        dev = landscape.account("dev")
        registry = landscape.launch(
            "model-registry",
            landscape.registry,
            ModelGroup=GROUP,
            DevAccountId=dev,
            PreprodAccountId=landscape.account("preprod"),
            ProdAccountId=landscape.account("prod"),
        )
        outputs = landscape.launch(
            "training-pipeline",
            dev,
            ModelGroup=GROUP,
            Threshold="0.97",
            NewDataKeys="data/*.csv",
            Schedule="cron(0 4 ? * SUN *)",
            DriftRuns=1,
            # nobody has completed the connection: the delivery pipeline stops at its first stage
            ConnectionArn=f"arn:aws:codeconnections:{landscape.region}:{dev}:connection/0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0",
            RepositoryId="credit-risk/steps",
        )
        inbox = landscape.inbox(dev, outputs["NotificationsArn"])
        made = Scene(landscape, dev, outputs, registry["BucketName"], inbox)
        made.put("schema.json", (DATA / "breast-cancer.schema.json").read_bytes())
        yield made


@pytest.fixture(scope="module")
def first(scene: Scene) -> Run:
    """The run that the first data has started."""
    scene.put("data/breast-cancer.csv", (DATA / "breast-cancer.csv").read_bytes())
    arn = _next(scene, [])
    refused = scene.ask(reason="schedule")
    assert (refused["started"], refused["execution"]) == (False, None)
    return scene.settled(scene.landscape.follow(scene.dev, arn))


def _next(scene: Scene, before: list[str]) -> str:
    """The run that starts by itself, after those."""
    limit = time.monotonic() + 20
    while not (started := set(scene.runs()) - set(before)):
        assert time.monotonic() < limit, "nothing has started"
        time.sleep(0.1)
    (arn,) = started
    return arn


def test_new_data_becomes_a_version_that_waits_for_a_person(scene: Scene, first: Run) -> None:
    assert (first.status, first.reason) == ("Succeeded", "")
    (version,) = scene.versions()
    assert version["ModelApprovalStatus"] == "PendingManualApproval"
    assert version["CustomerMetadataProperties"]["platform:cause"] == "data: data/breast-cancer.csv"
    assert version["CustomerMetadataProperties"]["platform:run"] == first.id
    metrics = json.loads(scene.registered(f"{first.id}/evaluation/metrics.json"))
    assert metrics["binary_classification_metrics"]["auc"]["value"] >= 0.97
    assert len(scene.runs()) == 1  # the schedule's wish during the run was refused, and forgotten


def test_everything_that_a_version_names_lies_in_the_registry(scene: Scene, first: Run) -> None:
    (version,) = scene.versions()
    root = f"s3://{scene.registry_bucket}/"
    named = [text for text in _texts(version) if text.startswith(root)]
    assert {each.removeprefix(f"{root}{first.id}/").partition("/")[0] for each in named} >= {
        "model.tar.gz",
        "schema.json",
        "evaluation",
        "baseline",
    }
    for uri in named:
        assert scene.registered(uri.removeprefix(root))
    with tarfile.open(fileobj=io.BytesIO(scene.registered(f"{first.id}/model.tar.gz"))) as archive:
        names = {each.removeprefix("./") for each in archive.getnames()}
    assert {"model.json", "preprocessing.json", "schema.json", "code/inference.py"} <= names


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _texts(each)
    elif isinstance(value, str):
        yield value


def test_people_hear_that_a_model_waits(scene: Scene, first: Run) -> None:
    told = [each["Message"] for each in scene.inbox.read()]
    assert [each for each in told if "waits for the decision of an approver" in each and first.id in each]


@pytest.mark.usefixtures("first")
def test_the_runs_own_role_approves_nothing(scene: Scene) -> None:
    (version,) = scene.versions()
    arn = version["ModelPackageArn"]
    session = acting.credentials(scene.outputs["PipelineRoleArn"], "sagemaker.amazonaws.com", scene.dev)
    with pytest.raises(ClientError, match="not authorized to perform: sagemaker:UpdateModelPackage"):
        acting.client("sagemaker", scene.landscape.region, session).update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus="Approved"
        )
    assert scene.versions()[0]["ModelApprovalStatus"] == "PendingManualApproval"


@pytest.mark.usefixtures("first")
def test_a_model_that_is_not_good_enough_ends_the_run_with_the_reason(scene: Scene) -> None:
    run = scene.settled(scene.landscape.run(scene.dev, scene.outputs["PipelineName"], Threshold="0.9999", NumRound="5"))
    assert run.status == "Failed"
    assert "Register" not in run.steps
    message = run.steps["NotGoodEnough"]["Metadata"]["Fail"]["ErrorMessage"]
    assert message.startswith("The model is not proposed: its auc on the test data is 0.9")
    assert message.endswith(f"and must be at least 0.9999 (run {run.id})")
    assert len(scene.versions()) == 1
    assert [each for each in scene.inbox.read() if run.id in each["Message"] and " failed" in each["Message"]]


@pytest.mark.usefixtures("first")
def test_bad_data_ends_the_first_step_with_a_sentence(scene: Scene) -> None:
    scene.put("trials/bad.csv", b"radius_mean,diagnosis\nnot a number,M\n")
    uri = f"s3://{scene.outputs['BucketName']}/trials/"
    run = scene.landscape.run(scene.dev, scene.outputs["PipelineName"], DataUri=uri)
    assert run.status == "Failed"
    assert set(run.steps) == {"Preprocess"}
    job = run.steps["Preprocess"]["Metadata"]["ProcessingJob"]["Arn"].rpartition("/")[2]
    described = scene.landscape.client("sagemaker", scene.dev).describe_processing_job(ProcessingJobName=job)
    assert "bad.csv" in described["ExitMessage"]


@pytest.mark.usefixtures("first")
def test_drift_starts_a_run_once(scene: Scene) -> None:
    answer = scene.ask(
        reason="drift", cause="arn:run", detail="three columns", parameters={"DataUri": "s3://nowhere/x/"}
    )
    assert answer["started"]
    run = scene.settled(scene.landscape.follow(scene.dev, answer["execution"]))
    assert run.status == "Failed"  # it was sent nowhere, so as not to take long
    again = scene.ask(reason="drift", cause="arn:run")
    assert not again["started"]
    assert "Drift started a run at" in again["reason"]


@pytest.mark.usefixtures("first")
def test_the_schedule_comes_through_the_same_door(scene: Scene) -> None:
    before = scene.runs()
    assert scene.landscape.fire_schedules(scene.dev) == 1
    started = _next(scene, before)
    scene.landscape.client("sagemaker", scene.dev).stop_pipeline_execution(PipelineExecutionArn=started)
    scene.settled(scene.landscape.follow(scene.dev, started))


@pytest.mark.usefixtures("first")
def test_code_that_passed_its_tests_is_trained_with_from_then_on(scene: Scene) -> None:
    """What the delivery pipeline lays down: here the platform's own steps, as if a team had brought them."""
    before = scene.runs()
    scene.put("code/0a1b2c3.zip", assets.pack(PROJECT, PROJECT / "templates/src/steps").content)
    arn = _next(scene, before)
    sagemaker = scene.landscape.client("sagemaker", scene.dev)
    listed = sagemaker.list_pipeline_parameters_for_execution(PipelineExecutionArn=arn)["PipelineParameters"]
    given = {each["Name"]: each["Value"] for each in listed}
    assert given["CodeUri"] == f"s3://{scene.outputs['BucketName']}/code/0a1b2c3.zip"
    assert (given["CodeFile"], given["Cause"]) == ("0a1b2c3.zip", "merge: code/0a1b2c3.zip")
    assert scene.settled(scene.landscape.follow(scene.dev, arn)).status == "Succeeded"
    assert scene.versions()[0]["CustomerMetadataProperties"]["platform:code"] == given["CodeUri"]
