"""SNS, SQS, EventBridge and its scheduler; and the keys of topics and queues."""

from __future__ import annotations

from collections.abc import Iterator

from harness.emulator.enforcement.asked import Asked
from harness.emulator.enforcement.services import kms, own
from harness.emulator.enforcement.table import Context, Need, Table

_EVENTS = "events.amazonaws.com"


def _key_of_topic(asked: Asked) -> Iterator[Need]:
    arn = asked.text("TopicArn") or asked.text("TargetArn")
    if asked.operation not in ("Publish", "PublishBatch") or ":sns:" not in arn:
        return
    found = own.api(arn).attempt("sns", "get_topic_attributes", TopicArn=arn) or {}
    if key := found.get("Attributes", {}).get("KmsMasterKeyId"):
        context = {"aws:sns:topicArn": arn}
        yield from _keys_needed("sns", ("GenerateDataKey", "Decrypt"), key, arn, asked, context)


def _keys_needed(
    service: str, actions: tuple[str, ...], key: str, arn: str, asked: Asked, context: dict[str, str]
) -> list[Need]:
    region, owner = arn.split(":")[3:5]
    return kms.through(service, actions, key, owner, region, asked.caller.account_id, context)


def queue_arn(asked: Asked) -> str:
    """The ARN of the queue that a request's URL or name is of."""
    owner, name = asked.caller.account_id, asked.text("QueueName")
    if url := asked.text("QueueUrl"):
        owner, name = url.rstrip("/").split("/")[-2:]
    return own.arn_of("sqs", asked.region, owner, name)


def queue_url(arn: str) -> str:
    """A URL by which the emulated SQS finds the queue."""
    owner, name = arn.split(":")[4:6]
    return f"http://127.0.0.1/{owner}/{name}"


def _key_of_queue(asked: Asked) -> Iterator[Need]:
    actions = {
        "SendMessage": ("GenerateDataKey", "Decrypt"),
        "SendMessageBatch": ("GenerateDataKey", "Decrypt"),
        "ReceiveMessage": ("Decrypt",),
    }.get(asked.operation)
    if actions is None:
        return
    arn = queue_arn(asked)
    found = own.api(arn).attempt("sqs", "get_queue_attributes", QueueUrl=queue_url(arn), AttributeNames=["All"]) or {}
    if key := found.get("Attributes", {}).get("KmsMasterKeyId"):
        yield from _keys_needed("sqs", actions, key, arn, asked, {"aws:sqs:arn": arn})


SQS = Table(
    prefix="sqs",
    actions={
        "ChangeMessageVisibilityBatch": "ChangeMessageVisibility",
        "DeleteMessageBatch": "DeleteMessage",
        "SendMessageBatch": "SendMessage",
    },
    kinds={"queue": lambda asked: [queue_arn(asked)]},
    tags=own.tags("sqs", "list_queue_tags", "QueueUrl", "Tags", queue_url),
    policy=own.policy(
        "sqs", "get_queue_attributes", "QueueUrl", ["Attributes", "Policy"], queue_url, AttributeNames=["Policy"]
    ),
    tagging="TagQueue",
    more=_key_of_queue,
)


def _topic(arn: str) -> str:
    return ":".join(arn.split(":")[:6])  # a subscription's ARN goes on


def _topic_keys(asked: Asked) -> Context:
    return {"sns:Endpoint": asked.get("Endpoint"), "sns:Protocol": asked.get("Protocol")}


def _published(asked: Asked) -> list[str]:
    return [asked.text("TopicArn") or asked.text("TargetArn") or "*"]


SNS = Table(
    prefix="sns",
    actions={"PublishBatch": "Publish"},
    resources={
        "Publish": _published,
        "PublishBatch": _published,
        "Unsubscribe": lambda asked: [_topic(asked.text("SubscriptionArn"))],
        "GetSubscriptionAttributes": lambda asked: [_topic(asked.text("SubscriptionArn"))],
        "SetSubscriptionAttributes": lambda asked: [_topic(asked.text("SubscriptionArn"))],
    },
    variables={"TopicName": ("Name", "TopicArn")},
    keys=_topic_keys,
    tags=own.tags("sns", "list_tags_for_resource", "ResourceArn", "Tags"),
    policy=own.policy("sns", "get_topic_attributes", "TopicArn", ["Attributes", "Policy"], _topic),
    tagging="TagResource",
    more=_key_of_topic,
)


def _bus(name: str, asked: Asked) -> str:
    if name.startswith("arn:"):
        return name
    return own.arn_of("events", asked.region, asked.caller.account_id, f"event-bus/{name or 'default'}")


def _buses(asked: Asked) -> list[str]:
    entries = asked.get("Entries") or ()
    return list(dict.fromkeys(_bus(str(each.get("EventBusName") or ""), asked) for each in entries))


def _rule(asked: Asked) -> list[str]:
    bus, name = asked.text("EventBusName").rpartition("/")[2], asked.text("Rule") or asked.text("Name")
    if not name:
        return []
    resource = f"rule/{name}" if bus in ("", "default") else f"rule/{bus}/{name}"
    return [own.arn_of("events", asked.region, asked.caller.account_id, resource)]


def _events_keys(asked: Asked) -> Context:
    entries = asked.get("Entries") or ()
    targets = asked.get("Targets") or ()
    return {
        "events:source": tuple(dict.fromkeys(str(each.get("Source", "")) for each in entries)),
        "events:detail-type": tuple(dict.fromkeys(str(each.get("DetailType", "")) for each in entries)),
        "events:TargetArn": tuple(str(each["Arn"]) for each in targets if "Arn" in each),
        "events:creatorAccount": asked.caller.account_id,
        "events:ManagedBy": None,
        "events:eventBusInvocation": "false",
    }


EVENTS = Table(
    prefix="events",
    resources={
        "PutEvents": _buses,
        **dict.fromkeys(("PutPermission", "RemovePermission"), lambda asked: [_bus(asked.text("EventBusName"), asked)]),
    },
    kinds=dict.fromkeys(("rule-on-custom-event-bus", "rule-on-default-event-bus"), _rule),
    variables={"EventBusName": ("Name", "EventBusName"), "ArchiveName": ("ArchiveName",)},
    roles={"RoleArn": _EVENTS},
    keys=_events_keys,
    families=("events:detail.", "events:sourcearn"),
    tags=own.tags("events", "list_tags_for_resource", "ResourceARN", "Tags"),
    policy=own.policy("events", "describe_event_bus", "Name", ["Policy"], own.name, of=":event-bus/"),
    tagging="TagResource",
)


def _schedule(asked: Asked) -> list[str]:
    resource = f"schedule/{asked.text('GroupName') or 'default'}/{asked.text('Name')}"
    return [own.arn_of("scheduler", asked.region, asked.caller.account_id, resource)]


SCHEDULER = Table(
    prefix="scheduler",
    kinds={"schedule": _schedule},
    variables={"GroupName": ("Name", "GroupName", "ScheduleGroup")},
    roles={"RoleArn": "scheduler.amazonaws.com"},
    tags=own.tags("scheduler", "list_tags_for_resource", "ResourceArn", "Tags"),
    tagging="TagResource",
)
