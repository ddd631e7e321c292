"""Models, endpoint configurations and endpoints. Ref gives their ARNs; names are attributes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from botocore import xform_name

from harness.cfn.model import ResourceFailure, ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, generated_name, tag_list
from harness.emulator.cloudformation.native.sagemaker.fitting import parameters
from harness.emulator.cloudformation.native.sagemaker.tags import retag

_SECONDS = 300.0  # how long an endpoint may take here; a deployment's own waits are scaled down
_BETWEEN_LOOKS = 0.05
_RESTING = ("InService", "Failed", "OutOfService", "UpdateRollbackFailed")
_OF_AN_UPDATE = (
    "EndpointConfigName",
    "DeploymentConfig",
    "RetainAllVariantProperties",
    "ExcludeRetainedVariantProperties",
    "RetainDeploymentConfig",
)


class _Named(Handler):
    """A resource that never changes: made whole, deleted by its name."""

    thing = ""  # Model
    arn = ""  # ModelArn, in the answer of its creation
    limit = 63

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = {f"{self.thing}Name": generated_name(request, self.limit), **request.properties}
        fitted = parameters("sagemaker", f"Create{self.thing}", {**given, "Tags": tag_list(request) or None})
        made = api.call("sagemaker", f"create_{xform_name(self.thing)}", **fitted)
        return str(made[self.arn])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is not None:
            retag(api, physical_id, tag_list(request))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        name = {f"{self.thing}Name": name_of(physical_id)}
        api.attempt("sagemaker", f"delete_{xform_name(self.thing)}", **name)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {self.arn: physical_id, f"{self.thing}Name": name_of(physical_id)}


class Model(_Named):
    """AWS::SageMaker::Model."""

    thing, arn = "Model", "ModelArn"


class EndpointConfig(_Named):
    """AWS::SageMaker::EndpointConfig."""

    thing, arn = "EndpointConfig", "EndpointConfigArn"


class Endpoint(Handler):
    """AWS::SageMaker::Endpoint: made when it is in service, updated when the new configuration is."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = {"EndpointName": generated_name(request, 63), **request.properties, "Tags": tag_list(request) or None}
        made = api.call("sagemaker", "create_endpoint", **parameters("sagemaker", "CreateEndpoint", given))
        arn = str(made["EndpointArn"])
        shown = _settled(api, name_of(arn))
        if shown["EndpointStatus"] != "InService":
            self.destroy(api, arn, request.properties)
            raise _failed(shown)
        return arn

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is None:
            return
        retag(api, physical_id, tag_list(request))
        given, name = request.properties, name_of(physical_id)
        if _settled(api, name)["EndpointConfigName"] == given["EndpointConfigName"]:
            return
        wanted = {key: given[key] for key in _OF_AN_UPDATE if key in given}
        fitted = parameters("sagemaker", "UpdateEndpoint", {"EndpointName": name, **wanted})
        api.call("sagemaker", "update_endpoint", **fitted)
        shown = _settled(api, name)
        if shown["EndpointStatus"] != "InService" or shown["EndpointConfigName"] != given["EndpointConfigName"]:
            raise _failed(shown)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        name = name_of(physical_id)
        if api.attempt("sagemaker", "describe_endpoint", EndpointName=name) is None:
            return
        _settled(api, name)
        api.attempt("sagemaker", "delete_endpoint", EndpointName=name)
        deadline = time.monotonic() + _SECONDS
        while api.attempt("sagemaker", "describe_endpoint", EndpointName=name) is not None:
            _pause(deadline, name, "deleted")

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"EndpointArn": physical_id, "EndpointName": name_of(physical_id)}


def name_of(arn: str) -> str:
    """The name at the end of an ARN."""
    return arn.rsplit("/", 1)[-1]


def _settled(api: Api, name: str) -> dict[str, Any]:
    """The endpoint, once nothing is under way with it. Raises ResourceFailure when that takes too long."""
    deadline = time.monotonic() + _SECONDS
    while True:
        shown = api.call("sagemaker", "describe_endpoint", EndpointName=name)
        if shown["EndpointStatus"] in _RESTING:
            return shown
        _pause(deadline, name, "in service")


def _pause(deadline: float, name: str, what: str) -> None:
    if time.monotonic() > deadline:
        raise ResourceFailure(
            f'Resource handler returned message: "Endpoint {name} was not {what} in {_SECONDS:g} seconds" '
            "(HandlerErrorCode: NotStabilized)"
        )
    time.sleep(_BETWEEN_LOOKS)


def _failed(shown: Mapping[str, Any]) -> ResourceFailure:
    reason = shown.get("FailureReason") or f"Endpoint is {shown['EndpointStatus']}"
    return ResourceFailure(f'Resource handler returned message: "{reason}" (HandlerErrorCode: NotStabilized)')


HANDLERS: Mapping[str, Handler] = {
    "AWS::SageMaker::Endpoint": Endpoint(),
    "AWS::SageMaker::EndpointConfig": EndpointConfig(),
    "AWS::SageMaker::Model": Model(),
}
