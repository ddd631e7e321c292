"""Releases in the emulated landscape: what each leaves in both accounts, whatever its end, with roles under IAM."""

from __future__ import annotations

import dataclasses
import json
import threading
import time
from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.products import launched
from tests.support.deployments import BATCHES, GROUP, Scene, version_of
from tests.support.landscapes import laid_out, stack_of

pytestmark = pytest.mark.unmeasured


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with laid_out(launched.repository()) as landscape:
        prod, teams = landscape.account("prod"), ("dev", "preprod", "prod")
        for group in (GROUP, BATCHES):
            accounts = {f"{name.title()}AccountId": landscape.account(name) for name in teams}
            landscape.launch("model-registry", landscape.registry, ModelGroup=group, **accounts)
        settings = {"ModelGroup": GROUP, "ShiftMinutes": 1, "LatencyLimitMs": 20000}
        outputs = landscape.launch("deployment-pipeline", prod, **settings)
        batches = {"Serving": "batch", "CopyImage": "on", "ContinuousDeployment": "on", "CapturePercent": 0}
        landscape.launch("deployment-pipeline", prod, ModelGroup=BATCHES, **batches)
        landscape.settle()
        inbox = landscape.inbox(prod, outputs["TopicArn"])
        yield Scene(landscape, landscape.account("preprod"), prod, inbox, outputs, settings)


def test_only_this_models_approvals_start_a_release(scene: Scene) -> None:
    (own,) = scene.runs()  # CodePipeline's own, of a new pipeline
    assert own["status"] == "Failed"
    scene.decide(scene.propose("never", group=BATCHES), "Rejected")
    scene.decide(scene.propose("never"), "Rejected")
    assert [each["pipelineExecutionId"] for each in scene.runs()] == [own["pipelineExecutionId"]]
    assert scene.stack(scene.preprod) is scene.stack(scene.prod) is None
    assert scene.told() == []


@dataclasses.dataclass(frozen=True)
class Ended:
    """A release and what became of it. `told`: subjects and texts of the messages."""

    version: str
    status: str
    told: list[tuple[str, str]]


# What later tests build upon is a fixture: whichever of them run, in whatever process, they find it done.
@pytest.fixture(scope="module")
def removed(scene: Scene) -> Ended:
    version = version_of(scene.release("bad", good=False))
    return Ended(version, str(scene.runs()[0]["status"]), scene.told())


def test_a_first_release_that_fails_its_test_is_removed(scene: Scene, removed: Ended) -> None:
    assert removed.status == "Failed"
    assert scene.stack(scene.preprod) is scene.stack(scene.prod) is None
    ((subject, message),) = removed.told
    assert subject == "churn: not deployed"
    assert f"Test in Preproduction has failed. Version {removed.version} of churn answered 8 held-out" in message
    assert "AUC 0.0000 (1.0000 when it was registered)" in message
    assert "worse than the tolerance of 0.02 allows" in message


@dataclasses.dataclass(frozen=True)
class First(Ended):
    """The first release that serves. `waiting`: what is told while it waits, `before`: what serves meanwhile."""

    waiting: list[tuple[str, str]]
    before: tuple[str, str]


@pytest.fixture(scope="module")
def first(scene: Scene, removed: Ended) -> First:  # noqa: ARG001 - comes after it
    version = version_of(scene.release("first"))
    waiting, before = scene.told(), scene.serving()
    return First(version, scene.word("Approved"), scene.told(), waiting, before)


def test_a_release_waits_for_a_person_with_a_summary_and_a_link(scene: Scene, first: First) -> None:
    assert first.before == ("first", "")
    ((_, message),) = first.waiting
    approval = json.loads(message)["approval"]
    assert approval["customData"].startswith(
        f"Version {first.version} of churn answered 8 held-out records in pre-production with AUC"
    )
    assert approval["externalEntityLink"] == scene.outputs["DashboardUrl"]
    assert first.status == "Succeeded"
    assert scene.serving() == ("first", "first")
    ((subject, message),) = first.told
    assert subject == "churn: deployed"
    assert message.splitlines()[0] == f"Version {first.version} of churn serves in production."


@pytest.mark.usefixtures("first")
def test_the_container_has_the_versions_own_variables(scene: Scene) -> None:
    (stack,) = scene.client("cloudformation").describe_stacks(StackName=f"model-{GROUP}")["Stacks"]
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
    assert outputs["ModelName"].startswith("Model-")  # CloudFormation does not name it after the stack
    described = scene.client("sagemaker").describe_model(ModelName=outputs["ModelName"])
    assert described["PrimaryContainer"]["Environment"]["NAME"] == "first"


def test_a_rejected_release_leaves_pre_production_as_it_was(scene: Scene, first: First) -> None:
    scene.release("second")
    assert scene.serving() == ("second", "first")
    scene.told()
    assert scene.word("Rejected") == "Failed"
    assert scene.serving() == ("first", "first")
    ((subject, message),) = scene.told()
    assert subject == "churn: not deployed"
    assert "Word in Approval has failed. said the lead" in message
    assert f"Pre-production: version {first.version} is being put back." in message


@pytest.mark.usefixtures("first")
def test_a_release_that_fails_its_test_leaves_both_as_they_were(scene: Scene) -> None:
    scene.release("worse", good=False)
    assert scene.runs()[0]["status"] == "Failed"
    assert scene.serving() == ("first", "first")
    scene.told()


@pytest.fixture(scope="module")
def regretted(scene: Scene, first: First) -> Ended:  # noqa: ARG001 - comes after it
    package = scene.release("regretted")
    scene.decide(package, "Rejected")
    scene.told()
    return Ended(version_of(package), scene.word("Approved"), scene.told())


def test_a_version_that_is_rejected_while_it_waits_is_not_deployed(scene: Scene, regretted: Ended) -> None:
    assert regretted.status == "Failed"
    assert scene.serving() == ("first", "first")
    assert "is Rejected in the registry now: nothing is deployed" in regretted.told[0][1]


@pytest.mark.usefixtures("regretted")
def test_a_run_that_somebody_starts_by_hand_deploys_nothing(scene: Scene, first: First) -> None:
    """The newest object is the release of a version that was rejected meanwhile; an approved one is named for it."""
    approved = next(
        each["ModelPackageArn"]
        for each in scene.client("sagemaker", scene.landscape.registry).list_model_packages(
            ModelPackageGroupName=GROUP, ModelApprovalStatus="Approved"
        )["ModelPackageSummaryList"]
    )
    variables = [
        {"name": "ModelPackageArn", "value": approved},
        {"name": "ModelVersion", "value": first.version},
    ]
    for given in ({}, {"variables": variables}):
        scene.client("codepipeline").start_pipeline_execution(name=f"{GROUP}-deployment", **given)
        scene.landscape.settle()
        assert scene.runs()[0]["status"] == "Failed"
        assert scene.serving() == ("first", "first")
    ((_, message),) = scene.told()
    assert "approvals start releases" in message


@pytest.fixture(scope="module")
def continuous(scene: Scene, first: First) -> None:  # noqa: ARG001 - comes after it
    """The product's settings, changed: nobody is asked any more."""
    scene.update(ContinuousDeployment="on", ShiftMinutes=20, CapturePercent=50)


@pytest.mark.usefixtures("continuous")
def test_an_alarm_while_traffic_goes_over_sends_it_back_and_restores_pre_production(scene: Scene) -> None:
    """The test knows no record that the version refuses; production does."""
    over = threading.Event()
    heard: list[str] = []

    def ask() -> None:
        while not over.is_set():
            try:
                heard.append(scene.ask({"x": 0.5, "poison": 1})[0]["model"])
            except ClientError as error:
                heard.append(error.response["Error"]["Code"])
            time.sleep(0.05)

    people = threading.Thread(target=ask)
    people.start()
    try:
        scene.release("fragile", refuses="poison")
    finally:
        over.set()
        people.join()
    assert set(heard) == {"first", "ModelError"}
    assert scene.runs()[0]["status"] == "Failed"
    assert scene.serving() == ("first", "first")
    prod = scene.stack(scene.prod)
    assert prod is not None and prod["StackStatus"] == "UPDATE_ROLLBACK_COMPLETE"
    ((subject, message),) = scene.told()
    assert subject == "churn: not deployed"
    assert "Deploy in Production has failed" in message


@dataclasses.dataclass(frozen=True)
class Third(Ended):
    """The release after the settings were changed. `captured`: percent of requests, before and after it."""

    captured: tuple[int, int]


@pytest.fixture(scope="module")
def third(scene: Scene, continuous: None) -> Third:  # noqa: ARG001 - comes after it
    before = _captured(scene)
    alarms = scene.client("cloudwatch")
    alarms.set_alarm_state(AlarmName=f"model-{GROUP}-errors", StateValue="OK", StateReason="the minute is over")
    version = version_of(scene.release("third"))
    return Third(version, str(scene.runs()[0]["status"]), scene.told(), (before, _captured(scene)))


def test_settings_come_out_with_the_next_release_which_nobody_has_to_let_go_on(scene: Scene, third: Third) -> None:
    assert third.status == "Succeeded", third.told
    assert scene.serving() == ("third", "third")
    assert third.captured == (20, 50)
    assert [subject for subject, _ in third.told] == ["churn: deployed"]


def _captured(scene: Scene) -> int:
    sagemaker = scene.client("sagemaker")
    config = sagemaker.describe_endpoint(EndpointName=f"model-{GROUP}")["EndpointConfigName"]
    found = sagemaker.describe_endpoint_config(EndpointConfigName=config)["DataCaptureConfig"]
    return int(found["InitialSamplingPercentage"])


def test_a_model_for_batches_is_tested_by_a_transform_job_and_serves_from_copied_images(scene: Scene) -> None:
    before = len(scene.runs())
    version = version_of(scene.release("monthly", group=BATCHES))
    assert scene.runs(BATCHES)[0]["status"] == "Succeeded"
    assert len(scene.runs()) == before
    (job,) = scene.client("sagemaker", scene.preprod).list_transform_jobs()["TransformJobSummaries"]
    assert job["TransformJobStatus"] == "Completed"
    for account in (scene.preprod, scene.prod):
        image = f"{account}.dkr.ecr.{scene.landscape.region}.amazonaws.com/models/{BATCHES}:version-{version}"
        found = scene.client("ecr", account).describe_images(repositoryName=f"models/{BATCHES}")["imageDetails"]
        assert [each["imageTags"] for each in found] == [[f"version-{version}"]]
        stack = scene.stack(account, f"model-{BATCHES}")
        assert stack is not None
        outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Outputs"]}
        model = scene.client("sagemaker", account).describe_model(ModelName=outputs["ModelName"])
        assert model["PrimaryContainer"]["Image"] == image
        assert "EndpointName" not in outputs


@pytest.mark.usefixtures("third")
def test_termination_leaves_what_was_deployed_and_nothing_that_deploys(scene: Scene) -> None:
    stack = stack_of("deployment-pipeline", scene.prod, GROUP)
    scene.client("cloudformation").delete_stack(StackName=stack)
    scene.client("cloudformation").get_waiter("stack_delete_complete").wait(
        StackName=stack, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
    )
    names = [each["name"] for each in scene.client("codepipeline").list_pipelines()["pipelines"]]
    assert names == [f"{BATCHES}-deployment"]
    assert scene.serving() == ("third", "third")
    scene.client("s3").head_bucket(Bucket=scene.outputs["BucketName"])
    scene.decide(scene.propose("too late"), "Approved")
    assert scene.serving() == ("third", "third")
