"""Looks every second which schedules and scheduled rules have come due, and fires them; or one by hand, now."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from typing import Any

from moto.events.models import Rule, events_backends
from moto.scheduler.models import Schedule, scheduler_backends

from harness.documents import schedules
from harness.emulator import background, clock, defects
from harness.emulator.control import Asked, UnknownError
from harness.emulator.events import bus
from harness.emulator.events.model import Event
from harness.emulator.schedules import firing, responses

_SECONDS = 1.0


def tick() -> None:
    """Fires what came due since it was last looked at, and asks to be called again, whatever comes of it."""
    try:
        _look(clock.now())
    finally:
        background.later(_SECONDS, "schedules", tick, awaited=False)


def _look(now: datetime) -> None:
    for account, region, group, schedule in _schedules():
        _guarded(schedule.arn, partial(_look_at_schedule, account, region, group, schedule, now))
    for account, region, rule in _scheduled_rules():
        _guarded(rule.arn, partial(_look_at_rule, account, region, rule, now))


def _guarded(arn: str, look: Callable[[], None]) -> None:
    try:
        look()
    except schedules.InvalidExpressionError:
        return
    except Exception as error:  # a defect of one must not stop the others
        defects.note(arn, error)


def fire_schedule(account: str, region: str, group: str, schedule: Schedule, moment: datetime) -> str:
    """Fires a schedule; gives the id of the execution."""
    due = firing.Firing(account, region, group, schedule.arn, dict(schedule.target), moment)
    firing.fire(due)
    if schedules.is_once(schedule.schedule_expression) and schedule.action_after_completion == "DELETE":
        scheduler_backends[account][region].delete_schedule(group, schedule.name)
    return due.id


def fire_rule(account: str, region: str, rule: Rule) -> str:
    """Fires a scheduled rule of EventBridge; gives the event's id."""
    event = Event(account, region, "aws.events", "Scheduled Event", {}, (rule.arn,))
    for target in list(rule.targets):
        bus.deliver(event, rule, target, via=(bus.Place(account, region, rule.event_bus_name),))
    return event.id


def control_schedules(asked: Asked) -> Mapping[str, Any]:
    """POST …/schedules/GROUP/NAME/fire?account=…&region=… fires one now; GET …/schedules lists what would when."""
    if asked.method == "GET":
        return {"schedules": [_told(*each) for each in _schedules() if asked.text("account", each[0]) == each[0]]}
    if asked.method != "POST" or len(asked.path) != 4 or asked.path[3] != "fire":
        raise UnknownError("a schedule is fired by POST /moto-api/platform/schedules/GROUP/NAME/fire")
    account, region, (_, group, name, _) = asked.text("account"), asked.text("region"), asked.path
    found = scheduler_backends[account][region].schedule_groups.get(group)
    schedule = None if found is None else found.schedules.get(name)
    if schedule is None:
        raise UnknownError(f"there is no schedule {group}/{name} in {region} of account {account}")
    if schedule.state != "ENABLED":
        raise UnknownError(f"the schedule {group}/{name} is disabled: it never fires")
    moment = clock.now().replace(microsecond=0)
    return {"executionId": fire_schedule(account, region, group, schedule, moment)}


def control_rules(asked: Asked) -> Mapping[str, Any]:
    """POST …/rules/NAME/fire?account=…&region=… fires a scheduled rule of the default bus now."""
    if asked.method != "POST" or len(asked.path) != 3 or asked.path[2] != "fire":
        raise UnknownError("a scheduled rule is fired by POST /moto-api/platform/rules/NAME/fire")
    account, region, name = asked.text("account"), asked.text("region"), asked.path[1]
    rule = events_backends[account][region].event_buses["default"].rules.get(name)
    if rule is None or not rule.scheduled_expression:
        raise UnknownError(f"there is no scheduled rule {name} in {region} of account {account}")
    if rule.state == "DISABLED":
        raise UnknownError(f"the rule {name} is disabled: it never fires")
    return {"eventId": fire_rule(account, region, rule)}


def _schedules() -> Iterator[tuple[str, str, str, Schedule]]:
    for account, regions in list(scheduler_backends.items()):
        for region, backend in list(regions.items()):
            for group in list(backend.schedule_groups.values()):
                for schedule in list(group.schedules.values()):
                    yield account, region, group.name, schedule


def _scheduled_rules() -> Iterator[tuple[str, str, Rule]]:
    for account, regions in list(events_backends.items()):
        for region, backend in list(regions.items()):
            for rule in list(backend.event_buses["default"].rules.values()):
                if rule.scheduled_expression:
                    yield account, region, rule


def _look_at_schedule(account: str, region: str, group: str, schedule: Schedule, now: datetime) -> None:
    due = _due(
        schedule, schedule.schedule_expression, schedule.schedule_expression_timezone, responses.started(schedule), now
    )
    ended = schedule.end_date and float(schedule.end_date) < now.timestamp()
    if due is not None and schedule.state == "ENABLED" and not ended:
        fire_schedule(account, region, group, schedule, due)


def _look_at_rule(account: str, region: str, rule: Rule, now: datetime) -> None:
    made = getattr(rule, "platform_made", None)
    if made is None:
        made = rule.platform_made = now
    if _due(rule, rule.scheduled_expression, "UTC", made, now) is not None and rule.state != "DISABLED":
        fire_rule(account, region, rule)


def _due(thing: Any, expression: str, zone: str, start: datetime, now: datetime) -> datetime | None:
    """The time that came since a thing was last looked at; None where none did."""
    key = (expression, zone, start)
    known, following = getattr(thing, "platform_due", (None, None))
    if known != key:  # new, or changed
        following = schedules.when(expression, zone, start)(max(now, start))
        thing.platform_due = (key, following)
        return None
    if following is None or following > now:
        return None
    thing.platform_due = (key, schedules.when(expression, zone, start)(now))
    found: datetime = following
    return found


def _told(account: str, region: str, group: str, schedule: Schedule) -> dict[str, Any]:
    zone, start = schedule.schedule_expression_timezone, responses.started(schedule)
    following = schedules.when(schedule.schedule_expression, zone, start)(clock.now().astimezone(UTC))
    return {
        "account": account,
        "region": region,
        "group": group,
        "name": schedule.name,
        "state": schedule.state,
        "expression": schedule.schedule_expression,
        "next": following.isoformat() if following and schedule.state == "ENABLED" else None,
    }
