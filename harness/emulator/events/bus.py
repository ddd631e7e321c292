"""Puts events on buses: which rules match, and what goes where. Delivering it is the business of `delivery.py`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from moto.events.models import EventBus, Rule, events_backends

from harness.documents import patterns
from harness.emulator import background
from harness.emulator.events import delivery
from harness.emulator.events.model import Event

_ENABLED = ("ENABLED", "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
_MANAGED_ARCHIVER = "prod.vhs.events.aws.internal"  # moto's own rule for each archive; archives are filled here


@dataclass(frozen=True)
class Place:
    """A bus."""

    account: str
    region: str
    name: str = "default"


def publish(
    account_id: str,
    region: str,
    source: str,
    detail_type: str,
    detail: Mapping[str, Any],
    resources: Sequence[str] = (),
) -> str:
    """Puts the event of a service (`source`: aws.sagemaker) on the default bus of an account; gives the event's id.

    `detail`: a JSON object as AWS documents it for that detail type. Returns at once: targets are reached later, in the
    order of the events for each target. Where no landscape is served nobody is reached.
    """
    event = Event(account_id, region, source, detail_type, dict(detail), tuple(resources))
    carry(event, Place(account_id, region))
    return event.id


def carry(event: Event, place: Place, via: tuple[Place, ...] = ()) -> None:
    """Puts an event on a bus: into its archives, and to the targets of the rules that match.

    `via`: the buses that it came from, the first one first.
    """
    bus = events_backends[place.account][place.region].event_buses.get(place.name)
    if bus is None:
        return
    document = event.document()
    if not event.replay:
        _archive(document, place)
    for rule in _matching(bus, document):
        for target in list(rule.targets):
            deliver(event, rule, target, via=(*via, place))


def deliver(event: Event, rule: Rule, target: Mapping[str, Any], via: tuple[Place, ...]) -> None:
    """Gives an event to one target of a rule, after those that it was given before."""
    due = delivery.Delivery(
        event=event,
        rule_arn=rule.arn,
        rule_name=rule.name,
        account=rule.account_id,
        region=rule.region_name,
        target=dict(target),
        hops=tuple((each.account, each.region, each.name) for each in via),
    )
    background.submit(f"{rule.arn}#{target['Id']}", partial(delivery.attempt, due))


def _matching(bus: EventBus, document: Mapping[str, Any]) -> Iterator[Rule]:
    for rule in list(bus.rules.values()):
        pattern = rule.event_pattern.get_pattern()
        listens = rule.state in _ENABLED and rule.managed_by != _MANAGED_ARCHIVER
        if listens and pattern and patterns.matches(pattern, document):
            yield rule


def _archive(document: dict[str, Any], place: Place) -> None:
    for archive in list(events_backends[place.account][place.region].archives.values()):
        pattern = archive.event_pattern.get_pattern()
        if archive.event_bus_name == place.name and (not pattern or patterns.matches(pattern, document)):
            archive.events.append(document)
