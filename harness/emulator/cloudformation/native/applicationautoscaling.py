"""Application Auto Scaling: scalable targets and policies. They are kept and described; nothing scales by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceFailure, ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties
from harness.emulator.cloudformation.native.sagemaker.fitting import parameters

_API = "application-autoscaling"
_WHERE = ("ServiceNamespace", "ResourceId", "ScalableDimension")


class ScalableTarget(Handler):
    """AWS::ApplicationAutoScaling::ScalableTarget; its physical id is resource|dimension|namespace."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        _must_exist(api, given)
        _register(api, given)
        return "|".join(str(given[name]) for name in ("ResourceId", "ScalableDimension", "ServiceNamespace"))

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is not None:
            _register(api, request.properties)
        where = _where(physical_id)
        wanted = {each["ScheduledActionName"]: each for each in request.properties.get("ScheduledActions") or ()}
        for each in (previous or {}).get("ScheduledActions") or ():
            if each["ScheduledActionName"] not in wanted:
                api.call(_API, "delete_scheduled_action", ScheduledActionName=each["ScheduledActionName"], **where)
        for each in wanted.values():
            api.call(_API, "put_scheduled_action", **parameters(_API, "PutScheduledAction", {**each, **where}))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        where = _where(physical_id)
        dimension, resource = where["ScalableDimension"], where["ResourceId"]
        found = api.call(
            _API,
            "describe_scalable_targets",
            ServiceNamespace=where["ServiceNamespace"],
            ResourceIds=[resource],
            ScalableDimension=dimension,
        )
        if not found["ScalableTargets"]:
            return
        for each in properties.get("ScheduledActions") or ():
            api.attempt(_API, "delete_scheduled_action", ScheduledActionName=each["ScheduledActionName"], **where)
        api.call(_API, "deregister_scalable_target", **where)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Id": physical_id}


def _register(api: Api, given: Properties) -> None:
    fitted = parameters(_API, "RegisterScalableTarget", {**given, "Tags": None})
    api.call(_API, "register_scalable_target", **fitted)


def _where(physical_id: str) -> dict[str, str]:
    resource, dimension, namespace = physical_id.split("|")
    return {"ServiceNamespace": namespace, "ResourceId": resource, "ScalableDimension": dimension}


def _must_exist(api: Api, given: Properties) -> None:
    """A variant of an endpoint must be there to be scaled; moto takes any name."""
    parts = str(given["ResourceId"]).split("/")
    if given["ServiceNamespace"] != "sagemaker" or len(parts) != 4 or parts[::2] != ["endpoint", "variant"]:
        return
    endpoint = api.attempt("sagemaker", "describe_endpoint", EndpointName=parts[1])
    variants = [each["VariantName"] for each in (endpoint or {}).get("ProductionVariants", ())]
    if parts[3] not in variants:
        raise ResourceFailure(
            f'Resource handler returned message: "Resource {given["ResourceId"]} does not exist '
            '(Service: ApplicationAutoScaling, Status Code: 400, Error Code: ValidationException)" '
            "(HandlerErrorCode: InvalidRequest)"
        )


class ScalingPolicy(Handler):
    """AWS::ApplicationAutoScaling::ScalingPolicy; its physical id is the ARN."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        return str(self._put(api, request.properties)["PolicyARN"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is not None:
            self._put(api, request.properties)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        where = _of_policy(properties)
        found = api.call(_API, "describe_scaling_policies", ServiceNamespace=where["ServiceNamespace"])
        if any(each["PolicyARN"] == physical_id for each in found["ScalingPolicies"]):
            api.call(_API, "delete_scaling_policy", PolicyName=properties["PolicyName"], **where)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Arn": physical_id}

    def _put(self, api: Api, given: Properties) -> dict[str, Any]:
        where = _of_policy(given)
        found = api.call(
            _API,
            "describe_scalable_targets",
            ServiceNamespace=where["ServiceNamespace"],
            ResourceIds=[where["ResourceId"]],
            ScalableDimension=where["ScalableDimension"],
        )
        if not found["ScalableTargets"]:
            raise ResourceFailure(
                f'Resource handler returned message: "No scalable target registered for {where["ResourceId"]} '
                '(Service: ApplicationAutoScaling, Status Code: 400, Error Code: ObjectNotFoundException)" '
                "(HandlerErrorCode: NotFound)"
            )
        return api.call(_API, "put_scaling_policy", **parameters(_API, "PutScalingPolicy", {**given, **where}))


def _of_policy(given: Properties) -> dict[str, str]:
    """The target that a policy is for: by ScalingTargetId, or by its three parts."""
    if given.get("ScalingTargetId"):
        return _where(str(given["ScalingTargetId"]))
    return {name: str(given[name]) for name in _WHERE}


HANDLERS: Mapping[str, Handler] = {
    "AWS::ApplicationAutoScaling::ScalableTarget": ScalableTarget(),
    "AWS::ApplicationAutoScaling::ScalingPolicy": ScalingPolicy(),
}
