"""SageMaker pipelines as one who starts them sees them, through boto3: inputs, executions, steps, what they leave."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from harness.publish.aws import explained

_JOBS = {"ProcessingJob": "processing", "TrainingJob": "training", "TransformJob": "transform"}


@dataclass(frozen=True)
class Step:
    """A step of an execution, as the API lists it. `metadata`: what it made."""

    name: str
    status: str
    started: datetime | None
    ended: datetime | None
    reason: str
    cached: bool
    metadata: Mapping[str, Any]


class ExecutionGateway:
    """Pipelines of one account and region."""

    def __init__(self, sagemaker: Any, s3: Any, place: str) -> None:
        """Both are boto3 clients."""
        self._sagemaker, self._s3, self.place = sagemaker, s3, place

    @explained
    def put(self, uri: str, content: bytes) -> None:
        """Puts an object at an S3 URI."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        self._s3.put_object(Bucket=bucket, Key=key, Body=content)

    @explained
    def start(self, pipeline: str, parameters: Mapping[str, str]) -> str:
        """Starts an execution; gives its ARN."""
        answer = self._sagemaker.start_pipeline_execution(
            PipelineName=pipeline,
            PipelineParameters=[{"Name": name, "Value": value} for name, value in parameters.items()],
            ClientRequestToken=uuid.uuid4().hex,
        )
        return str(answer["PipelineExecutionArn"])

    @explained
    def state(self, arn: str) -> tuple[str, str]:
        """Status and failure reason of an execution."""
        answer = self._sagemaker.describe_pipeline_execution(PipelineExecutionArn=arn)
        return str(answer["PipelineExecutionStatus"]), str(answer.get("FailureReason", ""))

    @explained
    def stop(self, arn: str) -> None:
        """Stops an execution."""
        self._sagemaker.stop_pipeline_execution(PipelineExecutionArn=arn, ClientRequestToken=uuid.uuid4().hex)

    @explained
    def steps(self, arn: str) -> list[Step]:
        """The steps that have begun, in the order in which they did."""
        pages = self._sagemaker.get_paginator("list_pipeline_execution_steps")
        return [
            Step(
                name=each["StepName"],
                status=each["StepStatus"],
                started=each.get("StartTime"),
                ended=each.get("EndTime"),
                reason=each.get("FailureReason", ""),
                cached="CacheHitResult" in each,
                metadata=each.get("Metadata", {}),
            )
            for page in pages.paginate(PipelineExecutionArn=arn, SortOrder="Ascending")
            for each in page["PipelineExecutionSteps"]
        ]

    @explained
    def definition(self, arn: str) -> str:
        """The definition that an execution runs."""
        answer = self._sagemaker.describe_pipeline_definition_for_execution(PipelineExecutionArn=arn)
        return str(answer["PipelineDefinition"])

    @explained
    def job(self, step: Step) -> dict[str, Any]:
        """The description of the job of a step; empty where it has none."""
        for member, kind in _JOBS.items():
            if member in step.metadata:
                name = step.metadata[member]["Arn"].rsplit("/", 1)[1]
                describe = getattr(self._sagemaker, f"describe_{kind}_job")
                found: dict[str, Any] = describe(**{f"{member}Name": name})
                return found
        return {}

    @explained
    def document(self, uri: str) -> Any:
        """The JSON document at an S3 URI; None where there is none."""
        bucket, _, key = uri.removeprefix("s3://").partition("/")
        try:
            return json.loads(self._s3.get_object(Bucket=bucket, Key=key)["Body"].read())
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise
        except ValueError:
            return None
