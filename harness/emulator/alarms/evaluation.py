"""Alarms are evaluated, change their state and act: the part of CloudWatch that works by itself."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial

from moto.cloudwatch.models import Alarm, cloudwatch_backends

from harness.emulator import background, clock
from harness.emulator.alarms import expression, messages, rule, series
from harness.emulator.alarms.definition import Definition, Point, Verdict, judge
from harness.emulator.alarms.messages import Change
from harness.emulator.alarms.metrics import Metrics
from harness.emulator.arns import Arn
from harness.emulator.events import bus, targets
from harness.emulator.failures import FAILURES, Failure
from harness.emulator.grants import Service

_TOPICS, _FUNCTIONS = "cloudwatch.amazonaws.com", "lambda.alarms.cloudwatch.amazonaws.com"


def evaluate(account: str, region: str, metrics: Metrics | None = None) -> list[str]:
    """Evaluates the alarms of an account in a region; gives the names of those that changed.

    `metrics`: those alone that look at one of these, and what is composed of them.
    """
    known = list(cloudwatch_backends[account][region].alarms.values())  # others may come while these are looked at
    alarms = [each for each in known if each.rule is None]
    concerned = [each for each in alarms if metrics is None or series.metrics_of(each) & metrics]
    changed = [each.name for each in concerned if _evaluate_metric(account, region, each)]
    return changed + evaluate_composites(account, region)


def change(account: str, region: str, alarm: Alarm, state: str, reason: str, reason_data: str) -> None:
    """Sets an alarm's state; where it is another than before, the alarm acts and tells."""
    before = messages.state(alarm)
    alarm.update_state(reason, reason_data, state)
    if before["value"] == state:
        return
    now = clock.now()
    told = Change(account, region, alarm, before, messages.state(alarm), now)
    bus.publish(
        account, region, "aws.cloudwatch", "CloudWatch Alarm State Change", messages.event(told), [alarm.alarm_arn]
    )
    if alarm.actions_enabled:
        for each in _actions(alarm, state):
            background.submit(f"{alarm.alarm_arn}>{each}", partial(_act, told, each))


def _evaluate_metric(account: str, region: str, alarm: Alarm) -> bool:
    definition = definition_of(alarm)
    try:
        verdict = judge(definition, series.points(account, region, alarm), _told)
    except expression.InvalidExpressionError as error:  # which some data show, and others do not
        verdict = Verdict("INSUFFICIENT_DATA", f"The metric math cannot be computed: {error}")
    if verdict.state is None or verdict.state == alarm.state_value:
        return False
    change(account, region, alarm, verdict.state, verdict.reason, _reason_data(alarm, definition, verdict))
    return True


def definition_of(alarm: Alarm) -> Definition:
    """When a metric alarm goes off."""
    periods = int(alarm.evaluation_periods)
    return Definition(
        comparison=alarm.comparison_operator,
        threshold=float(alarm.threshold),
        period=series.period_of(alarm),
        periods=periods,
        datapoints=int(alarm.datapoints_to_alarm or periods),
        missing=alarm.treat_missing_data or "missing",
    )


def evaluate_composites(account: str, region: str) -> list[str]:
    """Evaluates those alone that name other alarms. Again and again, since a composite alarm may name another."""
    alarms = cloudwatch_backends[account][region].alarms
    composites = [each for each in list(alarms.values()) if each.rule is not None]
    changed: list[str] = []
    for _ in composites:
        before = len(changed)
        for each in composites:
            state = "ALARM" if rule.parse(each.rule).decide(_state_of(alarms)) else "OK"
            if state != each.state_value and each.name not in changed:
                reason = f"The rule {each.rule} is {'true' if state == 'ALARM' else 'false'}"
                change(account, region, each, state, reason, "{}")
                changed.append(each.name)
        if len(changed) == before:
            break
    return changed


def _state_of(alarms: dict[str, Alarm]) -> Callable[[str], str | None]:
    def state(name: str) -> str | None:
        found = alarms.get(name.rsplit(":alarm:", 1)[-1])
        return None if found is None else str(found.state_value)

    return state


def _actions(alarm: Alarm, state: str) -> list[str]:
    listed = {"ALARM": alarm.alarm_actions, "OK": alarm.ok_actions}.get(state, alarm.insufficient_data_actions)
    return [str(each) for each in listed or ()]


def _act(told: Change, action: str) -> None:
    arn = told.alarm.alarm_arn
    try:
        kind = Arn.parse(action).service
        if kind == "sns":
            service = Service(_TOPICS, arn, told.account, source_owner=told.account)
            targets.send_to_topic(action, messages.notification(told), service, messages.subject(told))
        elif kind == "lambda":
            text = json.dumps(messages.invocation(told))
            targets.send_to_function(action, text, Service(_FUNCTIONS, arn, told.account))
        else:
            problem = f"the emulated landscape has no alarm action of {kind}"
            raise targets.UndeliverableError("UnsupportedOperation", problem)
    except (targets.UndeliverableError, ValueError) as error:
        payload = messages.notification(told)
        FAILURES.note(Failure(arn, action, told.account, told.region, str(error), payload))


def _told(point: Point) -> str:
    return f"{datetime.fromtimestamp(point.start, UTC):%d/%m/%y %H:%M:%S}"


def _reason_data(alarm: Alarm, definition: Definition, verdict: Verdict) -> str:
    told = {
        "version": "1.0",
        "queryDate": f"{clock.now():%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "+0000",
        "statistic": alarm.statistic or alarm.extended_statistic,
        "period": definition.period,
        "recentDatapoints": [each.value for each in verdict.points],
        "threshold": definition.threshold,
        "evaluatedDatapoints": [
            {"timestamp": f"{datetime.fromtimestamp(each.start, UTC):%Y-%m-%dT%H:%M:%S}.000+0000", "value": each.value}
            for each in reversed(verdict.points)
        ],
    }
    return json.dumps({key: value for key, value in told.items() if value is not None})
