"""SNS topics, subscriptions and topic policies."""

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
    tag_list,
)

_TOPIC_ATTRIBUTES = ("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig")


class Topic(Handler):
    """AWS::SNS::Topic; its physical id is the ARN."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        name = str(given.get("TopicName") or generated_name(request, 256))
        arn = f"arn:{request.partition}:sns:{api.region}:{api.account_id}:{name}"
        if api.attempt("sns", "get_topic_attributes", TopicArn=arn) is not None:
            raise exists(f"Topic {name} already exists (Service: Sns, Status Code: 400)")
        fifo = {"FifoTopic": "true"} if given.get("FifoTopic") else None
        made = api.call("sns", "create_topic", Name=name, Attributes=fifo, Tags=tag_list(request) or None)
        return str(made["TopicArn"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, before = request.properties, previous or {}
        for name in _TOPIC_ATTRIBUTES:
            if given.get(name) != before.get(name):
                value = str(given.get(name, ""))
                api.call("sns", "set_topic_attributes", TopicArn=physical_id, AttributeName=name, AttributeValue=value)
        wanted, had = list(given.get("Subscription", ())), list(before.get("Subscription", ()))
        for each in wanted:
            if each not in had:
                api.call("sns", "subscribe", TopicArn=physical_id, Protocol=each["Protocol"], Endpoint=each["Endpoint"])
        dropped = [each for each in had if each not in wanted]
        if dropped:
            self._unsubscribe(api, physical_id, dropped)

    def _unsubscribe(self, api: Api, arn: str, dropped: list[Any]) -> None:
        for each in api.call("sns", "list_subscriptions_by_topic", TopicArn=arn)["Subscriptions"]:
            if {"Protocol": each["Protocol"], "Endpoint": each["Endpoint"]} in dropped:
                api.attempt("sns", "unsubscribe", SubscriptionArn=each["SubscriptionArn"])

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("sns", "delete_topic", TopicArn=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"TopicArn": physical_id, "TopicName": physical_id.rsplit(":", 1)[-1]}


class Subscription(Handler):
    """AWS::SNS::Subscription."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        given = request.properties
        made = api.call(
            "sns",
            "subscribe",
            TopicArn=given["TopicArn"],
            Protocol=given["Protocol"],
            Endpoint=given.get("Endpoint"),
            ReturnSubscriptionArn=True,
        )
        return str(made["SubscriptionArn"])

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        given, before = request.properties, previous or {}
        # The scope first: moto reads a policy by it.
        for name in ("FilterPolicyScope", "FilterPolicy", "RawMessageDelivery", "RedrivePolicy"):
            if given.get(name) != before.get(name):
                api.call(
                    "sns",
                    "set_subscription_attributes",
                    SubscriptionArn=physical_id,
                    AttributeName=name,
                    AttributeValue=_text(given.get(name, "")),
                )

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        api.attempt("sns", "unsubscribe", SubscriptionArn=physical_id)

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Arn": physical_id}


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return value if isinstance(value, str) else json.dumps(value)


class TopicPolicy(Handler):
    """AWS::SNS::TopicPolicy."""

    def make(self, api: Api, request: ResourceRequest) -> str:
        del api
        return generated_name(request, 128)

    def apply(self, api: Api, request: ResourceRequest, physical_id: str, previous: Properties | None) -> None:
        for arn in request.properties["Topics"]:
            _set_policy(api, arn, _text(request.properties["PolicyDocument"]))
        for arn in (previous or {}).get("Topics", ()):
            if arn not in request.properties["Topics"]:
                _set_policy(api, arn, _own_account_only(api, arn))

    def destroy(self, api: Api, physical_id: str, properties: Properties) -> None:
        for arn in properties["Topics"]:
            if api.attempt("sns", "get_topic_attributes", TopicArn=arn) is not None:
                _set_policy(api, arn, _own_account_only(api, arn))

    def attributes(self, api: Api, request: ResourceRequest, physical_id: str) -> Mapping[str, Any]:
        return {"Id": physical_id}


def _set_policy(api: Api, arn: str, policy: str) -> None:
    api.call("sns", "set_topic_attributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy)


def _own_account_only(api: Api, arn: str) -> str:
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "*"},
        "Action": ["SNS:Publish", "SNS:Subscribe", "SNS:GetTopicAttributes"],
        "Resource": arn,
        "Condition": {"StringEquals": {"AWS:SourceOwner": api.account_id}},
    }
    return json.dumps({"Version": "2008-10-17", "Statement": [statement]})


HANDLERS: Mapping[str, Handler] = {
    "AWS::SNS::Topic": Topic(),
    "AWS::SNS::Subscription": Subscription(),
    "AWS::SNS::TopicPolicy": TopicPolicy(),
}
