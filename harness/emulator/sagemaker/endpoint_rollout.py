"""Brings fleets up and takes them down: what happens after CreateEndpoint, UpdateEndpoint and DeleteEndpoint."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from harness.emulator import acting, background, clock
from harness.emulator.acting import NotTrustedError
from harness.emulator.awserror import RefusedError
from harness.emulator.sagemaker import endpoint_logs, models, serving
from harness.emulator.sagemaker.endpoint_configs import EndpointConfig
from harness.emulator.sagemaker.endpoint_plan import Step
from harness.emulator.sagemaker.endpoint_state import DEPLOYMENT_CHANGE, Endpoint, Fleet, Variant, endpoints
from harness.emulator.sagemaker.store import LOCK

_BETWEEN_LOOKS = 0.03  # seconds
_AT_MOST = 120.0  # seconds that a deployment may take here, whatever it asks for


class RolledBackError(Exception):
    """An update that does not go through; the message says why."""


@dataclass(frozen=True)
class Kept:
    """What an update leaves as it is, whatever the new configuration says: by variant name, and the data capture."""

    weights: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    captures: bool = False
    capture: Mapping[str, Any] | None = None


def launch(endpoint: Endpoint, config: EndpointConfig, kept: Kept) -> Fleet:
    """A running fleet for a configuration. Raises RolledBackError, with nothing left running."""
    place = endpoint.place
    fleet = Fleet(config, [], 0.0, kept.capture if kept.captures else config.capture)
    for given in config.variants:
        name, model_name = str(given["VariantName"]), str(given["ModelName"])
        try:
            model = models.find(place.account_id, place.region, model_name)
            running = models.serve(place.account_id, place.region, model_name)
        except (serving.ServingError, RefusedError) as error:
            fleet.stop()
            raise RolledBackError(_unhealthy(name, error)) from None
        weight = kept.weights.get(name, float(given["InitialVariantWeight"]))
        count = kept.counts.get(name, int(given.get("InitialInstanceCount") or 1))
        variant = Variant(name, model_name, model.role, model.container.image, given, running, weight, count)
        fleet.variants.append(variant)
        endpoint_logs.send(endpoint, variant)
    return fleet


def _unhealthy(variant: str, error: Exception) -> str:
    told = str(getattr(error, "message", error))
    if told.startswith("Failed to download"):
        return told
    return (
        f"The primary container for production variant {variant} did not pass the ping health check. "
        f"Please check CloudWatch logs for this endpoint. It said: {told}"
    )


def create(endpoint: Endpoint) -> None:
    """From Creating to InService, or to Failed."""
    clock.sleep_until(clock.due())
    try:
        fleet = launch(endpoint, endpoint.config, Kept())
    except RolledBackError as error:
        endpoint.change("Failed", str(error))
        return
    fleet.share = 1.0
    with LOCK:
        endpoint.fleet = fleet
    endpoint.change("InService")


def update(endpoint: Endpoint, config: EndpointConfig, steps: Sequence[Step], kept: Kept) -> None:
    """From Updating to InService: with the new configuration, or back with the old one and a reason."""
    try:
        green = launch(endpoint, config, kept)
    except RolledBackError as error:
        _back(endpoint, None, str(error))
        return
    with LOCK:
        endpoint.pending = green
    try:
        for step in steps:
            _take(endpoint, green, step)
    except RolledBackError as error:
        _back(endpoint, green, str(error))
        return
    blue = endpoint.fleet
    with LOCK:
        green.share = 1.0
        green.unmark()
        endpoint.fleet, endpoint.pending, endpoint.awaited, endpoint.config = green, None, None, config
    if blue is not None:
        blue.stop()
    endpoint.change("InService")


def _take(endpoint: Endpoint, green: Fleet, step: Step) -> None:
    """Gives the new fleet its share and watches the alarms. Raises RolledBackError."""
    green.mark("ActivatingTraffic", f"Activating traffic on capacity of {step.instances} instance(s).")
    endpoint.tell(DEPLOYMENT_CHANGE)
    with LOCK:
        green.share = step.share
    green.mark("Baking", step.message)
    endpoint.tell(DEPLOYMENT_CHANGE)
    deadline = time.monotonic() + min(clock.scaled(step.seconds), _AT_MOST)
    while True:
        _look_at_alarms(endpoint, green)
        remaining = deadline - time.monotonic()
        if remaining <= 0 or not background.is_served():
            return
        time.sleep(min(_BETWEEN_LOOKS, remaining))


def _look_at_alarms(endpoint: Endpoint, green: Fleet) -> None:
    names = [each["AlarmName"] for each in alarms_of(endpoint.deployment)]
    if not names:
        return
    place = endpoint.place
    try:
        # Its documentation asks for the permission in the execution role.
        session = models.session_of(green.variants[0].role, place.account_id, endpoint.arn)
        found = acting.client("cloudwatch", place.region, session).describe_alarms(AlarmNames=names)
    except (ClientError, NotTrustedError) as error:
        raise RolledBackError(f"The alarms of the auto-rollback configuration cannot be read: {error}") from None
    states = {each["AlarmName"]: each["StateValue"] for each in (*found["MetricAlarms"], *found["CompositeAlarms"])}
    if missing := [each for each in names if each not in states]:
        raise RolledBackError(f"The alarms {', '.join(missing)} of the auto-rollback configuration do not exist.")
    if ringing := [each for each in names if states[each] == "ALARM"]:
        raise RolledBackError(f"One or more configured alarms have entered the ALARM state: {', '.join(ringing)}.")


def alarms_of(deployment: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The alarms that roll a deployment back."""
    return list(((deployment or {}).get("AutoRollbackConfiguration") or {}).get("Alarms") or ())


def _back(endpoint: Endpoint, green: Fleet | None, reason: str) -> None:
    endpoint.change("RollingBack", reason)
    with LOCK:
        endpoint.pending = endpoint.awaited = None
    if green is not None:
        green.stop()
    endpoint.change("InService", reason)


def resize(endpoint: Endpoint, desired: Mapping[str, Mapping[str, Any]]) -> None:
    """From Updating to InService with other weights and counts, by variant name."""
    clock.sleep_until(clock.due())
    with LOCK:
        for variant in endpoint.fleet.variants if endpoint.fleet else ():
            wanted = desired.get(variant.name, {})
            if wanted.get("DesiredWeight") is not None:
                variant.weight = float(wanted["DesiredWeight"])
            if wanted.get("DesiredInstanceCount") is not None:
                variant.count = int(wanted["DesiredInstanceCount"])
    endpoint.change("InService")


def remove(endpoint: Endpoint) -> None:
    """From Deleting to nothing."""
    clock.sleep_until(clock.due())
    if endpoint.fleet is not None:
        endpoint.fleet.stop()
    place = endpoint.place
    with LOCK:
        held = endpoints(place.account_id, place.region)
        if held.get(endpoint.name) is endpoint:
            del held[endpoint.name]
