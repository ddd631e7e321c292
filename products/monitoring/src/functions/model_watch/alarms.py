"""Which alarms there should be: a pure function of what is watched and of the limits that the lead chose.

No alarm is silent: each has the team's topic as its action, and each says what it means when nothing is measured.
Metrics: SageMaker developer guide, metrics of endpoints and pipelines; Platform/Models is ours (measures.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from model_watch.inventory import Endpoint, Inventory, Pipeline, Queue, Variant
from model_watch.measures import NAMESPACE

PREFIX = "watch/"  # of the names of all alarms kept here; the function may touch no others
HOUR, DAY = 3600, 86400

# vCPUs by the size of an instance type; CPUUtilization counts each from 0 to 100 percent.
_VCPUS = {"medium": 2, "large": 2, "xlarge": 4, "metal": 96}

# Nothing measured is nothing wrong: no request, no error.
QUIET = "notBreaching"
# Whoever should measure has stopped, or what should happen does not: that is the alarm.
WRONG = "breaching"


@dataclass(frozen=True)
class Limits:
    """What a lead finds too much: percent of requests or capacity, milliseconds, hours (0: off), violations."""

    server_errors: float
    client_errors: float
    latency: float
    saturation: float
    quiet_hours: int
    violations: int


@dataclass(frozen=True)
class Alarm:
    """An alarm as PutMetricAlarm takes it. `subject` is what it watches; `missing` what no data means."""

    name: str
    subject: str
    description: str
    namespace: str
    metric: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int
    periods: int
    above: float
    missing: str
    comparison: str = "GreaterThanThreshold"
    tags: Mapping[str, str] = field(default_factory=dict)

    def request(self, topic: str) -> dict[str, Any]:
        """Arguments of PutMetricAlarm, tags left out."""
        statistic = "ExtendedStatistic" if self.statistic.startswith("p") else "Statistic"
        return {
            "AlarmName": self.name,
            "AlarmDescription": self.description,
            "ActionsEnabled": True,
            "AlarmActions": [topic],
            "OKActions": [topic],
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": [{"Name": key, "Value": value} for key, value in sorted(self.dimensions.items())],
            statistic: self.statistic,
            "Period": self.period,
            "EvaluationPeriods": self.periods,
            "DatapointsToAlarm": self.periods,
            "Threshold": float(self.above),
            "ComparisonOperator": self.comparison,
            "TreatMissingData": self.missing,
        }


def desired(inventory: Inventory, limits: Limits) -> dict[str, Alarm]:
    """Every alarm there should be, by name."""
    found: list[Alarm] = []
    for endpoint in inventory.endpoints:
        found += _of_endpoint(endpoint, limits)
        for variant in endpoint.variants:
            found += _of_variant(endpoint, variant, limits)
    for pipeline in inventory.pipelines:
        found += _of_pipeline(pipeline)
    found += [_of_queue(queue) for queue in inventory.queues]
    return {each.name: each for each in found}


def _of_endpoint(endpoint: Endpoint, limits: Limits) -> Iterator[Alarm]:
    own = {"Endpoint": endpoint.name}
    # measured here every time, so no data means that nobody measures
    yield _alarm(
        endpoint.name,
        "availability",
        f"Endpoint {endpoint.name} is not in service.",
        (NAMESPACE, "EndpointUnavailable", own),
        "Maximum",
        (900, 2),
        0,
        WRONG,
    )
    if endpoint.captures_on_purpose:
        yield _alarm(
            endpoint.name,
            "data-capture",
            f"Endpoint {endpoint.name} does not capture the requests that it answers: drift stays unseen. "
            "Tag it platform:data-capture = off if that is meant.",
            (NAMESPACE, "CaptureMissing", own),
            "Maximum",
            (HOUR, 2),
            0,
            WRONG,
        )
    if endpoint.group:
        # a day without requests has nothing to check, and a check that failed is told by the alarm of its pipeline
        yield _alarm(
            endpoint.name,
            "drift",
            f"Requests to endpoint {endpoint.name} have drifted from the training data of {endpoint.group}.",
            (NAMESPACE, "DriftViolations", {**own, "ModelGroup": endpoint.group}),
            "Maximum",
            (DAY, 1),
            limits.violations,
            QUIET,
        )


def _of_variant(endpoint: Endpoint, variant: Variant, limits: Limits) -> Iterator[Alarm]:
    subject = f"{endpoint.name}/{variant.name}"
    own = {"EndpointName": endpoint.name, "VariantName": variant.name}
    runtime, instances = "AWS/SageMaker", "/aws/sagemaker/Endpoints"
    # each request counts 0 or 1, so the average is the share; no request, no error
    for kind, whose, percent in (
        ("5XX", "errors of the model", limits.server_errors),
        ("4XX", "requests that it refuses", limits.client_errors),
    ):
        yield _alarm(
            subject,
            f"errors-{kind.lower()}",
            f"More than {percent:g} % of the requests to {subject} end in {whose} ({kind}).",
            (runtime, f"Invocation{kind}Errors", own),
            "Average",
            (300, 3),
            percent / 100,
            QUIET,
        )
    # in microseconds; no request, no latency
    yield _alarm(
        subject,
        "latency",
        f"One request in a hundred to {subject} takes the model longer than {limits.latency:g} ms.",
        (runtime, "ModelLatency", own),
        "p99",
        (300, 3),
        limits.latency * 1000,
        QUIET,
    )
    if limits.quiet_hours:
        # here the absence of requests is the very thing to tell
        yield _alarm(
            subject,
            "invocations",
            f"Nobody has called {subject} for {limits.quiet_hours} hours: a caller has lost it, or nobody needs it.",
            (runtime, "Invocations", own),
            "Sum",
            (HOUR, limits.quiet_hours),
            1,
            WRONG,
            comparison="LessThanThreshold",
        )
    if variant.instance_type:
        # instances that report nothing are no full ones; that an endpoint is away is told by its availability
        capacity = {"CPUUtilization": vcpus(variant.instance_type), "MemoryUtilization": 1, "DiskUtilization": 1}
        for metric, times in capacity.items():
            what = metric.removesuffix("Utilization")
            yield _alarm(
                subject,
                what.lower(),
                f"{what} of {subject} is above {limits.saturation:g} %: scale it out, or up.",
                (instances, metric, own),
                "Average",
                (300, 3),
                limits.saturation * times,
                QUIET,
            )


def _of_pipeline(pipeline: Pipeline) -> Iterator[Alarm]:
    subject = f"pipeline/{pipeline.name}"
    # SageMaker counts runs that fail; a time without runs has none
    yield _alarm(
        subject,
        "failed",
        f"A run of pipeline {pipeline.name} has failed.",
        ("AWS/Sagemaker/ModelBuildingPipeline", "ExecutionFailed", {"PipelineName": pipeline.name}),
        "Sum",
        (300, 1),
        0,
        QUIET,
    )
    if pipeline.late_after is not None:
        yield _alarm(
            subject,
            "late",
            f"Pipeline {pipeline.name} has had no successful run for more than {pipeline.late_after} hours.",
            (NAMESPACE, "HoursSinceSuccess", {"Pipeline": pipeline.name}),
            "Minimum",
            (HOUR, 2),
            pipeline.late_after,
            WRONG,
        )


def _of_queue(queue: Queue) -> Alarm:
    # SQS stops to count a queue that is empty for six hours
    return _alarm(
        f"queue/{queue.name}",
        "depth",
        f"Something could not be delivered and lies in the queue {queue.name}; the message says what.",
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible", {"QueueName": queue.name}),
        "Maximum",
        (300, 1),
        0,
        QUIET,
    )


def _alarm(
    subject: str,
    kind: str,
    description: str,
    metric: tuple[str, str, Mapping[str, str]],
    statistic: str,
    window: tuple[int, int],
    above: float,
    missing: str,
    comparison: str = "GreaterThanThreshold",
) -> Alarm:
    """`metric`: namespace, name, dimensions. `window`: seconds of a period, and how many."""
    namespace, name, dimensions = metric
    period, periods = window
    return Alarm(
        name=f"{PREFIX}{subject}/{kind}",
        subject=subject,
        description=description,
        namespace=namespace,
        metric=name,
        dimensions=dimensions,
        statistic=statistic,
        period=period,
        periods=periods,
        above=above,
        missing=missing,
        comparison=comparison,
        tags={"platform:product": "monitoring", "platform:watches": subject},
    )


def vcpus(instance_type: str) -> int:
    """vCPUs of an instance type: ml.m5.large 2, ml.m5.4xlarge 16. An unknown size counts as one, which warns early."""
    size = instance_type.rpartition(".")[2]
    times, _, unit = size.partition("xlarge")
    if times.isdigit() and not unit:
        return 4 * int(times)
    return _VCPUS.get(size, 1)
