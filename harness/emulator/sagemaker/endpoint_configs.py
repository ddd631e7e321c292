"""Endpoint configurations: which models an endpoint serves, on how much, and what it records of its requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.core.base_backend import BackendDict

from harness.emulator import clock
from harness.emulator.sagemaker import errors, models, paging, tags
from harness.emulator.sagemaker.call import Answer, Call
from harness.emulator.sagemaker.naming import arn
from harness.emulator.sagemaker.store import LOCK, Backend

_KIND = "endpoint-config"
_KEPT = ("ProductionVariants", "DataCaptureConfig", "KmsKeyId", "VpcConfig", "EnableNetworkIsolation", "MetricsConfig")
_NOT_MODELLED = (
    "AsyncInferenceConfig",
    "ExplainerConfig",
    "ShadowProductionVariants",
    "ExecutionRoleArn",
    "CrossRegionTrafficConfig",
)
_NOT_MODELLED_OF_A_VARIANT = ("InstancePools", "CapacityReservationConfig", "AcceleratorPartitionLayouts")


@dataclass(frozen=True)
class EndpointConfig:
    """A configuration; it never changes. `given`: as the request said, with defaults."""

    arn: str
    name: str
    created: datetime
    given: Mapping[str, Any]

    @property
    def variants(self) -> list[Mapping[str, Any]]:
        """Its production variants, as the API has them."""
        return list(self.given["ProductionVariants"])

    @property
    def capture(self) -> Mapping[str, Any] | None:
        """Its DataCaptureConfig."""
        found: Mapping[str, Any] | None = self.given.get("DataCaptureConfig")
        return found


class EndpointConfigs(Backend):
    """Configurations of one account and region, by name."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.by_name: dict[str, EndpointConfig] = {}


_backends: BackendDict[EndpointConfigs] = BackendDict(EndpointConfigs, "sagemaker")


def _configs(account_id: str, region: str) -> dict[str, EndpointConfig]:
    held: dict[str, EndpointConfig] = _backends[account_id][region].by_name
    return held


def find(account_id: str, region: str, name: str) -> EndpointConfig:
    """The configuration of that name. Raises ValidationException."""
    config = _configs(account_id, region).get(name)
    if config is None:
        raise errors.validation(f'Could not find endpoint configuration "{arn(account_id, region, _KIND, name)}".')
    return config


def _create(call: Call) -> Answer:
    name = str(call["EndpointConfigName"])
    own = arn(call.account_id, call.region, _KIND, name)
    for each in _NOT_MODELLED:
        if call.get(each):
            raise errors.not_modelled(f"{each} of CreateEndpointConfig")
    if name in _configs(call.account_id, call.region):
        raise errors.validation(f'Cannot create already existing endpoint configuration "{own}".')
    variants = [_variant(call, each) for each in call["ProductionVariants"]]
    if len({each["VariantName"] for each in variants}) < len(variants):
        raise errors.validation("The names of production variants must be different from each other.")
    given = {**call.given(*_KEPT), "ProductionVariants": variants}
    with LOCK:
        _configs(call.account_id, call.region)[name] = EndpointConfig(own, name, clock.now(), given)
        tags.open_for(own, call.get("Tags"))
    return {"EndpointConfigArn": own}


def _variant(call: Call, given: Mapping[str, Any]) -> dict[str, Any]:
    for each in _NOT_MODELLED_OF_A_VARIANT:
        if given.get(each):
            raise errors.not_modelled(f"{each} of a production variant of CreateEndpointConfig")
    if not given.get("ModelName"):
        raise errors.not_modelled("a variant without ModelName (inference components) of CreateEndpointConfig")
    models.find(call.account_id, call.region, str(given["ModelName"]))
    if not given.get("ServerlessConfig"):
        name = given["VariantName"]
        if not given.get("InstanceType"):
            raise errors.validation(f"InstanceType is required for production variant {name}.")
        if not given.get("InitialInstanceCount") and not given.get("ManagedInstanceScaling"):
            raise errors.validation(f"InitialInstanceCount is required for production variant {name}.")
    return {"InitialVariantWeight": 1.0, **given}


def _describe(call: Call) -> Answer:
    config = find(call.account_id, call.region, str(call["EndpointConfigName"]))
    shown = {"EndpointConfigName": config.name, "EndpointConfigArn": config.arn, "CreationTime": config.created}
    return {**shown, **config.given}


def _list(call: Call) -> Answer:
    summaries = [
        {"EndpointConfigName": each.name, "EndpointConfigArn": each.arn, "CreationTime": each.created}
        for each in _configs(call.account_id, call.region).values()
    ]
    shown, token = paging.listed(summaries, call.parameters, "EndpointConfigName")
    return {"EndpointConfigs": shown, "NextToken": token}


def _delete(call: Call) -> Answer:
    with LOCK:
        config = find(call.account_id, call.region, str(call["EndpointConfigName"]))
        del _configs(call.account_id, call.region)[config.name]
        tags.close_for(config.arn)
    return {}


OPERATIONS = {
    "CreateEndpointConfig": _create,
    "DescribeEndpointConfig": _describe,
    "ListEndpointConfigs": _list,
    "DeleteEndpointConfig": _delete,
}
