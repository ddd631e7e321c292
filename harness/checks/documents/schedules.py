"""Rule E9106; see the class."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime

from harness.checks import stackrules
from harness.documents import schedules

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)  # any moment will do: only whether there is a next time is asked
# Model Monitor takes an hour, a day, or every so many hours. Source: SageMaker developer guide, "The cron expression
# for monitoring schedule".
_MONITORING = re.compile(r"NOW|cron\(0 (\*|([01]?\d|2[0-3])(/([01]?\d|2[0-4]))?) \? \* \* \*\)")


class Schedules(stackrules.StackRule):
    """A schedule that cannot be read never fires, and nobody hears of it."""

    id = "E9106"
    shortdesc = "Schedules come due"
    description = "Expressions of schedules are valid, come due at some time, and name a time zone that exists"
    remedy = "write cron(minute hour day month weekday year) or rate(number unit), and a zone such as Europe/Berlin"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """Expressions of Scheduler, of rules, of scaling and of Model Monitor."""
        for resource in stack.of("AWS::Scheduler::Schedule"):
            zone = str(resource.properties.get("ScheduleExpressionTimezone", "UTC"))
            yield from _expression(resource.logical_id, resource.properties, zone)
        for resource in stack.of("AWS::Events::Rule"):
            if str(resource.properties.get("ScheduleExpression", "")).startswith("at("):
                problem = f"{resource.logical_id}: a rule has no at(…)"
                yield stackrules.Broken(resource.logical_id, ("ScheduleExpression",), problem)
            elif resource.properties.get("ScheduleExpression"):
                yield from _expression(resource.logical_id, resource.properties, "UTC")
        for resource in stack.of("AWS::ApplicationAutoScaling::ScalableTarget"):
            for number, action in enumerate(resource.properties.get("ScheduledActions") or ()):
                zone = str(stackrules.value(action, "Timezone") or "UTC")
                names = ("Schedule", "Timezone")
                yield from _expression(resource.logical_id, action, zone, ("ScheduledActions", number), names)
        path = ("MonitoringScheduleConfig", "ScheduleConfig", "ScheduleExpression")
        for resource in stack.of("AWS::SageMaker::MonitoringSchedule"):
            given = stackrules.value(resource.properties, *path)
            if given is not None and not _MONITORING.fullmatch(str(given)):
                remedy = "write cron(0 * ? * * *), cron(0 HOUR ? * * *) or cron(0 HOUR/HOURS ? * * *)"
                yield stackrules.Broken(
                    resource.logical_id,
                    path,
                    f"{resource.logical_id}: {given} is no schedule of Model Monitor",
                    remedy=remedy,
                )


def _expression(
    logical_id: str,
    properties: object,
    zone: str,
    above: stackrules.Location = (),
    names: tuple[str, str] = ("ScheduleExpression", "ScheduleExpressionTimezone"),
) -> Iterator[stackrules.Broken]:
    """`names`: of the properties that hold the expression and its time zone, which stand at `above`."""
    text = str(stackrules.value(properties, names[0]))
    try:
        following = schedules.when(text, zone, _EPOCH)
    except schedules.InvalidExpressionError as error:
        name = names["time zone" in str(error)]
        yield stackrules.Broken(logical_id, (*above, name), f"{logical_id}: {error}")
        return
    if following(_EPOCH) is None and not schedules.is_once(text):
        yield stackrules.Broken(logical_id, (*above, names[0]), f"{logical_id}: {text} never comes due")
