"""Data capture: requests and answers of an endpoint as JSON lines in S3, sampled, in the format that monitors read.

Written soon after the request, several to a file, with the execution role of the model: where that role may not write,
nothing arrives and nobody is told, as at SageMaker.
"""

from __future__ import annotations

import base64
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from harness.emulator import acting, background, clock
from harness.emulator.acting import NotTrustedError
from harness.emulator.gate import LOG
from harness.emulator.sagemaker import models
from harness.emulator.sagemaker.endpoint_state import Endpoint, Variant
from harness.emulator.sagemaker.store import LOCK

_MODES = {"Input": ("endpointInput", "INPUT"), "Output": ("endpointOutput", "OUTPUT")}


@dataclass(frozen=True)
class Side:
    """What went in, or what came out."""

    content: bytes
    content_type: str


@dataclass(frozen=True)
class Exchange:
    """One request with its answer."""

    sides: Mapping[str, Side]  # Input, Output
    inference_id: str | None = None
    attributes: str | None = None
    moment: datetime = field(default_factory=clock.now)


_waiting: dict[tuple[str, str], list[str]] = {}  # endpoint's ARN and variant → lines not written yet


def note(
    endpoint: Endpoint, variant: Variant, config: Mapping[str, Any] | None, exchange: Exchange, number: int
) -> None:
    """Captures an exchange, if the configuration (DataCaptureConfig) wants the one with that number."""
    if config is None or not config.get("EnableCapture", True) or not _is_sampled(config, number):
        return
    background.when_ended(_forget)
    line = json.dumps(record(config, exchange))
    key = (endpoint.arn, variant.name)
    with LOCK:
        lines = _waiting.setdefault(key, [])
        lines.append(line)
        first = len(lines) == 1
    if first:
        background.later(clock.latency(), f"capture:{endpoint.arn}", lambda: _write(endpoint, variant, config))


def _forget() -> None:
    with LOCK:
        _waiting.clear()


def _is_sampled(config: Mapping[str, Any], number: int) -> bool:
    """Of each hundred successive exchanges as many as the percentage says, evenly spread."""
    percentage = int(config["InitialSamplingPercentage"])
    return number * percentage // 100 > (number - 1) * percentage // 100


def record(config: Mapping[str, Any], exchange: Exchange) -> dict[str, Any]:
    """One line of a capture file (SageMaker developer guide, "View captured data")."""
    modes = [each["CaptureMode"] for each in config["CaptureOptions"]]
    wanted = {mode for each in modes for mode in (("Input", "Output") if each == "InputAndOutput" else (each,))}
    header = config.get("CaptureContentTypeHeader") or {}
    data = {}
    for mode, (member, told) in _MODES.items():
        if mode in wanted and mode in exchange.sides:
            side = exchange.sides[mode]
            encoding, text = _encoded(side, header)
            data[member] = {
                "observedContentType": side.content_type,
                "mode": told,
                "data": text,
                "encoding": encoding,
            }
    about = {"eventId": str(uuid.uuid4()), "inferenceTime": f"{exchange.moment:%Y-%m-%dT%H:%M:%SZ}"}
    if exchange.inference_id:
        about["inferenceId"] = exchange.inference_id
    if exchange.attributes:
        about["customAttributes"] = exchange.attributes
    return {"captureData": data, "eventMetadata": about, "eventVersion": "0"}


def _encoded(side: Side, header: Mapping[str, Any]) -> tuple[str, str]:
    """How a side is written: as text where the configuration lists its type as CSV or JSON, else in base 64."""
    kind = side.content_type.partition(";")[0].strip()
    for member, encoding in (("CsvContentTypes", "CSV"), ("JsonContentTypes", "JSON")):
        if kind in (header.get(member) or ()):
            return encoding, side.content.decode("utf-8", "replace")
    return "BASE64", base64.b64encode(side.content).decode()


def _write(endpoint: Endpoint, variant: Variant, config: Mapping[str, Any]) -> None:
    with LOCK:
        lines = _waiting.pop((endpoint.arn, variant.name), [])
    if not lines:
        return
    place, now = endpoint.place, clock.now()
    bucket, _, prefix = str(config["DestinationS3Uri"]).removeprefix("s3://").partition("/")
    name = f"{now:%M-%S}-{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
    parts = [prefix.strip("/"), endpoint.name, variant.name, f"{now:%Y/%m/%d/%H}", name]
    given: dict[str, Any] = {"Bucket": bucket, "Key": "/".join(each for each in parts if each)}
    if config.get("KmsKeyId"):
        given |= {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": config["KmsKeyId"]}
    try:
        session = models.session_of(variant.role, place.account_id, endpoint.arn)
        s3 = acting.client("s3", place.region, session)
        s3.put_object(**given, Body=("\n".join(lines) + "\n").encode(), ContentType="application/jsonl")
    except (ClientError, NotTrustedError) as error:
        LOG.error("data capture of %s: %s", endpoint.name, error)
