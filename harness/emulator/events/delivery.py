"""One event to one target: retries, dead-letter queue, and the record of what could not be delivered.

Source: EventBridge user guide, retry policies and dead-letter queues.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from harness.emulator import background, clock
from harness.emulator.alarms import metrics
from harness.emulator.events import inputs, targets
from harness.emulator.events.model import Event
from harness.emulator.failures import FAILURES, Failure
from harness.emulator.grants import Service

_MOST_ATTEMPTS = 185
_LONGEST_AGE = 86400  # seconds
_LONGEST_PAUSE = 5.0  # seconds; at AWS pauses grow to minutes
PRINCIPAL = "events.amazonaws.com"


@dataclass(frozen=True)
class Delivery:
    """An event that a rule of `account` sends to one of its targets."""

    event: Event
    rule_arn: str
    rule_name: str
    account: str
    region: str
    target: Mapping[str, Any]  # as PutTargets got it
    hops: tuple[tuple[str, str, str], ...] = ()  # the buses it came by: account, region, name
    attempts: int = 0
    since: datetime = field(default_factory=clock.now)

    @property
    def service(self) -> Service:
        """EventBridge, on behalf of the rule."""
        return Service(PRINCIPAL, self.rule_arn, self.account)


def attempt(due: Delivery) -> None:
    """Tries once; what may succeed later is tried again, what cannot goes to the dead-letter queue."""
    try:
        payload = inputs.payload(due.target, due.event, due.rule_arn, due.rule_name)
        targets.send(due, payload)
        _count(due, "Invocations")
    except targets.UndeliverableError as error:
        _failed(replace(due, attempts=due.attempts + 1), error)


def _count(due: Delivery, *names: str) -> None:
    data = [metrics.Datum(each, 1, "Count", {"RuleName": due.rule_name}) for each in names]
    metrics.record(due.account, due.region, "AWS/Events", data)


def _failed(due: Delivery, error: targets.UndeliverableError) -> None:
    policy = due.target.get("RetryPolicy") or {}
    retries = int(policy.get("MaximumRetryAttempts", _MOST_ATTEMPTS))
    age = int(policy.get("MaximumEventAgeInSeconds", _LONGEST_AGE))
    exhausted = ""
    if error.retriable:
        if due.attempts > retries:
            exhausted = "MaximumRetryAttempts"
        elif (clock.now() - due.since).total_seconds() > age:
            exhausted = "MaximumEventAgeInSeconds"
        else:
            pause = min(max(clock.latency(), 0.01) * 2 ** min(due.attempts, 20), _LONGEST_PAUSE)
            background.later(pause, f"{due.rule_arn}#{due.target['Id']}", partial(attempt, due))
            return
    _bury(due, error, exhausted)


def _bury(due: Delivery, error: targets.UndeliverableError, exhausted: str) -> None:
    _count(due, "Invocations", "FailedInvocations")
    told = f"{error.code}: {error.message}"
    queue = (due.target.get("DeadLetterConfig") or {}).get("Arn")
    if queue:
        attributes = {
            "RULE_ARN": due.rule_arn,
            "TARGET_ARN": str(due.target["Arn"]),
            "ERROR_CODE": error.code,
            "ERROR_MESSAGE": error.message,
            "RETRY_ATTEMPTS": str(due.attempts - 1),
            "EXHAUSTED_RETRY_CONDITION": exhausted,
        }
        try:
            targets.send_to_queue(queue, due.event.text(), due.service, attributes=attributes)
        except targets.UndeliverableError as worse:
            told += f"; dead-letter queue: {worse.code}: {worse.message}"
            queue = None
    FAILURES.note(
        Failure(due.rule_arn, str(due.target["Arn"]), due.account, due.region, told, due.event.document(), queue or "")
    )
