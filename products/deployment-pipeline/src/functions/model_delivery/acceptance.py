"""The action that tests what was deployed: a held-out sample is answered, well enough and fast enough (N3 N16)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from model_delivery import action, scoring
from model_delivery.action import Done, Order, Waiting
from model_delivery.copy_version import approved
from model_delivery.refusal import RefusedError
from model_delivery.release import tags
from model_delivery.scoring import Registered, Sample
from model_delivery.settings import Settings
from model_delivery.versions import SAMPLE, Version, split_uri

CONTENT_TYPE = "application/jsonlines"
AT_ONCE = 20  # records a request
NAMESPACE = "Platform/Models"
ENDED = ("Completed", "Failed", "Stopped")
DATA_KEY = "alias/platform-data"  # of the environment's account; its foundation makes it


def handle(event: Mapping[str, Any], context: object) -> None:
    """Lambda's entry, called by CodePipeline."""
    import boto3

    from model_delivery.deployer import Deployer

    settings = Settings.read()

    def work(order: Order) -> Done | Waiting:
        there = Deployer(settings, order.environment)
        test = Acceptance(settings, there.client, boto3.client("cloudwatch"), order)
        return test.batches() if settings.parameters["Serving"] == "batch" else test.endpoint()

    action.run(event, work, boto3.client("codepipeline"))


class Acceptance:
    """One test. `client`: makes clients that act as the deployer of the environment."""

    def __init__(self, settings: Settings, client: Callable[[str], Any], cloudwatch: Any, order: Order) -> None:
        self._settings = settings
        self._client = client
        self._cloudwatch = cloudwatch
        self._order = order
        self._version = approved(client("sagemaker"), order.package)
        self._runtime = client("sagemaker-runtime")

    def endpoint(self) -> Done:
        """Asks the endpoint for every record, some at once. One request goes ahead: who connects first waits longer."""
        sample, registered = self._expected()
        self._ask(sample.records[:1])
        answers: list[Mapping[str, Any]] = []
        seconds = []
        for start in range(0, len(sample.records), AT_ONCE):
            records = sample.records[start : start + AT_ONCE]
            began = time.monotonic()
            text = self._ask(records)
            seconds.append(time.monotonic() - began)
            answers += scoring.read_answers(text, len(records))
        slowest = scoring.percentile(seconds, 0.95) * 1000
        if slowest > self._settings.latency_ms:
            raise RefusedError(
                f"The endpoint answers in {slowest:.0f} ms (95th percentile of {len(seconds)} requests of up to "
                f"{AT_ONCE} records); the limit is {self._settings.latency_ms:.0f} ms."
            )
        return self._judge(sample, registered, answers, slowest)

    def batches(self) -> Done | Waiting:
        """Has a transform job answer every record: starts it at the first call, judges it when it has ended."""
        sagemaker, s3 = self._client("sagemaker"), self._client("s3")
        bucket = self._settings.serving_bucket(self._order.environment)
        if self._order.continued is None:
            sample, _ = self._expected()
            job = f"{self._settings.stack}-{self._version.number}-{self._order.job[:8]}"
            s3.put_object(Bucket=bucket, Key=f"tests/{job}/in/records.jsonl", Body=lines(sample.records))
            sagemaker.create_transform_job(**self._transform(job, bucket, f"tests/{job}"))
            return Waiting({"job": job})
        job = str(self._order.continued["job"])
        described = sagemaker.describe_transform_job(TransformJobName=job)
        if described["TransformJobStatus"] not in ENDED:
            return Waiting({"job": job})
        if described["TransformJobStatus"] != "Completed":
            reason = described.get("FailureReason", "it was stopped")
            raise RefusedError(f"The transform job {job} has {described['TransformJobStatus'].lower()}: {reason}")
        sample, registered = self._expected()
        text = s3.get_object(Bucket=bucket, Key=f"tests/{job}/out/records.jsonl.out")["Body"].read().decode("utf-8")
        return self._judge(sample, registered, scoring.read_answers(text, len(sample.records)), None)

    def _expected(self) -> tuple[Sample, Registered]:
        found = self._version
        if not found.sample or not found.metrics:
            missing = "sample" if not found.sample else "metrics"
            raise RefusedError(
                f"Version {found.number} of {found.group} was registered without {missing} ({SAMPLE}, ModelMetrics): "
                "it cannot be tested. Train it again with the product training pipeline."
            )
        return (
            scoring.read_sample(self._text(found.sample), found.sample),
            scoring.read_registered(self._text(found.metrics), found.metrics),
        )

    def _ask(self, records: Sequence[Mapping[str, Any]]) -> str:
        answer = self._runtime.invoke_endpoint(
            EndpointName=self._settings.stack, ContentType=CONTENT_TYPE, Accept=CONTENT_TYPE, Body=lines(records)
        )
        text: str = answer["Body"].read().decode("utf-8")
        return text

    def _text(self, uri: str) -> str:
        bucket, key = split_uri(uri)
        text: str = self._client("s3").get_object(Bucket=bucket, Key=key)["Body"].read().decode("utf-8")
        return text

    def _transform(self, job: str, bucket: str, prefix: str) -> dict[str, Any]:
        outputs = stack_outputs(self._client("cloudformation"), self._settings.stack)
        return {
            "TransformJobName": job,
            "ModelName": outputs["ModelName"],
            "BatchStrategy": "MultiRecord",
            "TransformInput": {
                "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": f"s3://{bucket}/{prefix}/in/"}},
                "ContentType": CONTENT_TYPE,
                "SplitType": "Line",
            },
            "TransformOutput": {
                "S3OutputPath": f"s3://{bucket}/{prefix}/out/",
                "Accept": CONTENT_TYPE,
                "AssembleWith": "Line",
            },
            "TransformResources": {
                "InstanceType": self._settings.parameters["InstanceType"],
                "InstanceCount": 1,
                "VolumeKmsKeyId": DATA_KEY,
            },
            "Tags": [
                {"Key": key, "Value": value} for key, value in tags(self._settings, self._order.environment).items()
            ],
        }

    def _judge(
        self, sample: Sample, registered: Registered, answers: list[Mapping[str, Any]], latency_ms: float | None
    ) -> Done:
        measured = scoring.measure(registered.name, answers, sample.labels)
        summary = summarize(self._version, registered, measured, len(answers), latency_ms)
        if not registered.holds(measured, self._settings.tolerance):
            raise RefusedError(f"{summary} That is worse than the tolerance of {self._settings.tolerance:g} allows.")
        self._measure(measured, latency_ms)
        print(json.dumps({"tested": self._version.number, registered.name: measured, "latency_ms": latency_ms}))
        return Done({"Summary": summary, "ReviewUrl": self._settings.review_url})

    def _measure(self, value: float, latency_ms: float | None) -> None:
        given = {"ReleaseQuality": value, "ReleaseVersion": float(self._version.number)}
        if latency_ms is not None:
            given["ReleaseLatency"] = latency_ms
        dimensions = [{"Name": "ModelGroup", "Value": self._settings.group}]
        data = [{"MetricName": metric, "Dimensions": dimensions, "Value": each} for metric, each in given.items()]
        self._cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)


def summarize(found: Version, registered: Registered, measured: float, records: int, latency_ms: float | None) -> str:
    """One sentence for the person who lets it go on to production; CodePipeline shows up to 1,000 characters of it."""
    speed = f", 95 % of requests within {latency_ms:.0f} ms" if latency_ms is not None else ""
    return (
        f"Version {found.number} of {found.group} answered {records} held-out records in pre-production with "
        f"{registered.name.upper()} {measured:.4f} ({registered.value:.4f} when it was registered){speed}."
    )


def lines(records: Iterable[Mapping[str, Any]]) -> bytes:
    """JSON Lines."""
    return "".join(f"{json.dumps(each)}\n" for each in records).encode()


def stack_outputs(cloudformation: Any, stack: str) -> dict[str, str]:
    """Outputs of a stack."""
    (described,) = cloudformation.describe_stacks(StackName=stack)["Stacks"]
    return {each["OutputKey"]: each["OutputValue"] for each in described.get("Outputs", [])}
