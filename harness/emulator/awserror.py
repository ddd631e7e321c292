"""Errors as AWS would word and shape them: raised inside a service, or answered where no service was reached."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape

from moto.core.exceptions import ServiceException

Protocol = Literal["query", "ec2", "json", "rest-json", "s3"]


class RefusedError(ServiceException):  # type: ignore[misc] # moto is not typed for us
    """What an emulated service answers with: `RefusedError(code, message)`.

    moto derives a service from the module that an error is defined in; it must be one of ours, not `moto.core`.
    """


class NotModelledError(NotImplementedError):
    """A member, or a value of one, that a request says and the emulator does not model: `NotModelledError("Filters")`.

    The operation is for whoever answers to name: see `not_modelled`.
    """


@dataclass(frozen=True)
class Shaped:
    """An HTTP answer that any AWS client reads as an error."""

    status: int
    headers: dict[str, str]
    body: bytes


# The same refusal has another name in each family of services.
_INVALID_TOKEN = "The security token included in the request is invalid."
_UNKNOWN_KEY: dict[Protocol, tuple[int, str, str]] = {
    "query": (403, "InvalidClientTokenId", _INVALID_TOKEN),
    "json": (400, "UnrecognizedClientException", _INVALID_TOKEN),
    "rest-json": (403, "UnrecognizedClientException", _INVALID_TOKEN),
    "ec2": (401, "AuthFailure", "AWS was not able to validate the provided access credentials"),
    "s3": (403, "InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
}
_EXPIRED: dict[Protocol, str] = {"query": "ExpiredToken", "s3": "ExpiredToken", "ec2": "RequestExpired"}
_UNSIGNED: dict[Protocol, str] = {
    "query": "MissingAuthenticationToken",
    "json": "MissingAuthenticationTokenException",
    "rest-json": "MissingAuthenticationTokenException",
    "ec2": "MissingParameter",
    "s3": "AccessDenied",
}


def protocol_of(service: str, target: str, content_type: str) -> Protocol:
    """Which wire protocol a request speaks, from its signing name, X-Amz-Target and Content-Type."""
    if service == "s3":
        return "s3"
    if service == "ec2":
        return "ec2"
    if target:
        return "json"
    return "query" if "x-www-form-urlencoded" in content_type else "rest-json"


def shaped(protocol: Protocol, status: int, code: str, message: str) -> Shaped:
    """An error answer in that protocol."""
    request_id = str(uuid.uuid4())
    if protocol in ("json", "rest-json"):
        headers = {
            "Content-Type": "application/x-amz-json-1.1",
            "x-amzn-ErrorType": code,
            "x-amzn-RequestId": request_id,
        }
        return Shaped(status, headers, json.dumps({"__type": code, "message": message}).encode())
    inner = f"<Code>{escape(code)}</Code><Message>{escape(message)}</Message>"
    if protocol == "s3":
        text = f"<Error>{inner}<RequestId>{request_id}</RequestId></Error>"
    elif protocol == "ec2":
        text = f"<Response><Errors><Error>{inner}</Error></Errors><RequestID>{request_id}</RequestID></Response>"
    else:
        text = (
            f"<ErrorResponse><Error><Type>Sender</Type>{inner}</Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
    headers = {"Content-Type": "text/xml", "x-amzn-RequestId": request_id}
    return Shaped(status, headers, ('<?xml version="1.0" encoding="UTF-8"?>\n' + text).encode())


def unknown_credentials(protocol: Protocol) -> Shaped:
    """The access key id, or its session token, is nobody's."""
    status, code, message = _UNKNOWN_KEY[protocol]
    return shaped(protocol, status, code, message)


def expired_credentials(protocol: Protocol) -> Shaped:
    """The session is over."""
    code = _EXPIRED.get(protocol, "ExpiredTokenException")
    return shaped(protocol, 403, code, "The security token included in the request is expired")


# What each family of services calls a denial; a few services have names of their own.
_DENIED: dict[Protocol, tuple[int, str]] = {
    "query": (403, "AccessDenied"),
    "json": (400, "AccessDeniedException"),
    "rest-json": (403, "AccessDeniedException"),
    "ec2": (403, "UnauthorizedOperation"),
    "s3": (403, "AccessDenied"),
}
_DENIED_BY = {"sns": "AuthorizationError"}


def denied(protocol: Protocol, service: str, message: str, decided: str = "") -> Shaped:
    """Policies do not let the caller do it. `decided`: which statement said so, in a header of ours."""
    status, code = _DENIED[protocol]
    answer = shaped(protocol, status, _DENIED_BY.get(service, code), message)
    headers = {**answer.headers, "x-platform-decided-by": decided} if decided else answer.headers
    return Shaped(answer.status, headers, answer.body)


def unsigned(protocol: Protocol) -> Shaped:
    """Nobody signed the request."""
    return shaped(protocol, 403, _UNSIGNED[protocol], "Request is missing Authentication Token")


def not_modelled(protocol: Protocol, service: str, operation: str, error: Exception | None = None) -> Shaped:
    """The emulator does not know the operation, or what `error` names of it."""
    what = f"{error} of {operation}" if isinstance(error, NotModelledError) else operation
    message = f"The emulated landscape does not model {what} of {service}."
    return shaped(protocol, 400, "UnsupportedOperation", message)


def unknown_operation(protocol: Protocol, service: str, operation: str) -> Shaped:
    """The service has no such operation."""
    code = "UnknownOperationException" if protocol in ("json", "rest-json") else "InvalidAction"
    return shaped(protocol, 400, code, f"{service} has no operation {operation}.")


def malformed_body(protocol: Protocol) -> Shaped:
    """The body is not what the protocol carries."""
    return shaped(protocol, 400, "SerializationException", "The request's body is not a JSON object.")


def incomplete_body(protocol: Protocol) -> Shaped:
    """The client sent less than it announced, if it is still there to be told."""
    message = "You did not provide the number of bytes specified by the Content-Length HTTP header."
    return shaped(protocol, 400, "IncompleteBody", message)


def broken(protocol: Protocol, service: str, operation: str, error: Exception) -> Shaped:
    """The emulator failed: its own fault, told as the service's."""
    message = f"The emulated landscape failed at {operation} of {service}: {type(error).__name__}: {error}"
    return shaped(protocol, 500, "InternalFailure", message)
