"""EventBridge's API where moto's is lenient or does nothing: patterns, targets, PutEvents, permissions, replays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.events import urls
from moto.events.models import Archive, Replay, ReplayState, events_backends
from moto.events.responses import EventsHandler

from harness.documents import patterns
from harness.emulator import identity
from harness.emulator.arns import Arn, NotAnArnError
from harness.emulator.awserror import RefusedError
from harness.emulator.events import between, bus, inputs, targets
from harness.emulator.events.model import Event

_MOST_ENTRIES, _MOST_TARGETS, _LARGEST = 10, 5, 1_048_576  # bytes of all entries of a request
_OF_A_TIME = 14  # bytes that a Time counts for
_NEED_A_ROLE = ("state machine", "SageMaker pipeline", "pipeline", "build project")


class EventsResponse(EventsHandler):  # type: ignore[misc] # moto is not typed for us
    """moto's buses, rules and archives, with what EventBridge would refuse and do."""

    def put_rule(self) -> Any:
        """Raises InvalidEventPatternException for a pattern that EventBridge would not take."""
        pattern = self._get_param("EventPattern")
        if pattern:
            _check_pattern(str(pattern))
        if self._get_param("ManagedBy"):
            raise RefusedError("ValidationException", "ManagedBy can only be set by AWS services.")
        return super().put_rule()

    def put_targets(self) -> Any:
        """Refuses by name what the landscape sends nothing to."""
        given = self._get_param("Targets") or []
        for each in given:
            _check_target(each)
        rule = self.events_backend.describe_rule(self._get_param("Rule"), self._get_param("EventBusName"))
        ids = {each["Id"] for each in rule.targets} | {each["Id"] for each in given}
        if len(ids) > _MOST_TARGETS:
            raise RefusedError("LimitExceededException", "The requested resource exceeds the maximum number allowed.")
        return super().put_targets()

    def test_event_pattern(self) -> ActionResult:
        """Whether an event matches a pattern."""
        pattern = _check_pattern(str(self._get_param("EventPattern")))
        try:
            event = json.loads(str(self._get_param("Event")))
        except ValueError:
            raise RefusedError("ValidationException", "Parameter Event is not valid.") from None
        return ActionResult({"Result": patterns.matches(pattern, event)})

    def put_events(self) -> str:
        """Takes each entry or says why not; targets are reached afterwards."""
        entries = self._get_param("Entries") or []
        if not 1 <= len(entries) <= _MOST_ENTRIES:
            message = f"Value at 'entries' failed to satisfy constraint: between 1 and {_MOST_ENTRIES} entries"
            raise RefusedError("ValidationException", f"1 validation error detected: {message}")
        if sum(_size(each) for each in entries) > _LARGEST:
            message = f"Total size of the entries in the request is over the limit ({_LARGEST} bytes)."
            raise RefusedError("ValidationException", message)
        answers = [self._put(each) for each in entries]
        failed = sum("ErrorCode" in each for each in answers)
        return json.dumps({"FailedEntryCount": failed, "Entries": answers})

    def _put(self, entry: Mapping[str, Any]) -> dict[str, str]:
        problem = _problem_of(entry)
        if problem is not None:
            return {"ErrorCode": problem[0], "ErrorMessage": problem[1]}
        account, region = str(self.current_account), str(self.region)
        place = _place(entry, account, region)
        found = events_backends[place.account][place.region].event_buses.get(place.name)
        event = Event(
            account,
            region,
            str(entry["Source"]),
            str(entry["DetailType"]),
            json.loads(entry["Detail"]),
            tuple(entry.get("Resources") or ()),
            **({"time": _moment(entry["Time"])} if entry.get("Time") else {}),
        )
        if place.account != account:
            arn = Arn(identity.PARTITION, "events", place.region, place.account, f"event-bus/{place.name}")
            who = identity.caller_of(self)
            if found is None or not between.may_put(found.policy, who, arn, event.source, event.detail_type):
                message = f"User: {who.arn} is not authorized to perform: events:PutEvents on resource: {arn}"
                return {"ErrorCode": "NotAuthorizedForSourceException", "ErrorMessage": message}
            bus.carry(event, place, via=(bus.Place(account, region, ""),))
        elif found is not None:
            bus.carry(event, place)
        # An event for a bus that does not exist is taken and lost, as at AWS.
        return {"EventId": event.id}

    def put_permission(self) -> Any:
        """A policy that is given whole replaces the one that was there."""
        text = self._get_param("Policy")
        if not text:
            return super().put_permission()
        try:
            statements = json.loads(text)["Statement"]
        except (ValueError, KeyError, TypeError):
            raise RefusedError("ValidationException", "This policy contains invalid Json") from None
        found = self.events_backend.describe_event_bus(self._get_param("EventBusName") or "default")
        listed = statements if isinstance(statements, list) else [statements]
        found.remove_statements()
        named = [{"Sid": f"Statement{number}", "Resource": found.arn, **each} for number, each in enumerate(listed)]
        found.add_policy({"Statement": named})
        return EmptyResult()

    def update_event_bus(self) -> ActionResult:
        """Its description, key and dead-letter queue; what is left out stays."""
        found = self.events_backend.describe_event_bus(self._get_param("Name"))
        found.description = self._get_param("Description", found.description)
        found.kms_key_identifier = self._get_param("KmsKeyIdentifier", found.kms_key_identifier)
        found.dead_letter_config = self._get_param("DeadLetterConfig", found.dead_letter_config)
        return ActionResult({"Arn": found.arn, "Name": found.name, "Description": found.description})


def _problem_of(entry: Mapping[str, Any]) -> tuple[str, str] | None:
    for name in ("Source", "DetailType", "Detail"):
        if not entry.get(name):
            return "InvalidArgument", f"Parameter {name} is not valid. Reason: {name} is a required argument."
    try:
        detail = json.loads(entry["Detail"])
    except ValueError:
        return "MalformedDetail", "Detail is malformed."
    if not isinstance(detail, dict):
        return "MalformedDetail", "Detail is malformed."
    if str(entry["Source"]).startswith("aws."):
        return "NotAuthorizedForSourceException", "Not authorized for the source."
    return None


def _size(entry: Mapping[str, Any]) -> int:
    """Source: EventBridge user guide, "Calculating PutEvents event entry size"."""
    texts = [str(entry.get(name) or "") for name in ("Source", "DetailType", "Detail")]
    texts += [str(each) for each in entry.get("Resources") or ()]
    return sum(len(each.encode()) for each in texts) + (_OF_A_TIME if entry.get("Time") else 0)


def _place(entry: Mapping[str, Any], account: str, region: str) -> bus.Place:
    name = str(entry.get("EventBusName") or "default")
    try:
        arn = Arn.parse(name)
    except NotAnArnError:
        return bus.Place(account, region, name)
    return bus.Place(arn.account, arn.region, arn.resource.removeprefix("event-bus/"))


def _moment(given: Any) -> str:
    moment = datetime.fromtimestamp(float(given), UTC) if not isinstance(given, str) else datetime.fromisoformat(given)
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _check_pattern(text: str) -> dict[str, Any]:
    try:
        return patterns.parse(text)
    except patterns.InvalidPatternError as error:
        message = f"Event pattern is not valid. Reason: {error}"
        raise RefusedError("InvalidEventPatternException", message) from None


def _check_target(target: Mapping[str, Any]) -> None:
    try:
        arn = Arn.parse(str(target["Arn"]))
    except NotAnArnError:
        message = f"Parameter {target['Arn']} is not valid. Reason: Provided Arn is not in correct format."
        raise RefusedError("ValidationException", message) from None
    kind = targets.kind_of(arn)
    if kind is None:
        raise RefusedError("UnsupportedOperation", f"The emulated landscape sends no events to {arn}.")
    if kind in _NEED_A_ROLE and not target.get("RoleArn"):
        raise RefusedError("ValidationException", f"RoleArn is required for target {arn}.")
    if problem := inputs.check(target):
        raise RefusedError("ValidationException", problem)


def _replay(replay: Replay, archive: Archive) -> None:
    """What StartReplay does: the events of the archive within the time go on the bus again."""
    place = bus.Place(replay.account_id, replay.region, replay.destination["Arn"].split("/")[-1])
    first, last = _moment(replay.event_start_time), _moment(replay.event_end_time)
    for told in [each for each in archive.events if first <= str(each["time"]) <= last]:
        event = Event(
            told["account"],
            told["region"],
            told["source"],
            told["detail-type"],
            told["detail"],
            tuple(told["resources"]),
            id=told["id"],
            time=told["time"],
            replay=replay.name,
        )
        bus.carry(event, place)
    replay.state = ReplayState.COMPLETED
    replay.end_time = datetime.now(UTC).timestamp()


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    urls.url_paths["{0}/"] = EventsResponse.dispatch
    Replay.replay_events = _replay
