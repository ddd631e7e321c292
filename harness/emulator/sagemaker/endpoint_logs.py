"""What containers write, in CloudWatch Logs: /aws/sagemaker/Endpoints/<endpoint>, a stream a container.

Sent with the execution role of the model: where that may not write logs there are none, as at SageMaker.
"""

from __future__ import annotations

import contextlib
import time

from botocore.exceptions import ClientError

from harness.emulator import acting, background
from harness.emulator.acting import NotTrustedError
from harness.emulator.sagemaker import models
from harness.emulator.sagemaker.endpoint_state import Endpoint, Variant


def group_of(endpoint: Endpoint) -> str:
    """The endpoint's log group."""
    return f"/aws/sagemaker/Endpoints/{endpoint.name}"


def send(endpoint: Endpoint, variant: Variant) -> None:
    """Sends, soon, what the variant's container has written since the last time."""
    text = variant.serving.log()
    fresh, variant.sent = text[variant.sent :], len(text)
    if fresh.strip():
        background.submit(f"logs:{endpoint.arn}", lambda: write(endpoint, variant.role, variant.stream, fresh))


def write(endpoint: Endpoint, role: str, stream: str, text: str) -> None:
    """Puts lines into a stream of the endpoint's group, with that role; in vain where it may not."""
    place = endpoint.place
    with contextlib.suppress(ClientError, NotTrustedError):
        logs = acting.client("logs", place.region, models.session_of(role, place.account_id, endpoint.arn))
        for make, given in (
            (logs.create_log_group, {"logGroupName": group_of(endpoint)}),
            (logs.create_log_stream, {"logGroupName": group_of(endpoint), "logStreamName": stream}),
        ):
            with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
                make(**given)
        now = int(time.time() * 1000)
        events = [{"timestamp": now, "message": line} for line in text.splitlines() if line.strip()]
        logs.put_log_events(logGroupName=group_of(endpoint), logStreamName=stream, logEvents=events)
