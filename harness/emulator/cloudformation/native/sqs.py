"""SQS queues and queue policies."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from harness.cfn.model import ResourceRequest
from harness.emulator.cloudformation.native.api import Api
from harness.emulator.cloudformation.native.handler import (
    Handler,
    Properties,
    exists,
    generated_name,
    tag_map,
)

_NOT_ATTRIBUTES = frozenset({"QueueName", "Tags"})


class Queue(Handler):
    """AWS::SQS::Queue; its physical id is the URL."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("QueueName") or generated_name(request, 80))
        if api.attempt("sqs", "get_queue_url", QueueName=name) is not None:
            raise exists(f"A queue named {name} already exists (Service: Sqs, Status Code: 400)")
        api.call(
            "sqs", "create_queue", QueueName=name, Attributes=_attributes(given) or None, tags=tag_map(request) or None
        )
        # As at AWS, and not under whichever address this machine serves; clients read only the path.
        return f"https://sqs.{api.region}.amazonaws.com/{api.account_id}/{name}"

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        if previous is None:
            return
        wanted, had = _attributes(request.properties), _attributes(previous)
        changed = {key: value for key, value in wanted.items() if had.get(key) != value}
        changed |= {key: _DEFAULTS.get(key, "") for key in had.keys() - wanted.keys()}
        if changed:
            api.call("sqs", "set_queue_attributes", QueueUrl=physical_id, Attributes=changed)
        if tags := tag_map(request):
            api.call("sqs", "tag_queue", QueueUrl=physical_id, Tags=tags)

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("sqs", "delete_queue", QueueUrl=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        name = physical_id.rsplit("/", 1)[-1]
        arn = f"arn:{request.partition}:sqs:{api.region}:{api.account_id}:{name}"
        return {"Arn": arn, "QueueName": name, "QueueUrl": physical_id}


# What an attribute goes back to when a template no longer sets it (SQS API, SetQueueAttributes).
_DEFAULTS = {
    "DelaySeconds": "0",
    "MaximumMessageSize": "1048576",
    "MessageRetentionPeriod": "345600",
    "ReceiveMessageWaitTimeSeconds": "0",
    "VisibilityTimeout": "30",
    "SqsManagedSseEnabled": "true",
}


def _attributes(given: Properties) -> dict[str, str]:
    return {key: _text(value) for key, value in given.items() if key not in _NOT_ATTRIBUTES}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value) if isinstance(value, Mapping) else str(value)


class QueuePolicy(Handler):
    """AWS::SQS::QueuePolicy."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        del api
        return generated_name(request, 128)

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        policy = _text(request.properties["PolicyDocument"])
        for url in request.properties["Queues"]:
            api.call("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": policy})
        for url in (previous or {}).get("Queues", ()):
            if url not in request.properties["Queues"]:
                api.attempt("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": ""})

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        for url in properties["Queues"]:
            api.attempt("sqs", "set_queue_attributes", QueueUrl=url, Attributes={"Policy": ""})

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Id": physical_id}


HANDLERS: Mapping[str, Handler] = {"AWS::SQS::Queue": Queue(), "AWS::SQS::QueuePolicy": QueuePolicy()}
