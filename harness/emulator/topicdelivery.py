"""How messages of SNS topics reach queues and functions that let them in, in order; what does not arrive is known.

Filter policies are moto's. Mail and text messages are kept by moto and sent to nobody; web addresses are not called.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from moto.sns.exceptions import InvalidParameterValue
from moto.sns.models import Subscription, Topic

from harness.emulator import background, clock
from harness.emulator.events import targets
from harness.emulator.failures import FAILURES, Failure
from harness.emulator.grants import Service

PRINCIPAL = "sns.amazonaws.com"
_publish_of_moto = Topic.publish


@dataclass(frozen=True)
class Message:
    """A message on its way to one subscriber."""

    id: str
    text: str
    subject: str | None
    attributes: Mapping[str, Any]  # name → Type, Value
    group: str | None
    moment: str


def _publish(
    subscription: Subscription,
    message: str,
    message_id: str,
    subject: str | None = None,
    message_attributes: dict[str, Any] | None = None,
    group_id: str | None = None,
    deduplication_id: str | None = None,
    message_structure: str | None = None,
) -> None:
    """In the place of moto's: returns at once."""
    del deduplication_id  # queues find it out by the message's content
    matcher = subscription._filter_policy_matcher
    if matcher is not None and not matcher.matches(message_attributes, message):
        return
    text = _for_protocol(message, subscription.protocol) if message_structure == "json" else message
    now = f"{clock.now():%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z"
    told = Message(message_id, text, subject, message_attributes or {}, group_id, now)
    if subscription.protocol in ("sqs", "lambda", "http", "https", "firehose"):
        background.submit(f"sns:{subscription.arn}", partial(_deliver, subscription, told))


def _publish_to_all(topic: Topic, message: str, *more: Any, **named: Any) -> str:
    """In the place of moto's, which finds out on the way to the first subscriber what is wrong with a message."""
    if named.get("message_structure") == "json":
        _texts(message)
    published: str = _publish_of_moto(topic, message, *more, **named)
    return published


def _texts(message: str) -> Mapping[str, str]:
    """The texts of a message by protocol, and the default one. Raises InvalidParameterValue."""
    try:
        by_protocol = json.loads(message)
    except ValueError:
        problem = "Invalid parameter: Message Structure - JSON message body failed to parse"
        raise InvalidParameterValue(problem) from None
    texts = by_protocol.items() if isinstance(by_protocol, dict) else ()
    found = {protocol: text for protocol, text in texts if isinstance(text, str)}
    if "default" not in found:
        raise InvalidParameterValue("Invalid parameter: Message Structure - No default entry in JSON message body")
    return found


def _for_protocol(message: str, protocol: str) -> str:
    texts = _texts(message)
    return texts.get(protocol, texts["default"])


def _deliver(subscription: Subscription, message: Message) -> None:
    topic, endpoint = subscription.topic, str(subscription.endpoint)
    service = Service(PRINCIPAL, topic.arn, topic.account_id)
    try:
        if subscription.protocol == "sqs":
            _to_queue(subscription, message, service)
        elif subscription.protocol == "lambda":
            event = {"Records": [_record(subscription, message)]}
            targets.send_to_function(endpoint, json.dumps(event), service)
        else:
            problem = f"the emulated landscape delivers nothing by {subscription.protocol}"
            raise targets.UndeliverableError("UnsupportedOperation", problem)
    except targets.UndeliverableError as error:
        _bury(subscription, message, service, error)


def _to_queue(subscription: Subscription, message: Message, service: Service) -> None:
    endpoint = str(subscription.endpoint)
    if str(subscription.attributes.get("RawMessageDelivery", "")).lower() == "true":
        attributes = {key: str(value["Value"]) for key, value in message.attributes.items()}
        targets.send_to_queue(endpoint, message.text, service, message.group, attributes)
    else:
        text = json.dumps(_told(subscription, message), indent=2)
        targets.send_to_queue(endpoint, text, service, message.group)


def _told(subscription: Subscription, message: Message) -> dict[str, Any]:
    """What subscribers get around a message. Nobody signs it."""
    told = {
        "Type": "Notification",
        "MessageId": message.id,
        "TopicArn": subscription.topic.arn,
        "Message": message.text,
        "Timestamp": message.moment,
        "SignatureVersion": "1",
        "Signature": "",
        "SigningCertURL": "",
        "UnsubscribeURL": "",
    }
    if message.subject:
        told["Subject"] = message.subject
    return {**told, "MessageAttributes": dict(message.attributes)} if message.attributes else told


def _record(subscription: Subscription, message: Message) -> dict[str, Any]:
    told = _told(subscription, message)
    renamed = {"SigningCertURL": "SigningCertUrl", "UnsubscribeURL": "UnsubscribeUrl"}
    told = {renamed.get(key, key): value for key, value in told.items()}
    told = {"Subject": None, "MessageAttributes": {}, **told}
    return {"EventSource": "aws:sns", "EventVersion": "1.0", "EventSubscriptionArn": subscription.arn, "Sns": told}


def _bury(subscription: Subscription, message: Message, service: Service, error: targets.UndeliverableError) -> None:
    given = subscription.attributes.get("RedrivePolicy") or "{}"
    policy = json.loads(given) if isinstance(given, str) else given
    reason, dead = str(error), str(policy.get("deadLetterTargetArn") or "")
    if dead:
        try:
            targets.send_to_queue(dead, json.dumps(_told(subscription, message)), service, message.group)
        except targets.UndeliverableError as worse:
            reason, dead = f"{reason}; dead-letter queue: {worse}", ""
    topic = subscription.topic
    region = topic.sns_backend.region_name
    FAILURES.note(Failure(topic.arn, str(subscription.endpoint), topic.account_id, region, reason, message.text, dead))


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    Subscription.publish = _publish
    Topic.publish = _publish_to_all
