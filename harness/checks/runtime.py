"""What Lambda itself does with a function's role, beside the function's code: by how the function is configured.

Source: Lambda developer guide, execution role and its managed policies (VPC access, X-Ray, event sources, failures).
"""

from __future__ import annotations

from collections.abc import Iterator
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


def uses(function: ResourceState, stack: Stack) -> Iterator[tuple[str, Location]]:
    """Each action that Lambda takes with the function's role, with the property that makes it do so."""
    properties = function.properties
    yield from ((action, ("LoggingConfig",)) for action in _LOGS)
    if value(properties, "TracingConfig", "Mode") == "Active":
        yield from ((action, ("TracingConfig",)) for action in _TRACES)
    if value(properties, "VpcConfig", "SubnetIds"):
        yield from ((action, ("VpcConfig",)) for action in _NETWORK)
    if properties.get("KmsKeyArn"):
        yield "kms:Decrypt", ("KmsKeyArn",)
    yield from _destination(value(properties, "DeadLetterConfig", "TargetArn"), ("DeadLetterConfig",))
    for config in stack.attached("AWS::Lambda::EventInvokeConfig", "FunctionName", function):
        for name in ("OnFailure", "OnSuccess"):
            yield from _destination(value(config.properties, "DestinationConfig", name, "Destination"), ())
    for source in stack.attached("AWS::Lambda::EventSourceMapping", "FunctionName", function):
        yield from ((action, ()) for action in _SOURCES.get(_service(source.properties.get("EventSourceArn")), ()))
        yield from _destination(value(source.properties, "DestinationConfig", "OnFailure", "Destination"), ())


def _destination(arn: Any, path: Location) -> Iterator[tuple[str, Location]]:
    action = _DESTINATIONS.get(_service(arn))
    if action:
        yield action, path


def _service(arn: Any) -> str:
    parts = str(arn or "").split(":")
    return parts[2] if len(parts) > 2 else ""
