"""A model's life on real data: from a file in dev to predictions in production and a retraining (P3 to P8, N15, N16).

Everything runs: the products are launched by the people who would launch them, steps and functions are processes, and
every call is made with the role that would make it at AWS, under its own policies.
"""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from botocore.exceptions import ClientError

from harness.emulator.clients import administrator, isolated_session
from tests.support.repository import PROJECT
from tests.support.served import Served, copy_repository, run_build, serve

REGION = "eu-west-1"
REGISTRY, DEV, PREPROD, PROD = "111111111111", "222222222221", "222222222222", "222222222223"
GROUP = "credit-risk-default"
GROUP_ARN = f"arn:aws:sagemaker:{REGION}:{REGISTRY}:model-package-group/{GROUP}"
TABLE = PROJECT / "products/training-pipeline/examples/data/breast-cancer.csv"
SCHEMA = PROJECT / "products/training-pipeline/examples/data/breast-cancer.schema.json"
LABEL = json.loads(SCHEMA.read_text())["label"]
T = TypeVar("T")
PATIENCE = 60  # seconds that anything may take
ENDED = ("Succeeded", "Failed", "Stopped")


@dataclass(frozen=True)
class Landscape:
    """The served landscape, as anybody in it."""

    served: Served

    def client(self, account: str, service: str) -> Any:
        """As the account's administrator."""
        return administrator(service, account, REGION, self.served.url)

    def persona(self, account: str, name: str, service: str) -> Any:
        """As a person of the team."""
        given = self.client(account, "sts").assume_role(
            RoleArn=f"arn:aws:iam::{account}:role/platform-{name}",
            RoleSessionName="ada",
            Tags=[{"Key": "user", "Value": "ada"}],
        )["Credentials"]
        return isolated_session().create_client(
            service,
            region_name=REGION,
            endpoint_url=self.served.url,
            aws_access_key_id=given["AccessKeyId"],
            aws_secret_access_key=given["SecretAccessKey"],
            aws_session_token=given["SessionToken"],
        )

    def launch(self, product: str, account: str, **parameters: str) -> dict[str, str]:
        """Launches as the lead (in the registry, its keeper) does; gives the outputs."""
        given = [each for key, value in parameters.items() for each in ("--parameter", f"{key}={value}")]
        done = self.served.build("launch", product, "--account", account, *given, "--json")
        assert done.returncode == 0, done.stdout + done.stderr
        outputs: dict[str, str] = json.loads(done.stdout)["outputs"]
        return outputs

    def runs(self, account: str, pipeline: str) -> list[dict[str, Any]]:
        """Executions of a pipeline, newest first."""
        found = self.client(account, "sagemaker").list_pipeline_executions(
            PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending"
        )
        summaries: list[dict[str, Any]] = found["PipelineExecutionSummaries"]
        return summaries

    def ended(self, account: str, execution: str) -> dict[str, Any]:
        """An execution once it has ended, with its steps by name."""
        sagemaker = self.client(account, "sagemaker")

        def look() -> dict[str, Any] | None:
            found: dict[str, Any] = sagemaker.describe_pipeline_execution(PipelineExecutionArn=execution)
            return found if found["PipelineExecutionStatus"] in ENDED else None

        described = eventually(look, f"the end of {execution}")
        steps = sagemaker.list_pipeline_execution_steps(PipelineExecutionArn=execution)["PipelineExecutionSteps"]
        return {**described, "Steps": {each["StepName"]: each for each in steps}}


def eventually(look: Callable[[], T | None], what: str) -> T:
    """What `look` finds, as soon as it finds something."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        found = look()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError(f"waited {PATIENCE} s for {what}")


def rows() -> list[dict[str, str]]:
    with TABLE.open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def as_csv(records: list[dict[str, str]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(records[0]))
    writer.writeheader()
    writer.writerows(records)
    return text.getvalue().encode()


def without_label(records: list[dict[str, str]]) -> list[dict[str, str]]:
    return [{key: value for key, value in each.items() if key != LABEL} for each in records]


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Landscape]:
    """Everything published and imported; one team's full set launched where each product belongs."""
    root = copy_repository(tmp_path_factory.mktemp("lifecycle"))
    done = run_build(root, "release")
    assert done.returncode == 0, done.stderr
    with serve(root) as served:
        for arguments in (("publish",), ("import", "--all")):
            done = served.build(*arguments)
            assert done.returncode == 0, done.stdout + done.stderr
        here = Landscape(served)
        here.launch(
            "model-registry", REGISTRY, ModelGroup=GROUP, DevAccountId=DEV, PreprodAccountId=PREPROD, ProdAccountId=PROD
        )
        here.launch("training-pipeline", DEV, ModelGroup=GROUP, NewDataKeys="data/*.csv")
        here.launch("training-pipeline", PROD, ModelGroup=GROUP)
        here.launch("inference-pipeline", PROD, ModelGroup=GROUP, ScheduleState="DISABLED")
        here.launch("deployment-pipeline", PROD, ModelGroup=GROUP)
        here.launch("monitoring", PROD)
        yield here


@pytest.fixture(scope="module")
def trained(team: Landscape) -> Mapping[str, Any]:
    """The run that new data in dev has started, ended."""
    bucket = f"training-{DEV}-{REGION}-{GROUP}"
    s3 = team.client(DEV, "s3")
    s3.put_object(Bucket=bucket, Key="schema.json", Body=SCHEMA.read_bytes())
    s3.put_object(Bucket=bucket, Key="data/breast-cancer.csv", Body=TABLE.read_bytes())
    (run, *others) = eventually(lambda: team.runs(DEV, f"{GROUP}-training"), "a training run")
    assert not others
    return team.ended(DEV, run["PipelineExecutionArn"])


@pytest.fixture(scope="module")
def version(team: Landscape, trained: Mapping[str, Any]) -> Mapping[str, Any]:
    """What the run proposed, as the registry describes it."""
    assert trained["PipelineExecutionStatus"] == "Succeeded", trained.get("FailureReason")
    sagemaker = team.client(REGISTRY, "sagemaker")
    (found,) = sagemaker.list_model_packages(ModelPackageGroupName=GROUP)["ModelPackageSummaryList"]
    described: dict[str, Any] = sagemaker.describe_model_package(ModelPackageName=found["ModelPackageArn"])
    return described


def test_new_data_in_dev_trains_a_model_that_is_good(team: Landscape, version: Mapping[str, Any]) -> None:
    bucket, _, key = version["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"].removeprefix("s3://").partition("/")
    metrics = json.loads(team.client(REGISTRY, "s3").get_object(Bucket=bucket, Key=key)["Body"].read())
    assert metrics["binary_classification_metrics"]["auc"]["value"] >= 0.97
    assert version["ModelApprovalStatus"] == "PendingManualApproval"


def test_nobody_but_an_approver_decides(team: Landscape, version: Mapping[str, Any]) -> None:
    # A repair engineer is nobody before a repair is approved: signing in is refused already.
    for account in (DEV, PREPROD, PROD):
        for persona in ("developer", "lead", "support", "repair"):
            with pytest.raises(ClientError, match=r"is not authorized to perform: (sagemaker:Update|sts:AssumeRole)"):
                team.persona(account, persona, "sagemaker").update_model_package(
                    ModelPackageArn=version["ModelPackageArn"], ModelApprovalStatus="Approved"
                )
    found = team.client(REGISTRY, "sagemaker").describe_model_package(ModelPackageName=version["ModelPackageArn"])
    assert found["ModelApprovalStatus"] == "PendingManualApproval"


def put_new_data(team: Landscape, records: list[dict[str, str]]) -> None:
    bucket = f"inference-{PROD}-{REGION}-{GROUP}"
    team.client(PROD, "s3").put_object(Bucket=bucket, Key="input/new.csv", Body=as_csv(records))


def start_inference(team: Landscape) -> dict[str, Any]:
    """A run of the inference pipeline, started by the lead, to its end."""
    started = team.persona(PROD, "lead", "sagemaker").start_pipeline_execution(PipelineName=f"{GROUP}-inference")
    return team.ended(PROD, started["PipelineExecutionArn"])


def test_inference_fails_clearly_while_nothing_is_approved(team: Landscape, version: Mapping[str, Any]) -> None:
    put_new_data(team, without_label(rows()[:100]))
    run = start_inference(team)
    assert run["PipelineExecutionStatus"] == "Failed"
    assert f"No version of model group {GROUP} is approved" in run["Steps"]["FindModel"]["FailureReason"]
    assert version["ModelApprovalStatus"] == "PendingManualApproval"


@pytest.fixture(scope="module")
def approved(team: Landscape, version: Mapping[str, Any]) -> Mapping[str, Any]:
    """The approver of dev has looked at the report and decides."""
    metrics = version["ModelMetrics"]["ModelQuality"]["Statistics"]["S3Uri"]
    bucket, _, key = metrics.removeprefix("s3://").partition("/")
    reports = team.persona(DEV, "approver", "s3")
    report = reports.get_object(Bucket=bucket, Key=key.replace("metrics.json", "report.html"))
    assert b"<html" in report["Body"].read()
    team.persona(DEV, "approver", "sagemaker").update_model_package(
        ModelPackageArn=version["ModelPackageArn"], ModelApprovalStatus="Approved", ApprovalDescription="looks fine"
    )
    return version


@pytest.fixture(scope="module")
def waiting(team: Landscape, approved: Mapping[str, Any]) -> Mapping[str, Any]:
    """The deployment that the approval has started, tested in pre-production, waiting for a person's word."""
    del approved
    pipelines = team.client(PROD, "codepipeline")

    def look() -> dict[str, Any] | None:
        state: dict[str, Any] = pipelines.get_pipeline_state(name=f"{GROUP}-deployment")
        stages = {each["stageName"]: each for each in state["stageStates"]}
        statuses = {name: each.get("latestExecution", {}).get("status") for name, each in stages.items()}
        if statuses["Source"] == "Succeeded":  # CodePipeline's own first run, of no release, fails there
            assert "Failed" not in statuses.values(), json.dumps(stages, default=str, indent=1)
        asked = stages["Approval"]["actionStates"][0].get("latestExecution", {})
        return stages["Approval"] if asked.get("token") else None

    return eventually(look, "a release that waits")


def invoke(team: Landscape, account: str, records: list[dict[str, str]]) -> list[dict[str, Any]]:
    answer = team.client(account, "sagemaker-runtime").invoke_endpoint(
        EndpointName=f"model-{GROUP}", ContentType="text/csv", Accept="application/jsonlines", Body=as_csv(records)
    )
    return [json.loads(line) for line in answer["Body"].read().decode().splitlines()]


def test_an_approval_deploys_to_pre_production_and_waits_there(team: Landscape, waiting: Mapping[str, Any]) -> None:
    (action,) = waiting["actionStates"]
    assert action["latestExecution"]["token"]
    answers = invoke(team, PREPROD, without_label(rows()[:5]))
    assert [each["prediction"] for each in answers] == [int(each[LABEL]) for each in rows()[:5]]
    with pytest.raises(ClientError, match="Could not find"):
        team.client(PROD, "sagemaker").describe_endpoint(EndpointName=f"model-{GROUP}")


def test_with_a_leads_word_it_serves_in_production(team: Landscape, waiting: Mapping[str, Any]) -> None:
    (action,) = waiting["actionStates"]
    team.persona(PROD, "lead", "codepipeline").put_approval_result(
        pipelineName=f"{GROUP}-deployment",
        stageName="Approval",
        actionName=action["actionName"],
        token=action["latestExecution"]["token"],
        result={"summary": "go", "status": "Approved"},
    )
    pipelines = team.client(PROD, "codepipeline")

    def look() -> str | None:
        newest = pipelines.list_pipeline_executions(pipelineName=f"{GROUP}-deployment")["pipelineExecutionSummaries"][0]
        return newest["status"] if newest["status"] not in ("InProgress", "Stopping") else None

    assert eventually(look, "the end of the deployment") == "Succeeded"
    assert len(invoke(team, PROD, without_label(rows()[:3]))) == 3


@pytest.fixture(scope="module")
def predicted(team: Landscape, approved: Mapping[str, Any]) -> Mapping[str, Any]:
    """An inference run on new data that looks like the old: every fourth row, without its label."""
    del approved
    put_new_data(team, without_label(rows()[::4]))
    return start_inference(team)


def test_predictions_are_the_models_own(
    team: Landscape, version: Mapping[str, Any], predicted: Mapping[str, Any], tmp_path: Path
) -> None:
    assert predicted["PipelineExecutionStatus"] == "Succeeded", json.dumps(predicted["Steps"], default=str, indent=1)
    s3 = team.client(PROD, "s3")
    bucket = f"inference-{PROD}-{REGION}-{GROUP}"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="predictions/")["Contents"]
    (key,) = [each["Key"] for each in listed if each["Key"].endswith(".out")]
    written = [json.loads(line) for line in s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode().splitlines()]

    # By hand, outside of everything: the registered artifact, the scripts, a file.
    artifact = version["InferenceSpecification"]["Containers"][0]["ModelDataUrl"]
    source, _, path = artifact.removeprefix("s3://").partition("/")
    (tmp_path / "model").mkdir()
    archive = team.client(REGISTRY, "s3").get_object(Bucket=source, Key=path)["Body"].read()
    (tmp_path / "model/model.tar.gz").write_bytes(archive)
    (tmp_path / "new.csv").write_bytes(as_csv(without_label(rows()[::4])))
    steps = str(PROJECT / "templates/src/steps")
    command = [sys.executable, steps, "predict", "--model", "model", "--data", "new.csv", "--output", "by-hand.csv"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    by_hand = list(csv.DictReader((tmp_path / "by-hand.csv").read_text().splitlines()))
    assert [each["prediction"] for each in written] == [int(each["prediction"]) for each in by_hand]
    assert [each["probability"] for each in written] == pytest.approx([float(each["probability"]) for each in by_hand])


def shifted() -> list[dict[str, str]]:
    return [{**each, "mean radius": f"{float(each['mean radius']) * 1.4:.4f}"} for each in without_label(rows()[::4])]


@pytest.fixture(scope="module")
def drifted(team: Landscape, predicted: Mapping[str, Any]) -> Mapping[str, Any]:
    """Two runs on data with a shifted column, one after the other; production has training data of its own."""
    assert predicted["PipelineExecutionStatus"] == "Succeeded"
    s3 = team.client(PROD, "s3")
    bucket = f"training-{PROD}-{REGION}-{GROUP}"
    s3.put_object(Bucket=bucket, Key="schema.json", Body=SCHEMA.read_bytes())
    s3.put_object(Bucket=bucket, Key="data/breast-cancer.csv", Body=TABLE.read_bytes())
    put_new_data(team, shifted())
    start_inference(team)
    eventually(lambda: team.runs(PROD, f"{GROUP}-training"), "the retraining")
    return start_inference(team)


def test_shifted_data_fails_the_run_and_names_the_columns(drifted: Mapping[str, Any]) -> None:
    assert drifted["PipelineExecutionStatus"] == "Failed"
    failed = [each for each in drifted["Steps"].values() if each["StepStatus"] == "Failed"]
    assert any("mean radius" in each["FailureReason"] for each in failed), failed
    assert "CreateModel" not in drifted["Steps"]


def test_drift_retrains_once_and_a_second_drift_does_not(team: Landscape, drifted: Mapping[str, Any]) -> None:
    assert drifted["PipelineExecutionStatus"] == "Failed"
    bucket = f"inference-{PROD}-{REGION}-{GROUP}"
    s3 = team.client(PROD, "s3")

    def look() -> list[dict[str, Any]] | None:
        keys = [each["Key"] for each in s3.list_objects_v2(Bucket=bucket, Prefix="retraining/").get("Contents", [])]
        found = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
        return found if len([each for each in found if "started" in each]) == 2 else None

    attempts = eventually(look, "what became of two attempts")
    assert sorted(each["started"] for each in attempts) == [False, True], attempts
    (run,) = team.runs(PROD, f"{GROUP}-training")
    ended = team.ended(PROD, run["PipelineExecutionArn"])
    assert ended["PipelineExecutionStatus"] == "Succeeded", ended.get("FailureReason")
    found = team.client(REGISTRY, "sagemaker").list_model_packages(ModelPackageGroupName=GROUP)
    statuses = {each["ModelPackageVersion"]: each["ModelApprovalStatus"] for each in found["ModelPackageSummaryList"]}
    assert statuses == {1: "Approved", 2: "PendingManualApproval"}
