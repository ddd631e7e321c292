"""The WSGI door of the server: who calls, from which account; then on to moto. Knows no service from inside."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import traceback
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qs

from botocore.exceptions import UnknownServiceError
from botocore.model import OperationNotFoundError
from moto import backends
from moto.moto_server.werkzeug_app import DomainDispatcherApplication
from werkzeug.datastructures import EnvironHeaders

from harness.emulator import awserror, control, identity, shapes
from harness.emulator.enforcement import authorize

HEALTH_PATH = "/moto-api/platform"
_SCOPE = re.compile(r"Credential=[^/]+/\d+/(?P<region>[^/]+)/(?P<service>[^/]+)/aws4_request")
_ACCOUNT_HEADER = "HTTP_X_MOTO_ACCOUNT_ID"

StartResponse = Callable[..., Any]
Environ = dict[str, Any]

# Never to stderr: a server whose stderr is a pipe that nobody reads would hang. `server.py` gives it a file.
LOG = logging.getLogger("harness.emulator")
LOG.addHandler(logging.NullHandler())
LOG.propagate = False


class _Dispatcher(DomainDispatcherApplication):  # type: ignore[misc] # moto is not typed for us
    """moto's, which looks through a folder and four hundred patterns for each request, with a memory."""

    def __init__(self, create_app: Callable[[Any], Any]) -> None:
        super().__init__(create_app)
        self._backends: dict[str | None, Any] = {}

    def get_backend_for_host(self, host: str | None) -> Any:
        """The service that a host name stands for. Raises NotImplementedError where there is none.

        moto would print a line for it, holding the lock that every request needs.
        """
        if host not in self._backends:
            if host not in (None, "moto_api") and not self._is_known(str(host)):
                raise NotImplementedError
            self._backends[host] = super().get_backend_for_host(host)
        return self._backends[host]

    def _is_known(self, host: str) -> bool:
        return host in backends.list_of_moto_modules() or any(
            pattern.match(f"http://{host}") for _, pattern in self.backend_url_patterns
        )


class Gate:
    """Refuses unknown callers, tells moto the account of known ones, and answers for what moto does not know."""

    def __init__(self, create_app: Callable[[Any], Any], label: str) -> None:
        self._dispatcher = _Dispatcher(create_app)
        self._label = label
        # It would outrank the account of the caller in every service.
        os.environ.pop("MOTO_ACCOUNT_ID", None)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        environ.pop(_ACCOUNT_HEADER, None)
        if environ.get("PATH_INFO") == HEALTH_PATH:
            return self._health(start_response)
        if str(environ.get("PATH_INFO")).startswith(control.PREFIX):
            return _controlled(environ, start_response)
        headers = EnvironHeaders(environ)
        query = {key: values[0] for key, values in parse_qs(environ.get("QUERY_STRING", "")).items()}
        service = _service(headers, query)
        protocol = awserror.protocol_of(service, headers.get("X-Amz-Target", ""), headers.get("Content-Type", ""))
        try:
            refused = _refusal(environ, headers, query, protocol, service)
        except Exception as error:
            refused = _failed(environ, protocol, service, error)
        if refused is not None:
            return _answer(refused, start_response)
        return self._forward(environ, start_response, protocol, service)

    def _forward(
        self, environ: Environ, start_response: StartResponse, protocol: awserror.Protocol, service: str
    ) -> Iterable[bytes]:
        answered: list[Any] = []

        def note(*answer: Any) -> None:
            answered[:] = answer

        try:
            body = list(self._dispatcher(environ, note))
            # S3 routes every path; what it answers to the HEAD of an object that is not there looks like that page.
            if protocol == "s3" or not _is_unrouted(answered):
                start_response(*answered)
                return body
            shaped = awserror.not_modelled(protocol, service, _operation(environ, service))
        except NotImplementedError as error:  # moto's own, and NotModelledError: told to the caller, by name
            shaped = awserror.not_modelled(protocol, service, _operation(environ, service), error)
        except OperationNotFoundError:
            shaped = awserror.unknown_operation(protocol, service, _operation(environ, service))
        except Exception as error:
            shaped = _failed(environ, protocol, service, error)
        return _answer(shaped, start_response)

    def _health(self, start_response: StartResponse) -> Iterable[bytes]:
        body = json.dumps({"emulator": self._label, "pid": os.getpid()}).encode()
        return _answer(awserror.Shaped(200, {"Content-Type": "application/json"}, body), start_response)


def _controlled(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
    status, value = control.answer(environ)
    return _answer(
        awserror.Shaped(status, {"Content-Type": "application/json"}, json.dumps(value).encode()), start_response
    )


def _failed(environ: Environ, protocol: awserror.Protocol, service: str, error: Exception) -> awserror.Shaped:
    """A defect of the emulator: noted, and told as the service's."""
    LOG.error("%s of %s: %s", _operation(environ, service), service, _in_a_line(error))
    return awserror.broken(protocol, service, _operation(environ, service), error)


def _refusal(
    environ: Environ, headers: EnvironHeaders, query: dict[str, str], protocol: awserror.Protocol, service: str
) -> awserror.Shaped | None:
    """Why a request gets no further than here; None when it does, with its account in the environment."""
    body = _buffered_body(environ)
    if body is None:
        return awserror.incomplete_body(protocol)
    if protocol == "json" and not headers.get("Content-Encoding") and not _is_object(body):
        return awserror.malformed_body(protocol)
    access_key = identity.access_key_of(headers, query)
    if access_key is None:
        return awserror.unsigned(protocol)
    try:
        who = identity.caller(access_key)
        identity.check_token(access_key, headers.get("X-Amz-Security-Token") or query.get("X-Amz-Security-Token"))
    except identity.ExpiredCredentialsError:
        return awserror.expired_credentials(protocol)
    except identity.UnknownCredentialsError:
        return awserror.unknown_credentials(protocol)
    environ[_ACCOUNT_HEADER] = who.account_id
    refusal = authorize.refusal(environ, service, _region(headers, query), who)
    return awserror.denied(protocol, service, refusal.message, refusal.decided) if refusal else None


def _buffered_body(environ: Environ) -> bytes | None:
    """The request's body, which can be read again afterwards; None where less came than was announced."""
    stream = environ["wsgi.input"]
    if environ.get("wsgi.input_terminated"):  # sent in chunks, without a length
        body: bytes = stream.read()
        environ["CONTENT_LENGTH"] = str(len(body))
    else:
        announced = str(environ.get("CONTENT_LENGTH") or 0)
        if not announced.isdigit():
            return None
        body = stream.read(int(announced))
        if len(body) < int(announced):  # the client went away
            return None
    environ["wsgi.input"] = io.BytesIO(body)
    return body


def _is_object(body: bytes) -> bool:
    if not body:
        return True
    try:
        return isinstance(json.loads(body), dict)
    except ValueError:
        return False


def _in_a_line(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    places = " < ".join(f"{each.filename}:{each.lineno}" for each in reversed(frames[-6:]))
    return " ".join(f"{type(error).__name__}: {error} ({places})".split())


def _is_unrouted(answered: list[Any]) -> bool:
    # Services that route by path (REST) know no operation there: Flask's own page, which no AWS service answers with.
    status, headers = str(answered[0]), dict(answered[1])
    return status.startswith("404") and str(headers.get("Content-Type", "")).startswith("text/html; charset")


def _service(headers: EnvironHeaders, query: dict[str, str]) -> str:
    scope = _SCOPE.search(headers.get("Authorization", ""))
    if scope:
        return scope["service"].lower()
    presigned = query.get("X-Amz-Credential", "").split("/")
    return presigned[3].lower() if len(presigned) == 5 else "s3"


def _region(headers: EnvironHeaders, query: dict[str, str]) -> str:
    scope = _SCOPE.search(headers.get("Authorization", ""))
    if scope:
        return scope["region"]
    presigned = query.get("X-Amz-Credential", "").split("/")
    return presigned[2] if len(presigned) == 5 else "us-east-1"


def _operation(environ: Environ, service: str) -> str:
    target = str(environ.get("HTTP_X_AMZ_TARGET", ""))
    if target:
        return target.rsplit(".", 1)[-1]
    body = environ.get("wsgi.input")
    if isinstance(body, io.BytesIO):
        action = parse_qs(body.getvalue().decode("utf-8", "replace")).get("Action")
        if action:
            return action[0]
    method, path = str(environ.get("REQUEST_METHOD")), str(environ.get("PATH_INFO"))
    return _routed_operation(service, method, path) or f"{method} {path}"


def _routed_operation(service: str, method: str, path: str) -> str | None:
    """The operation that a REST service knows by that method and path, where botocore's model of it says so."""
    try:
        model = shapes.service(service)
    except UnknownServiceError:  # signed with a name that is not botocore's
        return None
    for name in model.operation_names:
        route = model.operation_model(name).http
        pattern = re.sub(r"\\{[^}]+\\}", "[^/]+", re.escape(route["requestUri"].partition("?")[0].rstrip("/")))
        if route["method"] == method and re.fullmatch(pattern, path.rstrip("/")):
            return name
    return None


def _answer(shaped: awserror.Shaped, start_response: StartResponse) -> Iterable[bytes]:
    headers = [*shaped.headers.items(), ("Content-Length", str(len(shaped.body)))]
    start_response(f"{shaped.status} ", headers)
    return [shaped.body]
