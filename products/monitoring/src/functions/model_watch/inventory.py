"""What there is to watch, as SageMaker and SQS tell it: data, and the calls that read it. Nothing is judged here.

The interface to other products are tags: `platform:model-group` on an endpoint, `platform:model-version` on its model
(or on the endpoint) where the model is a copy, `platform:product` on a pipeline (and `platform:late-after-hours`, where
lateness counts), `platform:dead-letters` on a queue. `platform:data-capture: off` says that an endpoint is meant to
keep no requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

GROUP, VERSION, CAPTURE = "platform:model-group", "platform:model-version", "platform:data-capture"
PRODUCT, LATE = "platform:product", "platform:late-after-hours"
DEAD_LETTERS = "platform:dead-letters"

_LEAVING = ("Deleting", "Deleted")


@dataclass(frozen=True)
class Capture:
    """Where an endpoint keeps requests: an S3 URI without a slash at its end, and the share of them in percent."""

    destination: str
    percent: int


@dataclass(frozen=True)
class Variant:
    """A production variant. `instance_type` is empty for a serverless one, which has no instances to measure."""

    name: str
    instance_type: str
    model: str


@dataclass(frozen=True)
class Endpoint:
    """An endpoint with what its configuration says. `group` is empty where only its name makes it ours."""

    name: str
    status: str
    tags: Mapping[str, str]
    variants: tuple[Variant, ...]
    capture: Capture | None

    @property
    def group(self) -> str:
        return self.tags.get(GROUP, "")

    @property
    def captures_on_purpose(self) -> bool:
        """Whether requests are meant to be kept; an endpoint must say so if not."""
        return self.tags.get(CAPTURE) != "off"


@dataclass(frozen=True)
class Pipeline:
    """A pipeline of a product. `late_after`: hours without a successful run, None where lateness does not count."""

    name: str
    product: str
    late_after: int | None
    created: datetime


@dataclass(frozen=True)
class Queue:
    """A queue for what could not be delivered."""

    name: str


@dataclass(frozen=True)
class Inventory:
    """Everything that is watched."""

    endpoints: tuple[Endpoint, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()
    queues: tuple[Queue, ...] = ()


def read(sagemaker: Any, sqs: Any, prefix: str) -> Inventory:
    """Everything with our tags, and endpoints whose names begin with `prefix` where one is given."""
    return Inventory(
        endpoints=tuple(endpoints(sagemaker, prefix)),
        pipelines=tuple(_pipelines(sagemaker)),
        queues=tuple(_queues(sqs)),
    )


def endpoints(sagemaker: Any, prefix: str) -> Iterator[Endpoint]:
    """Endpoints by tag or name, those that are being deleted left out."""
    for each in _pages(sagemaker.list_endpoints, "Endpoints"):
        tags = tags_of(sagemaker, each["EndpointArn"])
        if each["EndpointStatus"] in _LEAVING:
            continue
        if GROUP in tags or (prefix and each["EndpointName"].startswith(prefix)):
            yield _endpoint(sagemaker, each["EndpointName"], tags)


def _endpoint(sagemaker: Any, name: str, tags: Mapping[str, str]) -> Endpoint:
    described = sagemaker.describe_endpoint(EndpointName=name)
    config = sagemaker.describe_endpoint_config(EndpointConfigName=described["EndpointConfigName"])
    return Endpoint(
        name=name,
        status=described["EndpointStatus"],
        tags=tags,
        variants=tuple(
            Variant(each["VariantName"], each.get("InstanceType", ""), each.get("ModelName", ""))
            for each in config["ProductionVariants"]
        ),
        capture=_capture(config.get("DataCaptureConfig")),
    )


def _capture(config: Mapping[str, Any] | None) -> Capture | None:
    if not config or not config.get("EnableCapture", True):
        return None
    return Capture(config["DestinationS3Uri"].rstrip("/"), int(config["InitialSamplingPercentage"]))


def _pipelines(sagemaker: Any) -> Iterator[Pipeline]:
    for each in _pages(sagemaker.list_pipelines, "PipelineSummaries"):
        tags = tags_of(sagemaker, each["PipelineArn"])
        if PRODUCT in tags:
            late = tags.get(LATE, "")
            hours = int(late) if late.isdigit() else None
            yield Pipeline(each["PipelineName"], tags[PRODUCT], hours, each["CreationTime"])


def _queues(sqs: Any) -> Iterator[Queue]:
    for url in _pages(sqs.list_queues, "QueueUrls", MaxResults=1000):
        if DEAD_LETTERS in sqs.list_queue_tags(QueueUrl=url).get("Tags", {}):
            yield Queue(url.rpartition("/")[2])


def tags_of(sagemaker: Any, arn: str) -> dict[str, str]:
    """The tags of a resource of SageMaker."""
    return {each["Key"]: each["Value"] for each in _pages(sagemaker.list_tags, "Tags", ResourceArn=arn)}


def _pages(call: Any, key: str, **given: Any) -> Iterator[Any]:
    while True:
        page = call(**given)
        yield from page.get(key, ())
        if not page.get("NextToken"):
            return
        given["NextToken"] = page["NextToken"]
