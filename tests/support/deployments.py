"""Two models with a deployment pipeline each: what a test of releases does and asks. Judges nothing."""

from __future__ import annotations

import dataclasses
import io
import json
import tarfile
from typing import Any

from botocore.exceptions import ClientError

from tests.support.landscapes import Inbox, Landscape

GROUP, BATCHES = "churn", "scores"  # one model behind an endpoint, one for transform jobs
# A model as small as a model can be: it knows the answer by a field of the record, and says which version it is.
HANDLERS = """
import json, pathlib

def model_fn(model_dir):
    return json.loads((pathlib.Path(model_dir) / "model.json").read_text())

def input_fn(body, content_type):
    return [json.loads(line) for line in body.decode().splitlines()]

def predict_fn(records, model):
    if model["refuses"] and any(model["refuses"] in each for each in records):
        raise RuntimeError("never seen before")
    chances = [each["x"] if model["good"] else 1 - each["x"] for each in records]
    return [{"prediction": int(each > 0.5), "probability": each, "model": model["name"]} for each in chances]

def output_fn(answers, accept):
    return "".join(json.dumps(each) + "\\n" for each in answers), accept
"""
SAMPLE = [{"record": {"x": x}, "label": int(x > 0.5)} for x in (0.1, 0.2, 0.3, 0.4, 0.6, 0.7, 0.8, 0.9)]
METRICS = {"binary_classification_metrics": {"auc": {"value": 1.0, "standard_deviation": "NaN"}}}


@dataclasses.dataclass
class Scene:
    """Registry, pre-production and production, with a pipeline for each of two models."""

    landscape: Landscape
    preprod: str
    prod: str
    inbox: Inbox
    outputs: dict[str, str]
    settings: dict[str, Any]

    def client(self, service: str, account: str = "") -> Any:
        return self.landscape.client(service, account or self.prod)

    def propose(self, name: str, group: str = GROUP, *, good: bool = True, refuses: str = "") -> str:
        """A version in the registry, as training proposes it; gives its ARN."""
        model = {"name": name, "good": good, "refuses": refuses}
        lines = "\n".join(json.dumps(each) for each in SAMPLE)
        files = {
            "model.tar.gz": _archive(model),
            "metrics.json": json.dumps(METRICS).encode(),
            "s.jsonl": lines.encode(),
        }
        bucket = f"models-{self.landscape.registry}-{self.landscape.region}-{group}"
        for key, content in files.items():
            self.client("s3", self.landscape.registry).put_object(
                Bucket=bucket, Key=f"{name}/{key}", Body=content, IfNoneMatch="*"
            )
        hub = self.landscape.repository.catalog.landscape.hub.account
        container = {
            "Image": f"{hub}.dkr.ecr.{self.landscape.region}.amazonaws.com/platform/inference:xgboost-3.0-5",
            "ModelDataUrl": f"s3://{bucket}/{name}/model.tar.gz",
            "Environment": {
                "SAGEMAKER_PROGRAM": "inference.py",
                "SAGEMAKER_SUBMIT_DIRECTORY": "/opt/ml/model/code",
                "NAME": name,
            },
        }
        statistics = {"ContentType": "application/json", "S3Uri": f"s3://{bucket}/{name}/metrics.json"}
        made = self._registry.create_model_package(
            ModelPackageGroupName=group,
            ModelApprovalStatus="PendingManualApproval",
            InferenceSpecification={
                "Containers": [container],
                "SupportedContentTypes": ["application/jsonlines"],
                "SupportedResponseMIMETypes": ["application/jsonlines"],
            },
            ModelMetrics={"ModelQuality": {"Statistics": statistics}},
            CustomerMetadataProperties={"platform:sample": f"s3://{bucket}/{name}/s.jsonl"},
        )
        return str(made["ModelPackageArn"])

    def decide(self, package: str, status: str) -> None:
        """The approver's word about a version; back when everything that follows has followed."""
        self._registry.update_model_package(ModelPackageArn=package, ModelApprovalStatus=status)
        self.landscape.settle()

    def release(self, name: str, **model: Any) -> str:
        """Proposes a version and approves it."""
        package = self.propose(name, **model)
        self.decide(package, "Approved")
        return package

    @property
    def _registry(self) -> Any:
        return self.client("sagemaker", self.landscape.registry)

    def runs(self, group: str = GROUP) -> list[dict[str, Any]]:
        """Runs of a pipeline, newest first."""
        found = self.client("codepipeline").list_pipeline_executions(pipelineName=f"{group}-deployment")
        return list(found["pipelineExecutionSummaries"])

    def waiting(self) -> dict[str, Any]:
        """The action that waits for a person's word."""
        state = self.client("codepipeline").get_pipeline_state(name=f"{GROUP}-deployment")
        (stage,) = [each for each in state["stageStates"] if each["stageName"] == "Approval"]
        assert stage["latestExecution"]["status"] == "InProgress", state
        return dict(stage["actionStates"][0]["latestExecution"])

    def word(self, status: str) -> str:
        """A person's word about the release that waits; how the run has ended."""
        self.client("codepipeline").put_approval_result(
            pipelineName=f"{GROUP}-deployment",
            stageName="Approval",
            actionName="Word",
            token=self.waiting()["token"],
            result={"summary": "said the lead", "status": status},
        )
        self.landscape.settle()
        return str(self.runs()[0]["status"])

    def serving(self) -> tuple[str, str]:
        """Which model answers in pre-production and in production; nobody: ""."""
        return self._answering(self.preprod), self._answering(self.prod)

    def _answering(self, account: str) -> str:
        try:
            (answer,) = self.ask({"x": 0.5}, account)
        except ClientError as error:
            assert "not found" in str(error), error
            return ""
        return str(answer["model"])

    def ask(self, record: dict[str, Any], account: str = "") -> list[dict[str, Any]]:
        """What the endpoint answers."""
        kind = "application/jsonlines"
        answer = self.client("sagemaker-runtime", account).invoke_endpoint(
            EndpointName=f"model-{GROUP}", ContentType=kind, Accept=kind, Body=json.dumps(record).encode()
        )
        return [json.loads(line) for line in answer["Body"].read().decode().splitlines()]

    def update(self, **settings: Any) -> None:
        """An update of the product, with settings added to those that it has."""
        self.settings |= settings
        self.landscape.update("deployment-pipeline", self.prod, **self.settings)
        self.landscape.settle()

    def told(self) -> list[tuple[str, str]]:
        """Subjects and texts of the messages since the last time."""
        return [(each["Subject"], each["Message"]) for each in self.inbox.read()]

    def stack(self, account: str, name: str = f"model-{GROUP}") -> dict[str, Any] | None:
        try:
            (found,) = self.client("cloudformation", account).describe_stacks(StackName=name)["Stacks"]
        except ClientError:
            return None
        return dict(found)


def version_of(package: str) -> str:
    """The number of a version of a model group, from its ARN."""
    return package.rpartition("/")[2]


def _archive(model: dict[str, Any]) -> bytes:
    written = io.BytesIO()
    with tarfile.open(fileobj=written, mode="w:gz") as opened:
        for path, text in {"model.json": json.dumps(model), "code/inference.py": HANDLERS}.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(text.encode())
            opened.addfile(entry, io.BytesIO(text.encode()))
    return written.getvalue()
