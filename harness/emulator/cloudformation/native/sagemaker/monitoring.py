"""Model Monitor: job definitions and monitoring schedules. They are kept and described, and nothing runs by them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from botocore import xform_name

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, generated_name, tag_list
from harness.emulator.cloudformation.native.sagemaker.fitting import parameters
from harness.emulator.cloudformation.native.sagemaker.hosting import name_of
from harness.emulator.cloudformation.native.sagemaker.tags import retag


class JobDefinition(Handler):
    """One of AWS::SageMaker::*JobDefinition, which never change; the physical id is the ARN."""

    def __init__(self, thing: str) -> None:
        self._thing = thing
        self._snake = xform_name(thing)

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = {"JobDefinitionName": generated_name(request, 63), **request.properties}
        fitted = parameters("sagemaker", f"Create{self._thing}", {**given, "Tags": tag_list(request) or None})
        return str(api.call("sagemaker", f"create_{self._snake}", **fitted)["JobDefinitionArn"])

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        name = {"JobDefinitionName": name_of(physical_id)}
        if api.attempt("sagemaker", f"describe_{self._snake}", **name) is not None:
            api.attempt("sagemaker", f"delete_{self._snake}", **name)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        shown = api.call("sagemaker", f"describe_{self._snake}", JobDefinitionName=name_of(physical_id))
        return {"JobDefinitionArn": physical_id, "CreationTime": shown["CreationTime"].isoformat()}


class MonitoringSchedule(Handler):
    """AWS::SageMaker::MonitoringSchedule; the physical id is the ARN."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = {**request.properties, "Tags": tag_list(request) or None}
        fitted = parameters("sagemaker", "CreateMonitoringSchedule", given)
        return str(api.call("sagemaker", "create_monitoring_schedule", **fitted)["MonitoringScheduleArn"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is not None:
            fitted = parameters("sagemaker", "UpdateMonitoringSchedule", request.properties)
            api.call("sagemaker", "update_monitoring_schedule", **fitted)
            retag(api, physical_id, tag_list(request))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("sagemaker", "delete_monitoring_schedule", MonitoringScheduleName=name_of(physical_id))

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        shown = api.call("sagemaker", "describe_monitoring_schedule", MonitoringScheduleName=name_of(physical_id))
        return {
            "MonitoringScheduleArn": physical_id,
            "CreationTime": shown["CreationTime"].isoformat(),
            "LastModifiedTime": shown["LastModifiedTime"].isoformat(),
        }


HANDLERS: Mapping[str, Handler] = {
    "AWS::SageMaker::DataQualityJobDefinition": JobDefinition("DataQualityJobDefinition"),
    "AWS::SageMaker::ModelBiasJobDefinition": JobDefinition("ModelBiasJobDefinition"),
    "AWS::SageMaker::ModelExplainabilityJobDefinition": JobDefinition("ModelExplainabilityJobDefinition"),
    "AWS::SageMaker::ModelQualityJobDefinition": JobDefinition("ModelQualityJobDefinition"),
    "AWS::SageMaker::MonitoringSchedule": MonitoringSchedule(),
}
