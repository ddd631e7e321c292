"""Makes the alarms that are those that should be (S7): a plan as data, then the calls. Others are never touched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from model_watch.alarms import PREFIX, Alarm

_MOST = 100  # alarms that one DeleteAlarms takes


@dataclass(frozen=True)
class Plan:
    """What to call: alarms to write (new ones and changed ones) and names to delete."""

    write: tuple[Alarm, ...]
    delete: tuple[str, ...]


def plan(existing: Mapping[str, Mapping[str, Any]], wanted: Mapping[str, Alarm], topic: str) -> Plan:
    """`existing`: name → alarm as DescribeAlarms tells it."""
    return Plan(
        write=tuple(
            alarm for name, alarm in sorted(wanted.items()) if differs(existing.get(name, {}), alarm.request(topic))
        ),
        delete=tuple(sorted(name for name in existing if name not in wanted)),
    )


def differs(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> bool:
    """Whether an alarm is missing, or says something else; somebody may have changed it by hand."""
    return any(_comparable(found.get(key)) != _comparable(value) for key, value in wanted.items())


def _comparable(value: Any) -> Any:
    if isinstance(value, list):
        return sorted(str(sorted(each.items()) if isinstance(each, Mapping) else each) for each in value)
    return float(value) if isinstance(value, int | float) else value


def read(cloudwatch: Any) -> dict[str, Mapping[str, Any]]:
    """The alarms that are kept here, by name."""
    found: dict[str, Mapping[str, Any]] = {}
    asked: dict[str, Any] = {"AlarmNamePrefix": PREFIX, "AlarmTypes": ["MetricAlarm"], "MaxRecords": 100}
    while True:
        page = cloudwatch.describe_alarms(**asked)
        found.update({each["AlarmName"]: each for each in page["MetricAlarms"]})
        if not page.get("NextToken"):
            return found
        asked["NextToken"] = page["NextToken"]


def apply(cloudwatch: Any, steps: Plan, topic: str) -> None:
    """Performs the plan."""
    for alarm in steps.write:
        tags = [{"Key": key, "Value": value} for key, value in alarm.tags.items()]
        cloudwatch.put_metric_alarm(**alarm.request(topic), Tags=tags)
    for start in range(0, len(steps.delete), _MOST):
        cloudwatch.delete_alarms(AlarmNames=list(steps.delete[start : start + _MOST]))
