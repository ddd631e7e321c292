"""What an alarm tells when its state changes: to topics, functions and the event bus. Pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from moto.cloudwatch.models import Alarm

_REGIONS = {
    "eu-west-1": "EU (Ireland)",
    "eu-west-2": "EU (London)",
    "eu-west-3": "EU (Paris)",
    "eu-central-1": "EU (Frankfurt)",
    "eu-north-1": "EU (Stockholm)",
    "us-east-1": "US East (N. Virginia)",
    "us-east-2": "US East (Ohio)",
    "us-west-1": "US West (N. California)",
    "us-west-2": "US West (Oregon)",
}


@dataclass(frozen=True)
class Change:
    """An alarm went from one state to another."""

    account: str
    region: str
    alarm: Alarm
    before: Mapping[str, Any]  # value, reason, reasonData, timestamp
    after: Mapping[str, Any]
    moment: datetime


def subject(change: Change) -> str:
    """The subject of the message, as people see it in their mail: at most 100 characters."""
    place = _REGIONS.get(change.region, change.region)
    return f'{change.after["value"]}: "{change.alarm.name}" in {place}'[:99]


def notification(change: Change) -> str:
    """The message to topics."""
    alarm = change.alarm
    told: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": change.account,
        "AlarmConfigurationUpdatedTimestamp": _written(alarm.configuration_updated_timestamp),
        "NewStateValue": change.after["value"],
        "NewStateReason": change.after["reason"],
        "StateChangeTime": _written(change.moment),
        "Region": _REGIONS.get(change.region, change.region),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": change.before["value"],
        "OKActions": list(alarm.ok_actions),
        "AlarmActions": list(alarm.alarm_actions),
        "InsufficientDataActions": list(alarm.insufficient_data_actions),
    }
    if alarm.rule is not None:
        return json.dumps({**told, "AlarmRule": alarm.rule})
    return json.dumps({**told, "Trigger": _trigger(alarm)})


def event(change: Change) -> dict[str, Any]:
    """The detail of "CloudWatch Alarm State Change"."""
    return {
        "alarmName": change.alarm.name,
        "state": dict(change.after),
        "previousState": dict(change.before),
        "configuration": _configuration(change.alarm),
    }


def invocation(change: Change) -> dict[str, Any]:
    """What a function gets that is an action."""
    return {
        "source": "aws.cloudwatch",
        "alarmArn": change.alarm.alarm_arn,
        "accountId": change.account,
        "time": _written(change.moment),
        "region": change.region,
        "alarmData": event(change),
    }


def state(alarm: Alarm) -> dict[str, Any]:
    """An alarm's present state, as events tell it."""
    told = {"value": alarm.state_value, "reason": alarm.state_reason}
    if alarm.state_reason_data and alarm.state_reason_data != "{}":
        told["reasonData"] = alarm.state_reason_data
    return {**told, "timestamp": _written(alarm.state_updated_timestamp)}


def _written(moment: datetime) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "+0000"


def _trigger(alarm: Alarm) -> dict[str, Any]:
    common = {
        "EvaluationPeriods": alarm.evaluation_periods,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }
    if alarm.datapoints_to_alarm:
        common["DatapointsToAlarm"] = alarm.datapoints_to_alarm
    if alarm.metric_data_queries:
        return {**common, "Metrics": _metrics(alarm)}
    statistic = alarm.statistic or alarm.extended_statistic
    kind = "Statistic" if alarm.statistic else "ExtendedStatistic"
    return {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "StatisticType": kind,
        kind: str(statistic).upper() if alarm.statistic else statistic,
        "Unit": alarm.unit,
        "Dimensions": [{"value": each.value, "name": each.name} for each in alarm.dimensions],
        "Period": alarm.period,
        **common,
    }


def _configuration(alarm: Alarm) -> dict[str, Any]:
    told = {"description": alarm.description} if alarm.description else {}
    if alarm.rule is not None:
        return {**told, "alarmRule": alarm.rule}
    return {**told, "metrics": _metrics(alarm)}


def _metrics(alarm: Alarm) -> list[dict[str, Any]]:
    if not alarm.metric_data_queries:
        metric = {
            "namespace": alarm.namespace,
            "name": alarm.metric_name,
            "dimensions": {each.name: each.value for each in alarm.dimensions},
        }
        stat = {"metric": metric, "period": alarm.period, "stat": alarm.statistic or alarm.extended_statistic}
        return [{"id": "m1", "metricStat": stat, "returnData": True}]
    found = []
    for query in alarm.metric_data_queries:
        told: dict[str, Any] = {"id": query.id, "returnData": query.return_data is not False}
        if query.expression:
            told["expression"] = query.expression
        if query.metric_stat:
            metric = query.metric_stat.metric
            told["metricStat"] = {
                "metric": {
                    "namespace": metric.namespace,
                    "name": metric.metric_name,
                    "dimensions": {each.name: each.value for each in metric.dimensions},
                },
                "period": query.metric_stat.period,
                "stat": query.metric_stat.stat,
            }
        found.append(told)
    return found
