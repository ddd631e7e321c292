"""InvokeEndpoint: from a request to a container's answer, its metrics and its capture."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from harness.emulator.alarms import metrics
from harness.emulator.alarms.metrics import Datum
from harness.emulator.sagemaker import endpoint_capture, endpoint_logs
from harness.emulator.sagemaker.endpoint_capture import Exchange, Side
from harness.emulator.sagemaker.endpoint_state import Endpoint, Variant, endpoints
from harness.emulator.sagemaker.serving import ModelError

NAMESPACE = "AWS/SageMaker"
_ANSWERING = ("InService", "Updating", "RollingBack", "SystemUpdating")
_MOST_BYTES = 25 * 1024 * 1024  # of a request's body


@dataclass(frozen=True)
class Invocation:
    """A request. `headers`: names in lower case."""

    account_id: str
    region: str
    endpoint: str
    body: bytes
    headers: Mapping[str, str]


@dataclass(frozen=True)
class Answered:
    """The answer: `status` 200 with the container's body, else an error with a `code` and members of its shape."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    code: str = ""
    error: Mapping[str, str | int] | None = None


def invoke(invocation: Invocation) -> Answered:
    """Asks the endpoint."""
    began = time.monotonic()
    endpoint = endpoints(invocation.account_id, invocation.region).get(invocation.endpoint)
    if endpoint is None or endpoint.status not in _ANSWERING:
        return _invalid(f"Endpoint {invocation.endpoint} of account {invocation.account_id} not found.")
    if len(invocation.body) > _MOST_BYTES:
        return _invalid(f"The payload is larger than {_MOST_BYTES} bytes.")
    for name in ("target-model", "target-container-hostname", "inference-component", "session-id"):
        if f"x-amzn-sagemaker-{name}" in invocation.headers:
            return _invalid(
                f"The emulated landscape does not model the header X-Amzn-SageMaker-{name} of InvokeEndpoint."
            )
    target = invocation.headers.get("x-amzn-sagemaker-target-variant")
    while True:
        routed = endpoint.route(target)
        if routed is None:
            what = f"Variant {target} of endpoint {endpoint.name} not found." if target else "No variant has a weight."
            return _invalid(what)
        fleet, variant = routed
        asked = time.monotonic()
        try:
            content, kind = _ask(variant, invocation)
            break
        except ModelError as error:
            if error.status == 0 and fleet not in (endpoint.fleet, endpoint.pending):
                continue  # the fleet ended between the choice and the question: an update loses no request
            _measure(endpoint, variant, error.status, asked - began, time.monotonic() - asked)
            endpoint_logs.send(endpoint, variant)
            return _failed(endpoint, variant, error)
    _measure(endpoint, variant, 200, asked - began, time.monotonic() - asked)
    attributes = invocation.headers.get("x-amzn-sagemaker-custom-attributes")
    observed = invocation.headers.get("content-type") or "application/octet-stream"
    exchange = Exchange(
        {"Input": Side(invocation.body, observed), "Output": Side(content, kind)},
        invocation.headers.get("x-amzn-sagemaker-inference-id"),
        attributes,
    )
    endpoint_capture.note(endpoint, variant, fleet.capture, exchange, next(variant.exchanges))
    return Answered(200, {"Content-Type": kind, "x-Amzn-Invoked-Production-Variant": variant.name}, content)


def _ask(variant: Variant, invocation: Invocation) -> tuple[bytes, str]:
    headers = invocation.headers
    return variant.serving.invoke(
        invocation.body,
        headers.get("content-type"),
        headers.get("accept"),
        headers.get("x-amzn-sagemaker-custom-attributes"),
    )


def _invalid(message: str) -> Answered:
    return Answered(400, {}, b"", "ValidationError", {"Message": message})


def _failed(endpoint: Endpoint, variant: Variant, error: ModelError) -> Answered:
    place = endpoint.place
    side = "client" if 400 <= error.status < 500 else "server"
    group = endpoint_logs.group_of(endpoint)
    address = f"https://{place.region}.console.aws.amazon.com/cloudwatch/home?region={place.region}"
    message = (
        f'Received {side} error ({error.status}) from primary with message "{error.message}". '
        f"See {address}#logEventViewer:group={group} in account {place.account_id} for more information."
    )
    stream = f"arn:aws:logs:{place.region}:{place.account_id}:log-group:{group}:log-stream:{variant.stream}"
    members: dict[str, str | int] = {
        "Message": message,
        "OriginalStatusCode": error.status,
        "OriginalMessage": error.message,
        "LogStreamArn": stream,
    }
    return Answered(424, {}, b"", "ModelError", members)


def _measure(endpoint: Endpoint, variant: Variant, status: int, overhead: float, latency: float) -> None:
    """The metrics of one invocation (developer guide, "SageMaker AI endpoint invocation metrics"); times in µs."""
    where = {"EndpointName": endpoint.name, "VariantName": variant.name}
    # A container that gives no answer at all counts as one that fails.
    is_client, is_server = 400 <= status < 500, status >= 500 or status == 0
    values = [
        Datum("Invocations", 1.0, "None", where),
        Datum("InvocationsPerInstance", 1.0 / max(variant.count, 1), "None", where),
        Datum("Invocation4XXErrors", float(is_client), "None", where),
        Datum("Invocation5XXErrors", float(is_server), "None", where),
        Datum("InvocationModelErrors", float(is_client or is_server), "None", where),
        Datum("ModelLatency", latency * 1e6, "Microseconds", where),
        Datum("OverheadLatency", overhead * 1e6, "Microseconds", where),
    ]
    place = endpoint.place
    metrics.record(place.account_id, place.region, NAMESPACE, values)
