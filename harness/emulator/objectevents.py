"""What S3 tells of objects that come and go, and whom: EventBridge, functions, queues, topics.

Only creation and deletion are told; tags, access control lists, restores and life cycles are not. Sources: S3 user
guide, "EventBridge event message structure" and "Event message structure".
"""

from __future__ import annotations

import itertools
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any
from urllib.parse import quote_plus

from moto.core.responses import ActionResult, EmptyResult
from moto.s3 import notifications
from moto.s3.exceptions import S3ClientError
from moto.s3.models import FakeBucket, FakeDeleteMarker, FakeKey, S3Backend
from moto.s3.responses import S3Response

from harness.emulator import background, clock
from harness.emulator.events import bus, targets
from harness.emulator.failures import FAILURES, Failure
from harness.emulator.grants import Service

PRINCIPAL = "s3.amazonaws.com"
_CREATED = {  # the notification's event → EventBridge's reason
    "s3:ObjectCreated:Put": "PutObject",
    "s3:ObjectCreated:Post": "POST Object",
    "s3:ObjectCreated:Copy": "CopyObject",
    "s3:ObjectCreated:CompleteMultipartUpload": "CompleteMultipartUpload",
}
_DELETED = {  # the notification's event → EventBridge's type of deletion
    "s3:ObjectRemoved:Delete": "Permanently Deleted",
    "s3:ObjectRemoved:DeleteMarkerCreated": "Delete Marker Created",
}
_sequence = itertools.count(1)


class DestinationError(S3ClientError):  # type: ignore[misc] # moto is not typed for us
    """What S3 answers where a destination does not let it in."""

    code = 400

    def __init__(self) -> None:
        super().__init__("InvalidArgument", "Unable to validate the following destination configurations")


def _told(account_id: str, event_name: str, bucket: FakeBucket, key: Any) -> None:
    """In the place of moto's `send_event`, which is called wherever an object is written."""
    name = str(getattr(event_name, "value", event_name))
    # The parts of an upload make one object: told when it is complete, not when moto puts it together.
    if name in _CREATED and not (name == "s3:ObjectCreated:Put" and getattr(key, "multipart", None) is not None):
        _tell(account_id, name, bucket, key)


def _tell(requester: str, name: str, bucket: FakeBucket, key: Any) -> None:
    configuration = bucket.notification_configuration
    if configuration is None or not background.is_served():
        return
    sequencer = f"{next(_sequence):016X}"
    if configuration.event_bridge is not None:
        kind = "Object Created" if name in _CREATED else "Object Deleted"
        detail = _detail(requester, name, bucket, key, sequencer)
        bus.publish(bucket.account_id, bucket.region_name, "aws.s3", kind, detail, [bucket.arn])
    for destination in _destinations(configuration):
        if destination.matches(name, key.name):
            record = _record(requester, name, bucket, key, destination.id, sequencer)
            work = partial(_send, bucket.account_id, bucket.region_name, bucket.arn, destination.arn, record)
            background.submit(f"{bucket.arn}>{destination.arn}", work)


def _detail(requester: str, name: str, bucket: FakeBucket, key: Any, sequencer: str) -> dict[str, Any]:
    item: dict[str, Any] = {"key": key.name, "sequencer": sequencer}
    if isinstance(key, FakeKey):
        item["etag"] = key.etag.replace('"', "")
        if name in _CREATED:
            item["size"] = key.size
    if bucket.is_versioned:
        item["version-id"] = key.version_id
    detail = {
        "version": "0",
        "bucket": {"name": bucket.name},
        "object": item,
        "request-id": _request_id(),
        "requester": requester,
        "source-ip-address": "127.0.0.1",
    }
    if name in _CREATED:
        return {**detail, "reason": _CREATED[name]}
    return {**detail, "reason": "DeleteObject", "deletion-type": _DELETED[name]}


def _record(
    requester: str, name: str, bucket: FakeBucket, key: Any, configuration_id: str, sequencer: str
) -> dict[str, Any]:
    item: dict[str, Any] = {"key": quote_plus(key.name, safe="/"), "sequencer": sequencer}
    if isinstance(key, FakeKey) and name in _CREATED:
        item |= {"size": key.size, "eTag": key.etag.replace('"', "")}
    if bucket.is_versioned:
        item["versionId"] = key.version_id
    record = {
        "eventVersion": "2.1",
        "eventSource": "aws:s3",
        "awsRegion": bucket.region_name,
        "eventTime": f"{clock.now():%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
        "eventName": name.removeprefix("s3:"),
        "userIdentity": {"principalId": f"AWS:{requester}"},
        "requestParameters": {"sourceIPAddress": "127.0.0.1"},
        "responseElements": {"x-amz-request-id": _request_id()},
        "s3": {
            "s3SchemaVersion": "1.0",
            "configurationId": configuration_id,
            "bucket": {"name": bucket.name, "ownerIdentity": {"principalId": bucket.account_id}, "arn": bucket.arn},
            "object": item,
        },
    }
    return {"Records": [record]}


def _request_id() -> str:
    return uuid.uuid4().hex[:16].upper()


def _destinations(configuration: Any) -> Iterator[Any]:
    return itertools.chain(configuration.cloud_function, configuration.queue, configuration.topic)


def _send(account: str, region: str, bucket_arn: str, destination: str, message: Mapping[str, Any]) -> None:
    service, text = Service(PRINCIPAL, bucket_arn, account), json.dumps(message)
    try:
        _SENDERS[destination.split(":")[2]](destination, text, service)
    except targets.UndeliverableError as error:
        FAILURES.note(Failure(bucket_arn, destination, account, region, str(error), message))


_SENDERS: Mapping[str, Callable[[str, str, Service], None]] = {
    "lambda": targets.send_to_function,
    "sqs": targets.send_to_queue,
    "sns": lambda arn, text, service: targets.send_to_topic(arn, text, service, "Amazon S3 Notification"),
}

_delete = S3Backend.delete_object
_configure = FakeBucket.set_notification_configuration


def _delete_and_tell(
    backend: S3Backend, bucket_name: str, key_name: str, version_id: str | None = None, bypass: bool = False
) -> tuple[bool, dict[str, Any]]:
    bucket = backend.get_bucket(bucket_name)
    versions = list(bucket.keys.getlist(key_name, []))
    answer: tuple[bool, dict[str, Any]] = _delete(backend, bucket_name, key_name, version_id, bypass)
    if bucket.is_versioned and version_id is None:
        marker = next((each for each in bucket.keys.getlist(key_name, [])[-1:]), None)
        if isinstance(marker, FakeDeleteMarker):
            _tell(backend.account_id, "s3:ObjectRemoved:DeleteMarkerCreated", bucket, marker)
        return answer
    gone = [each for each in versions if version_id is None or str(each.version_id) == str(version_id)]
    if gone and answer[0]:
        _tell(backend.account_id, "s3:ObjectRemoved:Delete", bucket, gone[-1])
    return answer


def _configure_and_test(bucket: FakeBucket, given: dict[str, Any] | None) -> None:
    """A queue or topic gets a test message at once, so that what does not let S3 in is refused here."""
    before = bucket.notification_configuration
    _configure(bucket, given)
    configuration = bucket.notification_configuration
    if configuration is None:
        return
    service = Service(PRINCIPAL, bucket.arn, bucket.account_id)
    text = json.dumps(
        {
            "Service": "Amazon S3",
            "Event": "s3:TestEvent",
            "Time": f"{clock.now():%Y-%m-%dT%H:%M:%S.%f}"[:-3] + "Z",
            "Bucket": bucket.name,
            "RequestId": _request_id(),
        }
    )
    try:
        for each in {each.arn for each in (*configuration.queue, *configuration.topic)}:
            _SENDERS[each.split(":")[2]](each, text, service)
        for each in {each.arn for each in configuration.cloud_function}:
            targets.check_function(each, service)
    except targets.UndeliverableError:
        bucket.notification_configuration = before
        raise DestinationError from None


def _shown(response: S3Response) -> Any:
    """moto's GetBucketNotificationConfiguration, which says nothing of EventBridge."""
    found = response.backend.get_bucket_notification_configuration(response.bucket_name)
    if found is None:
        return response.serialized(EmptyResult())
    kinds = (
        ("TopicConfigurations", "TopicArn", found.topic),
        ("QueueConfigurations", "QueueArn", found.queue),
        ("LambdaFunctionConfigurations", "LambdaFunctionArn", found.cloud_function),
    )
    told: dict[str, Any] = {name: [_destination(each, arn) for each in items] for name, arn, items in kinds}
    if found.event_bridge is not None:
        told["EventBridgeConfiguration"] = {}
    response.data["Action"] = "GetBucketNotificationConfiguration"
    return response.serialized(ActionResult(told))


def _destination(destination: Any, arn: str) -> dict[str, Any]:
    told = {"Id": destination.id, arn: destination.arn, "Events": destination.events}
    rules = destination.filters.get("S3Key", {}).get("FilterRule")
    return {**told, "Filter": {"Key": {"FilterRules": rules}}} if rules else told


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    notifications.send_event = _told
    notifications.send_test_event = lambda account_id, bucket: None
    S3Backend.delete_object = _delete_and_tell
    S3Response.get_bucket_notification = _shown
    FakeBucket.set_notification_configuration = _configure_and_test
