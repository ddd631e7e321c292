"""Reads what measures want to know: from CloudWatch the requests, from S3 the captures, from SageMaker the runs."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from model_watch.inventory import Inventory
from model_watch.measures import Facts, Traffic

# Captures are written in pieces, some minutes after the requests: the hour before the last is looked at.
_DELAY = timedelta(hours=2)
_RUNS = 100  # runs of a pipeline that are looked through for a successful one: more than any alarm waits for


def read(inventory: Inventory, sagemaker: Any, cloudwatch: Any, s3: Any, now: datetime) -> Facts:
    """The facts about everything that is watched."""
    hour = (now - _DELAY).replace(minute=0, second=0, microsecond=0)
    traffic = {
        (endpoint.name, variant.name): Traffic(
            _invocations(cloudwatch, endpoint.name, variant.name, hour),
            has_captures(s3, f"{endpoint.capture.destination}/{endpoint.name}/{variant.name}/{hour:%Y/%m/%d/%H}/"),
        )
        for endpoint in inventory.endpoints
        if endpoint.capture
        for variant in endpoint.variants
    }
    succeeded = {
        pipeline.name: start
        for pipeline in inventory.pipelines
        if pipeline.late_after is not None and (start := _newest_success(sagemaker, pipeline.name))
    }
    return Facts(traffic, succeeded)


def _invocations(cloudwatch: Any, endpoint: str, variant: str, hour: datetime) -> float:
    answered = cloudwatch.get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName="Invocations",
        Dimensions=[{"Name": "EndpointName", "Value": endpoint}, {"Name": "VariantName", "Value": variant}],
        StartTime=hour,
        EndTime=hour + timedelta(hours=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answered["Datapoints"]))


def has_captures(s3: Any, uri: str) -> bool:
    """Whether an object lies under s3://bucket/prefix."""
    bucket, _, prefix = uri.removeprefix("s3://").partition("/")
    return bool(s3.list_objects_v2(Bucket=bucket, Prefix=prefix, MaxKeys=1).get("KeyCount"))


def _newest_success(sagemaker: Any, pipeline: str) -> datetime | None:
    runs = sagemaker.list_pipeline_executions(
        PipelineName=pipeline, SortBy="CreationTime", SortOrder="Descending", MaxResults=_RUNS
    )["PipelineExecutionSummaries"]
    starts: list[datetime] = [each["StartTime"] for each in runs if each["PipelineExecutionStatus"] == "Succeeded"]
    return max(starts, default=None)
