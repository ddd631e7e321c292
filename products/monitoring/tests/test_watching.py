"""The product in the emulated landscape: alarms follow endpoints, drift raises one, and none is left at the end."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
import pytest

from tests.products import launched
from tests.support.landscapes import Inbox, Landscape, laid_out
from tests.support.models import register, train

pytestmark = pytest.mark.unmeasured

GROUP = "credit-risk-default"


@dataclasses.dataclass(frozen=True)
class Scene:
    """Production with the product, and an approved version that endpoints can be made of."""

    landscape: Landscape
    account: str
    outputs: dict[str, str]
    bucket: str
    inbox: Inbox
    package: str
    new: pd.DataFrame

    def client(self, service: str) -> Any:
        return self.landscape.client(service, self.account)

    def alarms(self) -> set[str]:
        """What follows watch/ in the names of alarms, when all that follows has followed."""
        self.landscape.settle()
        pages = self.client("cloudwatch").get_paginator("describe_alarms").paginate(AlarmNamePrefix="watch/")
        return {each["AlarmName"].removeprefix("watch/") for page in pages for each in page["MetricAlarms"]}

    def deploy(self, name: str) -> None:
        """An endpoint of the version, with our tags, which captures every request."""
        sagemaker = self.client("sagemaker")
        capture = {
            "EnableCapture": True,
            "InitialSamplingPercentage": 100,
            "DestinationS3Uri": f"s3://{self.bucket}/capture",
            "CaptureOptions": [{"CaptureMode": "Input"}],
        }
        variant = {
            "VariantName": "main",
            "ModelName": "served",
            "InstanceType": "ml.m5.large",
            "InitialInstanceCount": 1,
        }
        sagemaker.create_endpoint_config(
            EndpointConfigName=name, ProductionVariants=[variant], DataCaptureConfig=capture
        )
        tags = [{"Key": "platform:model-group", "Value": GROUP}]
        sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name, Tags=tags)
        sagemaker.get_waiter("endpoint_in_service").wait(
            EndpointName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30}
        )

    def call(self, function: str) -> dict[str, Any]:
        """Calls one of the product's functions; what it answers."""
        answered = self.client("lambda").invoke(FunctionName=self.outputs[function], Payload=b"{}")
        content = json.loads(answered["Payload"].read())
        assert "FunctionError" not in answered, content
        return dict(content)


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("model")
    new = train(folder)
    with laid_out(launched.repository()) as landscape:
        account = landscape.account("prod")
        teams = {f"{name.title()}AccountId": landscape.account(name) for name in ("dev", "preprod", "prod")}
        landscape.launch("model-registry", landscape.registry, ModelGroup=GROUP, **teams)
        package = register(landscape, folder, GROUP)
        landscape.client("sagemaker", landscape.registry).update_model_package(
            ModelPackageArn=package, ModelApprovalStatus="Approved"
        )
        inference = landscape.launch("inference-pipeline", account, ModelGroup=GROUP)
        landscape.client("sagemaker", account).create_model(
            ModelName="served",
            ExecutionRoleArn=inference["PipelineRoleArn"],
            PrimaryContainer={"ModelPackageName": package},
        )
        outputs = landscape.launch("monitoring", account)
        inbox = landscape.inbox(account, outputs["TopicArn"])
        yield Scene(landscape, account, outputs, inference["BucketName"], inbox, package, new)


def test_pipelines_and_queues_of_products_have_their_alarms_and_late_is_only_what_says_so(scene: Scene) -> None:
    scene.call("WatchFunctionName")
    found = scene.alarms()
    assert {f"pipeline/{GROUP}-inference/failed", f"pipeline/{GROUP}-inference/late"} <= found
    assert {each for each in found if "drift-check" in each} == {"pipeline/platform-drift-check/failed"}
    assert len([each for each in found if each.startswith("queue/") and each.endswith("/depth")]) == 2
    assert scene.call("WatchFunctionName")["written"] == []


def test_alarms_follow_the_name_of_an_endpoint_by_its_events(scene: Scene) -> None:
    scene.deploy("scores-v1")
    first = {each for each in scene.alarms() if each.startswith("scores-")}
    assert {"scores-v1/availability", "scores-v1/drift", "scores-v1/main/latency"} <= first
    scene.client("sagemaker").delete_endpoint(EndpointName="scores-v1")
    scene.deploy("scores-v2")
    found = {each for each in scene.alarms() if each.startswith("scores-")}
    assert found == {each.replace("scores-v1", "scores-v2") for each in first}


def test_drifted_requests_raise_the_alarm_of_their_endpoint(scene: Scene) -> None:
    scene.deploy("scores-v3")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    drifted = scene.new.assign(**{"mean radius": scene.new["mean radius"] * 1.8})
    captures = [
        {"observedContentType": "application/json", "mode": "INPUT", "data": json.dumps(row), "encoding": "JSON"}
        for row in drifted.to_dict("records")
    ]
    lines = "\n".join(json.dumps({"captureData": {"endpointInput": each}}) for each in captures)
    key = f"capture/scores-v3/main/{yesterday:%Y/%m/%d/%H}/requests.jsonl"
    scene.client("s3").put_object(Bucket=scene.bucket, Key=key, Body=lines.encode())
    assert scene.call("CheckFunctionName")["started"] == ["scores-v3/main"]
    (run,) = scene.client("sagemaker").list_pipeline_executions(PipelineName=scene.outputs["PipelineName"])[
        "PipelineExecutionSummaries"
    ]
    ended = scene.landscape.follow(scene.account, run["PipelineExecutionArn"])
    assert ended.status == "Succeeded", ended
    scene.landscape.settle()
    report = f"drift/scores-v3/{ended.id}/report.html"
    assert scene.client("s3").head_object(Bucket=scene.outputs["ReportsBucketName"], Key=report)
    (alarm,) = scene.client("cloudwatch").describe_alarms(AlarmNames=["watch/scores-v3/drift"])["MetricAlarms"]
    assert alarm["StateValue"] == "ALARM", alarm
    told = [json.loads(each["Message"])["AlarmName"] for each in scene.inbox.read()]
    assert "watch/scores-v3/drift" in told


def test_switched_off_no_alarm_is_left(scene: Scene) -> None:
    scene.call("WatchFunctionName")
    assert scene.alarms()
    scene.landscape.update("monitoring", scene.account, Watch="off", DriftCheck="Off")
    scene.call("WatchFunctionName")
    assert scene.alarms() == set()
