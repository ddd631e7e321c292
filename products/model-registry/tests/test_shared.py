"""The registry in the emulated landscape: proposed in dev, decided about, told to three accounts."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.catalog.load import load_repository
from tests.support.landscapes import Landscape, laid_out
from tests.support.repository import PROJECT

pytestmark = pytest.mark.unmeasured

GROUP = "churn"


@dataclass(frozen=True)
class Scene:
    """A registry with automatic approval from an AUC of 0.97, and a queue on each account's default bus."""

    landscape: Landscape
    outputs: dict[str, str]
    queues: dict[str, str]

    def propose(self, account: str, run: str, auc: float, approval: str) -> str:
        """Registers a version of that account, as its administrator, with artifacts laid down before."""
        s3, bucket = self.landscape.client("s3", account), self.outputs["BucketName"]
        metrics = {"binary_classification_metrics": {"auc": {"value": auc}}}
        s3.put_object(Bucket=bucket, Key=f"{run}/model.tar.gz", Body=b"model", IfNoneMatch="*")
        s3.put_object(
            Bucket=bucket, Key=f"{run}/evaluation/metrics.json", Body=json.dumps(metrics).encode(), IfNoneMatch="*"
        )
        made = self.landscape.client("sagemaker", account).create_model_package(
            ModelPackageGroupName=self.outputs["GroupArn"],
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [
                    {
                        "Image": "111111111111.dkr.ecr.eu-west-1.amazonaws.com/platform/inference:xgboost-3.0-5",
                        "ModelDataUrl": f"s3://{bucket}/{run}/model.tar.gz",
                    }
                ],
                "SupportedContentTypes": ["text/csv"],
                "SupportedResponseMIMETypes": ["application/json"],
            },
            ModelMetrics={
                "ModelQuality": {
                    "Statistics": {
                        "ContentType": "application/json",
                        "S3Uri": f"s3://{bucket}/{run}/evaluation/metrics.json",
                    }
                }
            },
            CustomerMetadataProperties={
                "platform:approval": approval,
                "platform:code": "s3://platform-artifacts-111111111111-eu-west-1/assets/0a1b.zip",
                "platform:data": f"s3://training-{account}-eu-west-1-{GROUP}/data/",
            },
        )
        self.landscape.settle()
        return str(made["ModelPackageArn"])

    def status(self, arn: str) -> str:
        """The version's state of approval."""
        described = self.landscape.client("sagemaker", self.landscape.registry).describe_model_package(
            ModelPackageName=arn
        )
        return str(described["ModelApprovalStatus"])

    def news(self, environment: str) -> list[tuple[str, str]]:
        """Version and status of each event that the account heard."""
        sqs = self.landscape.client("sqs", self.landscape.account(environment))
        found = []
        while messages := sqs.receive_message(QueueUrl=self.queues[environment], MaxNumberOfMessages=10).get(
            "Messages"
        ):
            for each in messages:
                sqs.delete_message(QueueUrl=self.queues[environment], ReceiptHandle=each["ReceiptHandle"])
                detail = json.loads(each["Body"])["detail"]
                found.append((str(detail["ModelPackageArn"]), str(detail["ModelApprovalStatus"])))
        return sorted(found)


@pytest.fixture(scope="module")
def scene() -> Iterator[Scene]:
    with laid_out(load_repository(PROJECT)) as landscape:
        accounts = {each: landscape.account(each) for each in ("dev", "preprod", "prod")}
        outputs = landscape.launch(
            "model-registry",
            landscape.registry,
            ModelGroup=GROUP,
            DevAccountId=accounts["dev"],
            PreprodAccountId=accounts["preprod"],
            ProdAccountId=accounts["prod"],
            AutomaticApprovalThreshold="0.97",
        )
        yield Scene(landscape, outputs, {each: _listen(landscape, number) for each, number in accounts.items()})


def _listen(landscape: Landscape, account: str) -> str:
    sqs, events = landscape.client("sqs", account), landscape.client("events", account)
    url = sqs.create_queue(QueueName="news")["QueueUrl"]
    arn = f"arn:aws:sqs:{landscape.region}:{account}:news"
    policy: dict[str, Any] = {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "events.amazonaws.com"},
                "Action": "sqs:SendMessage",
                "Resource": arn,
            }
        ],
    }
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": json.dumps(policy)})
    pattern = {"source": ["aws.sagemaker"], "detail": {"ModelPackageGroupName": [GROUP]}}
    events.put_rule(Name="news", EventPattern=json.dumps(pattern))
    events.put_targets(Rule="news", Targets=[{"Id": "queue", "Arn": arn}])
    return str(url)


def test_a_good_version_that_asks_is_approved_and_everybody_hears_of_it(scene: Scene) -> None:
    inbox = scene.landscape.inbox(scene.landscape.registry, scene.outputs["NotificationsArn"])
    arn = scene.propose(scene.landscape.account("dev"), "good", 0.99, "automatic")
    assert scene.status(arn) == "Approved"
    for environment in ("dev", "preprod", "prod"):
        assert scene.news(environment) == [(arn, "Approved"), (arn, "PendingManualApproval")]
    (told,) = inbox.read()
    assert "auc 0.99 is at least 0.97" in told["Message"]


@pytest.mark.parametrize(("run", "auc", "approval"), [("poor", 0.9, "automatic"), ("silent", 0.99, "manual")])
def test_other_versions_wait_for_a_person(scene: Scene, run: str, auc: float, approval: str) -> None:
    arn = scene.propose(scene.landscape.account("prod"), run, auc, approval)
    assert scene.status(arn) == "PendingManualApproval"
    assert (arn, "PendingManualApproval") in scene.news("preprod")


def test_preprod_neither_writes_nor_proposes(scene: Scene) -> None:
    account = scene.landscape.account("preprod")
    with pytest.raises(ClientError, match="AccessDenied"):
        scene.propose(account, "preprod", 0.99, "manual")
    with pytest.raises(ClientError, match="no resource-based policy allows"):
        scene.landscape.client("sagemaker", account).create_model_package(
            ModelPackageGroupName=scene.outputs["GroupArn"],
            ModelApprovalStatus="PendingManualApproval",
            SourceUri=f"s3://{scene.outputs['BucketName']}/good/model.tar.gz",
        )


def test_an_administrator_of_the_team_decides_nothing(scene: Scene) -> None:
    arn = scene.propose(scene.landscape.account("dev"), "tempting", 0.5, "manual")
    with pytest.raises(ClientError, match="no resource-based policy allows"):
        scene.landscape.client("sagemaker", scene.landscape.account("dev")).update_model_package(
            ModelPackageArn=arn, ModelApprovalStatus="Approved"
        )
    assert scene.status(arn) == "PendingManualApproval"
