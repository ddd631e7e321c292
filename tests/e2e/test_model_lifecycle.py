"""A model's life on real data: from a file in dev to predictions in production and a retraining (P3 to P8, N15, N16).

Everything runs: the products are launched by the people who would launch them, steps and functions are processes, and
every call is made with the role that would make it at AWS, under its own policies.
"""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.catalog.load import load_repository
from tests.support.inventory import inventory
from tests.support.repository import PROJECT
from tests.support.served import copy_repository, run_build, serve
from tests.support.team import REGION, Landscape, eventually

pytestmark = pytest.mark.unmeasured

REGISTRY, DEV, PREPROD, PROD = "111111111111", "222222222221", "222222222222", "222222222223"
GROUP = "credit-risk-default"
TABLE = PROJECT / "products/training-pipeline/examples/data/breast-cancer.csv"
SCHEMA = PROJECT / "products/training-pipeline/examples/data/breast-cancer.schema.json"
LABEL = json.loads(SCHEMA.read_text())["label"]
ACCOUNTS = (REGISTRY, DEV, PREPROD, PROD)
TEAM_SET: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("training-pipeline", DEV, {"ModelGroup": GROUP, "NewDataKeys": "data/*.csv"}),
    ("training-pipeline", PROD, {"ModelGroup": GROUP}),
    ("inference-pipeline", PROD, {"ModelGroup": GROUP, "ScheduleState": "DISABLED"}),
    ("deployment-pipeline", PROD, {"ModelGroup": GROUP}),
    ("monitoring", PROD, {}),
)


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
        repository = load_repository(root)
        before = {account: inventory(served.url, account, REGION) for account in ACCOUNTS}
        here = Landscape(served, repository, before)
        accounts = {"DevAccountId": DEV, "PreprodAccountId": PREPROD, "ProdAccountId": PROD}
        here.launch("model-registry", REGISTRY, ModelGroup=GROUP, **accounts)
        with ThreadPoolExecutor() as side_by_side:
            launches = [
                side_by_side.submit(here.launch, product, account, **parameters)
                for product, account, parameters in TEAM_SET
            ]
            for each in launches:
                each.result()
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


@pytest.fixture(scope="module")
def deployed(team: Landscape, waiting: Mapping[str, Any]) -> str:
    """How the deployment ends after the lead's word."""
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

    return eventually(look, "the end of the deployment")


def test_with_a_leads_word_it_serves_in_production(team: Landscape, deployed: str) -> None:
    assert deployed == "Succeeded"
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


# Product, account, and a parameter that an update changes. Monitoring is prepared for its removal, as its page asks.
UPDATES: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("model-registry", REGISTRY, {"AutomaticApprovalThreshold": "0.99"}),
    ("training-pipeline", DEV, {"Schedule": "cron(0 4 ? * SUN *)"}),
    ("training-pipeline", PROD, {"DriftCooldownHours": "48"}),
    ("inference-pipeline", PROD, {"MaximumViolations": "2"}),
    ("deployment-pipeline", PROD, {"CapturePercent": "50"}),
    ("monitoring", PROD, {"Watch": "off", "DriftCheck": "Off"}),
)


@pytest.fixture(scope="module")
def updated(team: Landscape, deployed: str, drifted: Mapping[str, Any]) -> Mapping[str, frozenset[str]]:
    """The whole set, updated while it serves; what each account has then."""
    del deployed, drifted
    with ThreadPoolExecutor() as side_by_side:
        changes = [
            side_by_side.submit(team.launcher(product, account).update, product, None, parameters)
            for product, account, parameters in UPDATES
        ]
        results = [each.result() for each in changes]
    assert not [failure for each in results for failure in each.failures]
    (watcher,) = [value for key, value, _ in results[-1].outputs if key == "WatchFunctionName"]
    team.client(PROD, "lambda").invoke(FunctionName=watcher, Payload=b"{}")  # a quarter of an hour later
    return {account: team.inventory(account) for account in ACCOUNTS}


def test_the_whole_set_takes_updates_while_it_serves(team: Landscape, updated: Mapping[str, frozenset[str]]) -> None:
    assert [each for each in updated[DEV] - team.before[DEV] if each.startswith("schedule ")]
    assert not [each for each in updated[PROD] if each.startswith("alarm watch/")]
    for account in (PREPROD, PROD):
        answers = invoke(team, account, without_label(rows()[:5]))
        assert [each["prediction"] for each in answers] == [int(each[LABEL]) for each in rows()[:5]]
    # a setting of the endpoint waits for the next release: an update never touches what serves
    sagemaker = team.client(PROD, "sagemaker")
    config = sagemaker.describe_endpoint(EndpointName=f"model-{GROUP}")["EndpointConfigName"]
    capture = sagemaker.describe_endpoint_config(EndpointConfigName=config)["DataCaptureConfig"]
    assert capture["InitialSamplingPercentage"] == 20


@pytest.fixture(scope="module")
def terminated(team: Landscape, updated: Mapping[str, frozenset[str]]) -> Mapping[str, frozenset[str]]:
    """The team's products gone, the registry last; what each account has more than before the first launch."""
    for product, account, _ in reversed(UPDATES):
        done = team.launcher(product, account).terminate(product)
        assert not done.failures, done.failures
    after = {account: team.inventory(account) for account in ACCOUNTS}
    for account in ACCOUNTS:
        data = {each for each in updated[account] if each.partition(" ")[0] in ("bucket", "group", "key")}
        assert data <= after[account]
        assert team.before[account] <= after[account]  # the foundation is as it was
    return {account: after[account] - team.before[account] for account in ACCOUNTS}


def test_terminations_leave_data_and_what_serves_and_nothing_else_that_costs(
    team: Landscape, terminated: Mapping[str, frozenset[str]]
) -> None:
    kept = {"bucket", "group", "key", "log"}  # storage, as the pages of the products say
    for account, left in terminated.items():
        runs = {each for each in left if each.partition(" ")[0] not in kept}
        if account in (REGISTRY, DEV):
            assert not runs
            continue
        assert {f"endpoint model-{GROUP}", f"scaling endpoint/model-{GROUP}/variant/main"} <= runs
        assert {f"alarm model-{GROUP}-errors", f"alarm model-{GROUP}-latency"} <= runs
        # What the endpoint serves with: one of each, which CloudFormation names after the resource alone.
        served = {each for each in runs if each.startswith(("model ", "configuration "))}
        assert len(served) == 2
        ours = re.compile(rf"[a-z]+ (endpoint/)?models?[-/]{GROUP}|role model-")
        assert not [each for each in runs - served if not ours.match(each)]
        assert len(invoke(team, account, without_label(rows()[:3]))) == 3
    versions = team.client(REGISTRY, "sagemaker").list_model_packages(ModelPackageGroupName=GROUP)
    assert len(versions["ModelPackageSummaryList"]) == 2


def test_what_serves_ends_with_its_stacks_and_its_data_stays(
    team: Landscape, terminated: Mapping[str, frozenset[str]]
) -> None:
    for account in (PREPROD, PROD):
        cloudformation = team.client(account, "cloudformation")
        for stack in (f"model-{GROUP}", f"model-{GROUP}-storage"):
            cloudformation.delete_stack(StackName=stack)
            cloudformation.get_waiter("stack_delete_complete").wait(
                StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 60}
            )
        left = team.inventory(account) - team.before[account]
        assert {each.partition(" ")[0] for each in left} <= {"bucket", "key", "log", "repository"}
        data = {each for each in terminated[account] if each.startswith("bucket ")}
        assert data <= left
        assert f"bucket serving-{account}-{REGION}-{GROUP}" in left
