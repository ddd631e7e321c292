"""Queues, topics, roles and functions of an account, with policies that let services in; and what arrived."""

from __future__ import annotations

import io
import json
import textwrap
import urllib.error
import urllib.request
import zipfile
from collections.abc import Mapping
from typing import Any

from harness.emulator import background
from tests.unit.emulator.conftest import REGION, Tenant

SECONDS = 20


def settle() -> None:
    """Waits until everything that was set going has come to its end."""
    assert background.wait_until_idle(SECONDS)


def trusting(service: str, **condition: Any) -> dict[str, Any]:
    """A statement that lets a service assume a role."""
    statement = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    return {**statement, "Condition": condition} if condition else statement


def role(tenant: Tenant, name: str, service: str, *actions: str) -> str:
    """A role that a service may assume, with leave for those actions on everything; gives its ARN."""
    arn = tenant.role(name, trusting(service))
    if actions:
        statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        tenant.client("iam").put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=document)
    return arn


def queue(tenant: Tenant, name: str, service: str = "", source: str = "arn:*:*:*:*:*", **attributes: str) -> str:
    """A queue, which lets a service in where one is given; gives its ARN."""
    arn = f"arn:aws:sqs:{REGION}:{tenant.id}:{name}"
    if service:
        attributes["Policy"] = json.dumps({"Statement": [letting_in(service, "sqs:SendMessage", arn, source)]})
    tenant.client("sqs").create_queue(QueueName=name, Attributes=attributes)
    return arn


def letting_in(service: str, action: str, resource: str, source: str = "arn:*:*:*:*:*") -> dict[str, Any]:
    """A statement of a resource's policy for a service that acts on behalf of a source."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": action,
        "Resource": resource,
        "Condition": {"ArnLike": {"aws:SourceArn": source}},
    }


def url_of(queue_arn: str) -> str:
    """The URL of a queue."""
    _, _, _, region, account, name = queue_arn.split(":")
    return f"https://sqs.{region}.amazonaws.com/{account}/{name}"


def messages(tenant: Tenant, queue_arn: str) -> list[dict[str, Any]]:
    """Takes everything out of a queue."""
    client, found = tenant.client("sqs"), []
    while received := client.receive_message(
        QueueUrl=url_of(queue_arn), MaxNumberOfMessages=10, MessageAttributeNames=["All"], AttributeNames=["All"]
    ).get("Messages"):
        found += received
        for each in received:
            client.delete_message(QueueUrl=url_of(queue_arn), ReceiptHandle=each["ReceiptHandle"])
    return found


def bodies(tenant: Tenant, queue_arn: str) -> list[Any]:
    """The messages of a queue, as JSON where they are."""
    return [_read(each["Body"]) for each in messages(tenant, queue_arn)]


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def attributes_of(message: Mapping[str, Any]) -> dict[str, str]:
    """The attributes of a message, name → text."""
    return {key: value["StringValue"] for key, value in message.get("MessageAttributes", {}).items()}


def zipped(source: str, name: str = "index.py") -> bytes:
    """A function's archive."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr(name, textwrap.dedent(source))
    return content.getvalue()


def function(tenant: Tenant, name: str, source: str, *actions: str, **given: Any) -> str:
    """A function with a role of its own, which may log and do those actions; gives its ARN."""
    arn = role(tenant, f"{name}-role", "lambda.amazonaws.com", "logs:*", *actions)
    made = tenant.client("lambda").create_function(
        FunctionName=name,
        Role=arn,
        Runtime="python3.13",
        Handler="index.handler",
        Code={"ZipFile": zipped(source)},
        **given,
    )
    return str(made["FunctionArn"])


def allow(tenant: Tenant, name: str, service: str, source: str) -> None:
    """Lets a service invoke a function on behalf of a source."""
    tenant.client("lambda").add_permission(
        FunctionName=name, StatementId="s", Action="lambda:InvokeFunction", Principal=service, SourceArn=source
    )


def invoked(tenant: Tenant, name: str, event: Any = None, **given: Any) -> tuple[Any, str | None]:
    """What a function answers, and its kind of error."""
    answer = tenant.client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}), **given)
    return json.loads(answer["Payload"].read()), answer.get("FunctionError")


def control(tenant: Tenant, method: str, path: str, **parameters: Any) -> tuple[int, dict[str, Any]]:
    """A request to the operator's paths: status and answer."""
    body = json.dumps({"account": tenant.id, "region": REGION, **parameters}).encode()
    request = urllib.request.Request(f"{tenant.url}/moto-api/platform/{path}", body, method=method)
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:
            return answer.status, json.loads(answer.read())
    except urllib.error.HTTPError as error:
        return error.code, json.loads(error.read())


def failures(tenant: Tenant) -> list[dict[str, Any]]:
    """What of an account could not be delivered."""
    found: list[dict[str, Any]] = control(tenant, "POST", "deliveries")[1]["failed"]
    return found
