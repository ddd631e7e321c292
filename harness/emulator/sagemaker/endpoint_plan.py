"""How traffic moves from an endpoint's old fleet to its new one: from a DeploymentConfig to steps. It moves nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Any

_ALL_AT_ONCE: Mapping[str, Any] = {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE"}}}
_MOST_OF_A_STEP = 0.5  # canary and linear step: half of the fleet at most


class UnusablePlanError(Exception):
    """The DeploymentConfig contradicts itself; the message says how, as SageMaker's validation."""


@dataclass(frozen=True)
class Step:
    """From now on the new fleet has that share of the traffic (0 to 1), and alarms are watched for that long."""

    share: float
    seconds: int  # at AWS; see clock.scaled
    because: str  # the member of the request that sets the seconds
    instances: int  # of the new fleet that get traffic

    @property
    def message(self) -> str:
        """What VariantStatus tells while alarms are watched."""
        capacity = "full" if self.share >= 1 else "canary"
        return (
            f"Baking for {self.seconds} seconds ({self.because}) with traffic enabled on {capacity} capacity of "
            f"{self.instances} instance(s)."
        )


def steps(deployment: Mapping[str, Any] | None, instances: int) -> list[Step]:
    """The steps of a DeploymentConfig (None: all at once) for a new fleet of so many instances.

    Raises UnusablePlanError.
    """
    given = deployment or _ALL_AT_ONCE
    blue_green, rolling = given.get("BlueGreenUpdatePolicy"), given.get("RollingUpdatePolicy")
    if blue_green and rolling:
        raise UnusablePlanError("Only one of BlueGreenUpdatePolicy and RollingUpdatePolicy can be given.")
    if rolling:
        share = _share(rolling["MaximumBatchSize"], instances, "MaximumBatchSize")
        return _in_parts(share, int(rolling["WaitIntervalInSeconds"]), None, instances)
    policy = blue_green or _ALL_AT_ONCE["BlueGreenUpdatePolicy"]
    routing = policy["TrafficRoutingConfiguration"]
    wait, last = int(routing.get("WaitIntervalInSeconds") or 0), int(policy.get("TerminationWaitInSeconds") or 0)
    kind = routing["Type"]
    if kind == "ALL_AT_ONCE":
        return [_last(last, instances)]
    name = "CanarySize" if kind == "CANARY" else "LinearStepSize"
    if not routing.get(name):
        raise UnusablePlanError(f"{name} is required for traffic routing of type {kind}.")
    share = _share(routing[name], instances, name)
    if kind == "LINEAR":
        return _in_parts(share, wait, last, instances)
    return [Step(share, wait, "WaitIntervalInSeconds", ceil(share * instances)), _last(last, instances)]


def _in_parts(share: float, wait: int, last: int | None, instances: int) -> list[Step]:
    """Equal parts with the same wait after each; `last`: another wait after the last one."""
    count = ceil(1 / share)
    parts = [min(1.0, share * number) for number in range(1, count + 1)]
    found = [Step(each, wait, "WaitIntervalInSeconds", ceil(each * instances)) for each in parts]
    return found if last is None else [*found[:-1], _last(last, instances)]


def _last(seconds: int, instances: int) -> Step:
    return Step(1.0, seconds, "TerminationWaitInSeconds", instances)


def _share(size: Mapping[str, Any], instances: int, name: str) -> float:
    value = float(size["Value"])
    share = value / 100 if size["Type"] == "CAPACITY_PERCENT" else value / max(instances, 1)
    if not 0 < share <= _MOST_OF_A_STEP:
        raise UnusablePlanError(f"{name} must be at most 50% of the instances of a production variant ({instances}).")
    return share
