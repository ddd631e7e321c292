"""CloudWatch alarms and dashboards."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import Handler, Properties, exists, generated_name, tag_list

_METRIC = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "ComparisonOperator",
    "DatapointsToAlarm",
    "Dimensions",
    "EvaluateLowSampleCountPercentile",
    "EvaluationPeriods",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "MetricName",
    "Metrics",
    "Namespace",
    "OKActions",
    "Period",
    "Statistic",
    "Threshold",
    "ThresholdMetricId",
    "TreatMissingData",
    "Unit",
)
_COMPOSITE = (
    "ActionsEnabled",
    "ActionsSuppressor",
    "ActionsSuppressorExtensionPeriod",
    "ActionsSuppressorWaitPeriod",
    "AlarmActions",
    "AlarmDescription",
    "AlarmRule",
    "InsufficientDataActions",
    "OKActions",
)
_WHOLE = ("DatapointsToAlarm", "EvaluationPeriods", "Period")


class Alarm(Handler):
    """AWS::CloudWatch::Alarm and ::CompositeAlarm; the physical id is the name."""

    def __init__(self, operation: str, members: tuple[str, ...]) -> None:
        self._operation, self._members = operation, members

    def make(self, api: Api, request: ResourceRequest) -> str:
        name = str(request.properties.get("AlarmName") or generated_name(request, 255))
        found = api.call("cloudwatch", "describe_alarms", AlarmNames=[name])
        if found.get("MetricAlarms") or found.get("CompositeAlarms"):
            raise exists(f"Alarm {name} already exists (Service: CloudWatch, Status Code: 400)")
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given = {key: _typed(key, request.properties[key]) for key in self._members if key in request.properties}
        tags = tag_list(request)
        api.call("cloudwatch", self._operation, AlarmName=physical_id, Tags=tags or None, **given)
        if previous is not None and tags:
            arn = self.attributes(api, request, physical_id)["Arn"]
            api.call("cloudwatch", "tag_resource", ResourceARN=arn, Tags=tags)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.call("cloudwatch", "delete_alarms", AlarmNames=[physical_id])

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Arn": f"arn:{request.partition}:cloudwatch:{api.region}:{api.account_id}:alarm:{physical_id}"}


def _typed(key: str, value: Any) -> Any:
    if key == "Metrics":
        return [_query(each) for each in value]
    if key in _WHOLE:
        return int(value)
    if key == "Threshold":
        return float(value)
    return _truth(value) if key == "ActionsEnabled" else value


def _query(given: Mapping[str, Any]) -> dict[str, Any]:
    query = dict(given)
    if "ReturnData" in query:
        query["ReturnData"] = _truth(query["ReturnData"])
    if "Period" in query:
        query["Period"] = int(query["Period"])
    if "MetricStat" in query:
        query["MetricStat"] = {**query["MetricStat"], "Period": int(query["MetricStat"]["Period"])}
    return query


def _truth(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"


class Dashboard(Handler):
    """AWS::CloudWatch::Dashboard; the physical id is the name."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        name = str(request.properties.get("DashboardName") or generated_name(request, 255))
        if api.attempt("cloudwatch", "get_dashboard", DashboardName=name) is not None:
            raise exists(f"Dashboard {name} already exists (Service: CloudWatch, Status Code: 400)")
        return name

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        body = request.properties["DashboardBody"]
        text = body if isinstance(body, str) else json.dumps(body)
        api.call("cloudwatch", "put_dashboard", DashboardName=physical_id, DashboardBody=text)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("cloudwatch", "delete_dashboards", DashboardNames=[physical_id])


HANDLERS: Mapping[str, Handler] = {
    "AWS::CloudWatch::Alarm": Alarm("put_metric_alarm", _METRIC),
    "AWS::CloudWatch::CompositeAlarm": Alarm("put_composite_alarm", _COMPOSITE),
    "AWS::CloudWatch::Dashboard": Dashboard(),
}
