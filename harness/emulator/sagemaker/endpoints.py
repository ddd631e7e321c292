"""The endpoint operations: what is asked is checked here at once; what follows happens in `endpoint_rollout.py`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from harness.emulator import background, defects
from harness.emulator.sagemaker import endpoint_configs, endpoint_rollout, errors, naming, paging, tags
from harness.emulator.sagemaker.call import Answer, Call
from harness.emulator.sagemaker.endpoint_configs import EndpointConfig
from harness.emulator.sagemaker.endpoint_plan import Step, UnusablePlanError, steps
from harness.emulator.sagemaker.endpoint_rollout import Kept
from harness.emulator.sagemaker.endpoint_state import KIND, Endpoint, endpoints, find
from harness.emulator.sagemaker.store import LOCK

_REST = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")


def _create(call: Call) -> Answer:
    name = str(call["EndpointName"])
    own = naming.arn(call.account_id, call.region, KIND, name)
    config = endpoint_configs.find(call.account_id, call.region, str(call["EndpointConfigName"]))
    deployment = call.get("DeploymentConfig")
    _steps(config, deployment)
    with LOCK:
        held = endpoints(call.account_id, call.region)
        if name in held:
            raise errors.validation(f'Cannot create already existing endpoint "{own}".')
        endpoint = held[name] = Endpoint(own, name, config, deployment=deployment)
        tags.open_for(own, call.get("Tags"))
    endpoint.change("Creating")
    _soon(endpoint, lambda: endpoint_rollout.create(endpoint))
    return {"EndpointArn": own}


def _steps(config: EndpointConfig, deployment: Mapping[str, Any] | None, count: int = 0) -> list[Step]:
    instances = count or sum(int(each.get("InitialInstanceCount") or 1) for each in config.variants)
    try:
        return steps(deployment, instances)
    except UnusablePlanError as error:
        raise errors.validation(str(error)) from None


def _resting(call: Call) -> Endpoint:
    """The endpoint, if nothing is under way with it."""
    endpoint = find(call.account_id, call.region, str(call["EndpointName"]))
    if endpoint.status not in _REST:
        raise errors.validation(f'Cannot update in-progress endpoint "{endpoint.arn}".')
    return endpoint


def _serving(call: Call) -> Endpoint:
    """The endpoint, if it is InService."""
    endpoint = _resting(call)
    if endpoint.status != "InService":
        raise errors.validation(f'Endpoint "{endpoint.arn}" is {endpoint.status}: it can only be deleted.')
    return endpoint


def _update(call: Call) -> Answer:
    with LOCK:
        endpoint = _serving(call)
        config = endpoint_configs.find(call.account_id, call.region, str(call["EndpointConfigName"]))
        deployment = call.get("DeploymentConfig")
        if deployment and call.get("RetainDeploymentConfig"):
            raise errors.validation("DeploymentConfig and RetainDeploymentConfig cannot be given together.")
        if call.get("RetainDeploymentConfig"):
            deployment = endpoint.deployment
        kept = _kept(call, endpoint)
        planned = _steps(config, deployment, sum(kept.counts.values()))
        endpoint.deployment, endpoint.awaited = deployment, config
        endpoint.change("Updating")
    _soon(endpoint, lambda: endpoint_rollout.update(endpoint, config, planned, kept))
    return {"EndpointArn": endpoint.arn}


def _kept(call: Call, endpoint: Endpoint) -> Kept:
    """What RetainAllVariantProperties keeps, but for what is excluded from it."""
    if not call.get("RetainAllVariantProperties") or endpoint.fleet is None:
        return Kept()
    changing = {each["VariantPropertyType"] for each in call.get("ExcludeRetainedVariantProperties", ())}
    variants, captures = endpoint.fleet.variants, "DataCaptureConfig" not in changing
    return Kept(
        weights={} if "DesiredWeight" in changing else {each.name: each.weight for each in variants},
        counts={} if "DesiredInstanceCount" in changing else {each.name: each.count for each in variants},
        captures=captures,
        capture=endpoint.fleet.capture if captures else None,
    )


def _resize(call: Call) -> Answer:
    desired = {each["VariantName"]: each for each in call["DesiredWeightsAndCapacities"]}
    with LOCK:
        endpoint = _serving(call)
        known = {each.name for each in endpoint.fleet.variants} if endpoint.fleet else set()
        if unknown := sorted(set(desired) - known):
            raise errors.validation(f'Could not find variant "{unknown[0]}" of endpoint "{endpoint.arn}".')
        endpoint.change("Updating")
    _soon(endpoint, lambda: endpoint_rollout.resize(endpoint, desired))
    return {"EndpointArn": endpoint.arn}


def _describe(call: Call) -> Answer:
    return find(call.account_id, call.region, str(call["EndpointName"])).shown()


def _list(call: Call) -> Answer:
    names = ("EndpointName", "EndpointArn", "CreationTime", "LastModifiedTime", "EndpointStatus")
    summaries = [
        {name: value for name, value in each.shown().items() if name in names}
        for each in endpoints(call.account_id, call.region).values()
        if call.get("StatusEquals", each.status) == each.status
    ]
    by_status: dict[str, Callable[[dict[str, Any]], Any]] = {"Status": lambda each: each["EndpointStatus"]}
    shown, token = paging.listed(summaries, call.parameters, "EndpointName", keys=by_status)
    return {"Endpoints": shown, "NextToken": token}


def _delete(call: Call) -> Answer:
    with LOCK:
        endpoint = _resting(call)
        endpoint.change("Deleting")
        tags.close_for(endpoint.arn)
    _soon(endpoint, lambda: endpoint_rollout.remove(endpoint))
    return {}


def _soon(endpoint: Endpoint, work: Callable[[], None]) -> None:
    def guarded() -> None:
        try:
            work()
        except Exception as error:
            # A defect must not leave an endpoint under way for ever.
            defects.note(endpoint.arn, error)
            endpoint.change("Failed", f"Internal error of the emulated landscape: {type(error).__name__}: {error}")

    background.submit(f"sagemaker:{endpoint.arn}", guarded)


OPERATIONS = {
    "CreateEndpoint": _create,
    "UpdateEndpoint": _update,
    "UpdateEndpointWeightsAndCapacities": _resize,
    "DescribeEndpoint": _describe,
    "ListEndpoints": _list,
    "DeleteEndpoint": _delete,
}
