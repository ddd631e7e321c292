"""What Lambda itself does with a function's role, beside the function's code: by how the function is configured.

Source: Lambda developer guide, execution role and its managed policies (VPC access, X-Ray, event sources, failures).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from harness.cfn.model import ResourceState
from harness.checks.stackrules import Location, Stack, value

_LOGS = ("logs:CreateLogStream", "logs:PutLogEvents")
_TRACES = ("xray:PutTelemetryRecords", "xray:PutTraceSegments")
_NETWORK = (
    "ec2:AssignPrivateIpAddresses",
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:UnassignPrivateIpAddresses",
)
# Service of an ARN that calls go to, after they failed or succeeded → the action.
_DESTINATIONS = {
    "events": "events:PutEvents",
    "lambda": "lambda:InvokeFunction",
    "s3": "s3:PutObject",
    "sns": "sns:Publish",
    "sqs": "sqs:SendMessage",
}
# Service of an event source's ARN → the actions that reading it takes.
_SOURCES = {
    "dynamodb": ("dynamodb:DescribeStream", "dynamodb:GetRecords", "dynamodb:GetShardIterator", "dynamodb:ListStreams"),
    "kinesis": (
        "kinesis:DescribeStream",
        "kinesis:DescribeStreamSummary",
        "kinesis:GetRecords",
        "kinesis:GetShardIterator",
        "kinesis:ListShards",
    ),
    "sqs": ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"),
}
_ON_ANY = ("dynamodb:ListStreams",)  # whatever the stream is


@dataclass(frozen=True)
class Use:
    """An action that Lambda takes. `resource`: ARN or pattern; `why`: what makes it do so; `path`: where it stands."""

    action: str
    resource: str
    why: str
    path: Location = ()


def uses(function: ResourceState, stack: Stack) -> Iterator[Use]:
    """Each action that Lambda takes with the function's role."""
    properties = function.properties
    group = value(properties, "LoggingConfig", "LogGroup") or f"/aws/lambda/{function.ref or function.physical_id}"
    # Any stream of the group: their names hold no colon, which a * would.
    streams = f"arn:{stack.partition}:logs:{stack.region}:{stack.account_id}:log-group:{group}:log-stream:any"
    yield from (Use(each, streams, "LoggingConfig", ("LoggingConfig",)) for each in _LOGS)
    if value(properties, "TracingConfig", "Mode") == "Active":
        yield from (Use(each, "*", "TracingConfig", ("TracingConfig",)) for each in _TRACES)
    if value(properties, "VpcConfig", "SubnetIds"):
        yield from (Use(each, "*", "VpcConfig", ("VpcConfig",)) for each in _NETWORK)
    if properties.get("KmsKeyArn"):
        yield Use("kms:Decrypt", str(properties["KmsKeyArn"]), "KmsKeyArn", ("KmsKeyArn",))
    queue = value(properties, "DeadLetterConfig", "TargetArn")
    yield from _destination(queue, "DeadLetterConfig", ("DeadLetterConfig",))
    for config in stack.attached("AWS::Lambda::EventInvokeConfig", "FunctionName", function):
        for name in ("OnFailure", "OnSuccess"):
            destination = value(config.properties, "DestinationConfig", name, "Destination")
            yield from _destination(destination, f"{name} of {config.logical_id}")
    for source in stack.attached("AWS::Lambda::EventSourceMapping", "FunctionName", function):
        arn = str(source.properties.get("EventSourceArn") or "")
        for action in _SOURCES.get(_service(arn), ()):
            yield Use(action, "*" if action in _ON_ANY else arn, f"event source {source.logical_id}")
        destination = value(source.properties, "DestinationConfig", "OnFailure", "Destination")
        yield from _destination(destination, f"OnFailure of {source.logical_id}")


def _destination(arn: Any, why: str, path: Location = ()) -> Iterator[Use]:
    service = _service(arn)
    if service in _DESTINATIONS:
        yield Use(_DESTINATIONS[service], f"{arn}/*" if service == "s3" else str(arn), why, path)


def _service(arn: Any) -> str:
    parts = str(arn or "").split(":")
    return parts[2] if len(parts) > 2 else ""
