"""Lambda's entry for watching: measures, and keeps the alarms. Called by a schedule and when an endpoint changes."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from model_watch import facts, inventory, reconcile
from model_watch.alarms import Limits, desired
from model_watch.measures import NAMESPACE, measure

_MOST = 500  # metrics that one PutMetricData takes with room to spare


@dataclass(frozen=True)
class Settings:
    """What the product's template says. `on` false: every alarm kept here goes, as before the product is removed."""

    on: bool
    topic: str
    prefix: str
    limits: Limits

    @classmethod
    def read(cls, environment: Mapping[str, str]) -> Settings:
        return cls(
            on=environment["WATCH"] == "on",
            topic=environment["TOPIC_ARN"],
            prefix=environment.get("ENDPOINT_PREFIX", ""),
            limits=Limits(
                server_errors=float(environment["SERVER_ERROR_PERCENT"]),
                client_errors=float(environment["CLIENT_ERROR_PERCENT"]),
                latency=float(environment["LATENCY_MILLISECONDS"]),
                saturation=float(environment["SATURATION_PERCENT"]),
                quiet_hours=int(environment["QUIET_HOURS"]),
                violations=int(environment["DRIFT_VIOLATIONS"]),
            ),
        )


@dataclass(frozen=True)
class Clients:
    """boto3's clients."""

    sagemaker: Any
    cloudwatch: Any
    sqs: Any
    s3: Any


def handle(event: Mapping[str, Any], context: object) -> dict[str, Any]:
    """Lambda's entry."""
    import boto3

    clients = Clients(boto3.client("sagemaker"), boto3.client("cloudwatch"), boto3.client("sqs"), boto3.client("s3"))
    done = watch(Settings.read(os.environ), clients, datetime.now(UTC))
    print(json.dumps(done))
    return done


def watch(settings: Settings, clients: Clients, now: datetime) -> dict[str, Any]:
    """Measures first, so that a new alarm finds a value. Says what was measured, written and deleted."""
    found = inventory.Inventory()
    if settings.on:
        found = inventory.read(clients.sagemaker, clients.sqs, settings.prefix)
    known = facts.read(found, clients.sagemaker, clients.cloudwatch, clients.s3, now)
    data = measure(found, known, now)
    for start in range(0, len(data), _MOST):
        clients.cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data[start : start + _MOST])
    steps = reconcile.plan(reconcile.read(clients.cloudwatch), desired(found, settings.limits), settings.topic)
    reconcile.apply(clients.cloudwatch, steps, settings.topic)
    return {
        "endpoints": [each.name for each in found.endpoints],
        "pipelines": [each.name for each in found.pipelines],
        "queues": [each.name for each in found.queues],
        "measured": len(data),
        "written": [each.name for each in steps.write],
        "deleted": list(steps.delete),
    }
