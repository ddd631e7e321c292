"""Lambda's entry for drift of captured requests: starts a run of the drift pipeline for each variant that was called.

The version that a variant serves is asked for at every check, which compares with the training data of what answered.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from model_watch import inventory
from model_watch.facts import has_captures
from model_watch.inventory import VERSION, Endpoint, Variant


@dataclass(frozen=True)
class Window:
    """The time whose requests are checked, as the folder that data capture keeps them in (UTC)."""

    folder: str

    @classmethod
    def before(cls, now: datetime, unit: str) -> Window:
        """The last whole day, or the last hour whose captures have all been written."""
        if unit == "Hourly":
            return cls(f"{now - timedelta(hours=2):%Y/%m/%d/%H}")
        return cls(f"{now - timedelta(days=1):%Y/%m/%d}")


@dataclass(frozen=True)
class Check:
    """One run of the drift pipeline to start."""

    endpoint: str
    variant: str
    group: str
    captures: str
    statistics: str
    constraints: str

    def request(self, pipeline: str) -> dict[str, Any]:
        """Arguments of StartPipelineExecution. The token makes a second start for the same captures the same run."""
        token = hashlib.sha256(f"{self.captures} {self.statistics}".encode()).hexdigest()
        values = {
            "Endpoint": self.endpoint,
            "ModelGroup": self.group,
            "Captures": self.captures,
            "Statistics": self.statistics,
            "Constraints": self.constraints,
        }
        return {
            "PipelineName": pipeline,
            "ClientRequestToken": token,
            "PipelineParameters": [{"Name": name, "Value": value} for name, value in values.items()],
        }


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Lambda's entry. Raises at the end if an endpoint could not be checked, after the others were."""
    import boto3

    sagemaker, s3 = boto3.client("sagemaker"), boto3.client("s3")
    window = Window.before(datetime.now(UTC), os.environ["WINDOW"])
    done = start_checks(sagemaker, s3, os.environ["PIPELINE"], os.environ["REGISTRY"], window)
    print(json.dumps(done))
    if done["unknown"]:
        raise UnknownVersionError("; ".join(done["unknown"]))
    return done


class UnknownVersionError(Exception):
    """An endpoint does not say which version it serves, or the version has no baseline: its drift cannot be checked."""


def start_checks(sagemaker: Any, s3: Any, pipeline: str, registry: str, window: Window) -> dict[str, Any]:
    """Starts what can be checked. Says what was started, what had no requests, and what is unknown and why.

    `registry`: as version_of takes it.
    """
    started: list[str] = []
    quiet: list[str] = []
    unknown: list[str] = []
    for endpoint in inventory.endpoints(sagemaker, prefix=""):
        for variant in endpoint.variants if endpoint.capture and endpoint.group else ():
            name = f"{endpoint.name}/{variant.name}"
            captures = captures_of(endpoint, variant, window)
            if not has_captures(s3, captures):
                quiet.append(name)
                continue
            baseline = baseline_of(sagemaker, version_of(sagemaker, endpoint, variant, registry))
            if baseline is None:
                unknown.append(f"{name}: no version of the registry with a baseline (tag {VERSION})")
                continue
            check = Check(endpoint.name, variant.name, endpoint.group, captures, *baseline)
            sagemaker.start_pipeline_execution(**check.request(pipeline))
            started.append(name)
    return {"window": window.folder, "started": started, "quiet": quiet, "unknown": unknown}


def captures_of(endpoint: Endpoint, variant: Variant, window: Window) -> str:
    """Where data capture keeps the requests of that time (SageMaker developer guide)."""
    assert endpoint.capture is not None
    return f"{endpoint.capture.destination}/{endpoint.name}/{variant.name}/{window.folder}/"


def version_of(sagemaker: Any, endpoint: Endpoint, variant: Variant, registry: str) -> str:
    """ARN of the version that the variant serves; "" where nothing tells.

    A model that was made of a version names it. One that was copied carries the version's number as a tag, or its
    endpoint does. `registry`: what ARNs of the registry begin with, arn:aws:sagemaker:REGION:ACCOUNT.
    """
    if not variant.model:
        return ""
    described = sagemaker.describe_model(ModelName=variant.model)
    for container in [described.get("PrimaryContainer", {}), *described.get("Containers", ())]:
        if container.get("ModelPackageName"):
            return str(container["ModelPackageName"])
    number = {**endpoint.tags, **inventory.tags_of(sagemaker, described["ModelArn"])}.get(VERSION, "")
    return f"{registry}:model-package/{endpoint.group}/{number}" if number else ""


def baseline_of(sagemaker: Any, package: str) -> tuple[str, str] | None:
    """S3 URIs of the statistics and constraints that the version was registered with."""
    if not package:
        return None
    described = sagemaker.describe_model_package(ModelPackageName=package)
    baseline = described.get("DriftCheckBaselines", {}).get("ModelDataQuality", {})
    found = tuple(baseline.get(key, {}).get("S3Uri", "") for key in ("Statistics", "Constraints"))
    return (found[0], found[1]) if all(found) else None
