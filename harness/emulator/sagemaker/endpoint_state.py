"""Endpoints as they are: fleets of containers, which part of the traffic each has, and how the API shows them."""

from __future__ import annotations

import itertools
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from moto.core.base_backend import BackendDict

from harness.emulator import clock
from harness.emulator.events import bus
from harness.emulator.sagemaker import errors, naming, tags
from harness.emulator.sagemaker.endpoint_configs import EndpointConfig
from harness.emulator.sagemaker.notices import milliseconds, plain
from harness.emulator.sagemaker.serving import Serving
from harness.emulator.sagemaker.store import Backend

KIND = "endpoint"
_GOLDEN = 0.6180339887498949  # successive multiples, modulo 1, spread evenly: shares are exact without chance
STATE_CHANGE = "SageMaker Endpoint State Change"
DEPLOYMENT_CHANGE = "SageMaker Endpoint Deployment State Change"


@dataclass
class Variant:
    """A production variant that runs. `role`: of its model. `status`: what happens to it, with a message and a time."""

    name: str
    model: str
    role: str
    image: str
    given: Mapping[str, Any]
    serving: Serving
    weight: float
    count: int
    started: datetime = field(default_factory=clock.now)
    status: tuple[str, str, datetime] | None = None
    instance: str = field(default_factory=lambda: f"i-{uuid.uuid4().hex[:17]}")
    exchanges: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    sent: int = 0  # characters of the container's log that are in CloudWatch

    @property
    def stream(self) -> str:
        """Its log stream."""
        return f"{self.name}/{self.instance}"

    @property
    def summary(self) -> dict[str, Any]:
        """It, as ProductionVariantSummary has it."""
        image = {"SpecifiedImage": self.image, "ResolvedImage": self.image, "ResolutionTime": self.started}
        shown: dict[str, Any] = {
            "VariantName": self.name,
            "DeployedImages": [image],
            "CurrentWeight": self.weight,
            "DesiredWeight": self.weight,
            "CurrentInstanceCount": self.count,
            "DesiredInstanceCount": self.count,
        }
        if serverless := self.given.get("ServerlessConfig"):
            shown |= {"CurrentServerlessConfig": serverless, "DesiredServerlessConfig": serverless}
        if self.status:
            state, message, since = self.status
            shown["VariantStatus"] = [{"Status": state, "StatusMessage": message, "StartTime": since}]
        return shown


@dataclass
class Fleet:
    """The containers of one configuration. `share`: its part of the endpoint's traffic, 0 to 1."""

    config: EndpointConfig
    variants: list[Variant]
    share: float = 1.0
    capture: Mapping[str, Any] | None = None  # the DataCaptureConfig that holds: an update may keep the one before

    def stop(self) -> None:
        """Ends the containers."""
        for each in self.variants:
            each.serving.stop()

    def mark(self, status: str, message: str) -> None:
        """Says what happens to all variants."""
        for each in self.variants:
            each.status = (status, message, clock.now())

    def unmark(self) -> None:
        """Nothing happens to them any more."""
        for each in self.variants:
            each.status = None


@dataclass
class Endpoint:
    """An endpoint. `fleet`: what serves; `pending`: what is being brought up in its place."""

    arn: str
    name: str
    config: EndpointConfig
    status: str = "Creating"
    created: datetime = field(default_factory=clock.now)
    modified: datetime = field(default_factory=clock.now)
    fleet: Fleet | None = None
    pending: Fleet | None = None
    awaited: EndpointConfig | None = None  # of the update under way
    failure: str = ""
    deployment: Mapping[str, Any] | None = None  # the last one
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def place(self) -> naming.Place:
        """Its account and region."""
        found = naming.parsed(self.arn)
        assert found is not None  # `naming` made it
        return found

    def route(self, target: str | None) -> tuple[Fleet, Variant] | None:
        """Where the next request goes. `target`: the variant that the request names. None: no such variant serves."""
        point = next(self.numbers) * _GOLDEN % 1
        fleet = self.pending if self.pending is not None and point < self.pending.share else self.fleet
        if fleet is None:
            return None
        if target:
            named = [each for each in fleet.variants if each.name == target]
            return (fleet, named[0]) if named else None
        total = sum(each.weight for each in fleet.variants)
        if total <= 0:
            return None
        within = next(self.numbers) * _GOLDEN % 1 * total
        for variant in fleet.variants:
            within -= variant.weight
            if within < 0:
                return fleet, variant
        return fleet, fleet.variants[-1]

    def change(self, status: str, failure: str = "") -> None:
        """Goes into another status, and tells."""
        self.status, self.failure, self.modified = status, failure, clock.now()
        self.tell(STATE_CHANGE)

    def tell(self, detail_type: str) -> None:
        """Publishes an event with the endpoint as it is now."""
        place = self.place
        detail = plain(
            {**self.shown(), "EndpointStatus": _in_events(self.status), "Tags": tags.mapping(self.arn)}, milliseconds
        )
        bus.publish(place.account_id, place.region, "aws.sagemaker", detail_type, detail, [self.arn])

    def shown(self) -> dict[str, Any]:
        """It, as DescribeEndpoint shows it."""
        found: dict[str, Any] = {
            "EndpointName": self.name,
            "EndpointArn": self.arn,
            "EndpointConfigName": self.config.name,
            "ProductionVariants": [each.summary for each in self.fleet.variants] if self.fleet else None,
            "DataCaptureConfig": _capture(self.fleet.capture if self.fleet else self.config.capture),
            "EndpointStatus": self.status,
            "FailureReason": self.failure[:1024] or None,
            "CreationTime": self.created,
            "LastModifiedTime": self.modified,
            "LastDeploymentConfig": self.deployment,
            "PendingDeploymentSummary": self._pending(),
        }
        return {name: value for name, value in found.items() if value is not None}

    def _pending(self) -> dict[str, Any] | None:
        if self.awaited is None:
            return None
        shown: dict[str, Any] = {"EndpointConfigName": self.awaited.name, "StartTime": self.modified}
        if self.pending is not None:
            shown["ProductionVariants"] = [each.summary for each in self.pending.variants]
        return shown


class Endpoints(Backend):
    """Endpoints of one account and region, by name."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.by_name: dict[str, Endpoint] = {}


_backends: BackendDict[Endpoints] = BackendDict(Endpoints, "sagemaker")


def endpoints(account_id: str, region: str) -> dict[str, Endpoint]:
    """The endpoints of that account and region, by name."""
    held: dict[str, Endpoint] = _backends[account_id][region].by_name
    return held


def find(account_id: str, region: str, name: str) -> Endpoint:
    """The endpoint of that name. Raises ValidationException."""
    endpoint = endpoints(account_id, region).get(name)
    if endpoint is None:
        raise errors.validation(f'Could not find endpoint "{naming.arn(account_id, region, KIND, name)}".')
    return endpoint


def _capture(given: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if given is None:
        return None
    enabled = bool(given.get("EnableCapture", True))
    return {
        "EnableCapture": enabled,
        "CaptureStatus": "Started" if enabled else "Stopped",
        "CurrentSamplingPercentage": given["InitialSamplingPercentage"],
        "DestinationS3Uri": given["DestinationS3Uri"],
        "KmsKeyId": given.get("KmsKeyId", ""),
    }


def _in_events(status: str) -> str:
    """InService → IN_SERVICE, as events write it."""
    return "".join(f"_{each}" if each.isupper() and at else each for at, each in enumerate(status)).upper()
