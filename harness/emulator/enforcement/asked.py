"""What a request asks for: its operation and parameters, read by botocore's model of the API. It judges nothing."""

from __future__ import annotations

import gzip
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model
from werkzeug.exceptions import NotFound

from harness.emulator.identity import Caller

# Signing name → botocore's name, where they differ.
_MODELS = {"monitoring": "cloudwatch", "states": "stepfunctions", "elasticfilesystem": "efs"}
# One signing name, several APIs: by the beginning of the path.
_BY_PATH = {
    "sagemaker": {
        "/endpoints/": "sagemaker-runtime",
        "/FeatureGroup": "sagemaker-featurestore-runtime",
        "/BatchGetRecord": "sagemaker-featurestore-runtime",
        "/BatchPutMetrics": "sagemaker-metrics",
    },
    "s3": {"/v20180820/": "s3control"},
}


class UnreadableRequestError(Exception):
    """Nobody can say what the request asks for; the message says why."""


@dataclass(frozen=True)
class Asked:
    """One call. `service`: botocore's name; `headers`: names in lower case."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    caller: Caller
    region: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> Any:
        """A parameter by its name, a.b one within another; without regard to case, in which APIs differ."""
        value: Any = self.parameters
        for part in name.lower().split("."):
            if not isinstance(value, Mapping):
                return None
            value = next((each for key, each in value.items() if key.lower() == part), None)
        return value

    def text(self, name: str) -> str:
        """A parameter as text; empty where it is not there."""
        value = self.get(name)
        return "" if value is None else str(value)


def read(environ: Mapping[str, Any], signing_name: str, region: str, who: Caller) -> Asked:
    """Reads a WSGI request whose body is an io.BytesIO, and leaves the body to be read again.

    Raises UnreadableRequestError.
    """
    path = str(environ.get("PATH_INFO", ""))
    service = next(
        (name for start, name in _BY_PATH.get(signing_name, {}).items() if path.startswith(start)),
        _MODELS.get(signing_name, signing_name),
    )
    body = environ["wsgi.input"].getvalue()
    headers = {
        key[5:].replace("_", "-").lower(): str(value) for key, value in environ.items() if key.startswith("HTTP_")
    }
    try:
        if target := headers.get("x-amz-target"):
            operation, parameters = target.rpartition(".")[2], _json(body, headers)
        else:
            operation, parameters = _by_model(environ, service, body)
    except (NotFound, NotImplementedError):
        raise UnreadableRequestError(f"no operation of {service} is {environ.get('REQUEST_METHOD')} {path}") from None
    except Exception as error:  # moto's parsers are made for requests that fit
        raise UnreadableRequestError(f"it does not fit {service}'s API: {type(error).__name__}: {error}") from None
    return Asked(service, operation, parameters, who, region, headers)


def _json(body: bytes, headers: Mapping[str, str]) -> dict[str, Any]:
    if headers.get("content-encoding") == "gzip":
        body = gzip.decompress(body)
    found = json.loads(body) if body else {}
    if not isinstance(found, dict):
        raise UnreadableRequestError("its body is not a JSON object")
    return found


def _by_model(environ: Mapping[str, Any], service: str, body: bytes) -> tuple[str, dict[str, Any]]:
    request = Request({**environ, "wsgi.input": io.BytesIO(body)})
    model = get_service_model(service)
    operation, in_path = get_service_router(service).match(request)
    protocol = "ec2" if service == "ec2" else str(operation.service_model.protocol)
    streams = operation.input_shape is not None and _payload_is_a_stream(operation.input_shape)
    given = {
        "method": request.method,
        "values": request.values,
        "headers": request.headers,
        "body": b"" if streams else body,
        "url_path": request.path,
        "url_params": in_path,
    }
    parsed = PROTOCOL_PARSERS[protocol](model.operation_model(operation.name)).parse(given)
    return str(operation.name), dict(parsed)


def _payload_is_a_stream(shape: Any) -> bool:
    payload = shape.serialization.get("payload")
    return payload is not None and shape.members[payload].type_name in ("blob", "string")
