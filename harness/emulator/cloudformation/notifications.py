"""A stack's events, told to the topics that it was made with. What subscribers do with them is the emulated SNS's."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable
from typing import Any

from harness.cfn.model import ResourceFailure, StackState
from harness.emulator.cloudformation.native.api import Api

TOPIC_ARN = re.compile(r"arn:[^:]+:sns:[a-z0-9-]+:\d{12}:[\w.-]+")
SUBJECT = "AWS CloudFormation Notification"


def publish(state: StackState, events: Iterable[dict[str, Any]]) -> None:
    """One message for each event (as DescribeStackEvents shows it) on each topic; one that is gone is passed over.

    The policy of a topic in another account is not judged.
    """
    messages = [_message(state, each) for each in events]
    for topic in state.notification_arns:
        region, account = topic.split(":")[3:5]
        with contextlib.suppress(ResourceFailure):
            for message in messages:
                Api(account, region).call("sns", "publish", TopicArn=topic, Subject=SUBJECT, Message=message)


def _message(state: StackState, event: dict[str, Any]) -> str:
    told = {
        "StackId": state.stack_id,
        "Timestamp": f"{event['Timestamp']:%Y-%m-%dT%H:%M:%S.%fZ}",
        "EventId": event["EventId"],
        "LogicalResourceId": event["LogicalResourceId"],
        "Namespace": state.stack_id.split(":")[4],
        "PhysicalResourceId": event.get("PhysicalResourceId", ""),
        "ResourceProperties": event.get("ResourceProperties", "null"),
        "ResourceStatus": event["ResourceStatus"],
        "ResourceStatusReason": event.get("ResourceStatusReason", ""),
        "ResourceType": event["ResourceType"],
        "StackName": state.name,
        "ClientRequestToken": "null",
    }
    return "".join(f"{name}='{value}'\n" for name, value in told.items())
