"""Calls to the emulated services from inside the process: any AWS API, as an account, without a socket.

Resource handlers use nothing else, so that what a stack makes passes the same checks as what a client makes.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any
from urllib.parse import unquote, urlsplit

from botocore.awsrequest import AWSPreparedRequest, AWSResponse, HeadersDict
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from moto.iam.models import iam_backends

from harness.cfn.model import ResourceFailure
from harness.emulator import awserror
from harness.emulator.clients import isolated_session
from harness.emulator.identity import PARTITION, Caller

_SESSION = "servicecatalog"
_LOOKS = ("describe_", "get_", "head_", "list_")
_ENDPOINT = "http://127.0.0.1"  # never connected to
_HANDLER_CODES = {
    "Conflict": "AlreadyExists",
    "AlreadyExists": "AlreadyExists",
    "AlreadyOwnedByYou": "AlreadyExists",
    "NoSuch": "NotFound",
    "NotFound": "NotFound",
    "Limit": "ServiceLimitExceeded",
    "AccessDenied": "AccessDenied",
    "AuthorizationError": "AccessDenied",  # of SNS
    "UnauthorizedOperation": "AccessDenied",  # of EC2
}
_lock = threading.Lock()


class _Context(threading.local):
    account_id = ""
    who: Caller | None = None  # None: the account's administrator


_context = _Context()


@dataclass(frozen=True)
class Api:
    """Calls in a region of an account: as its administrator, or with a role, whose policies then decide each call."""

    account_id: str
    region: str
    role_arn: str = ""

    @property
    def of_the_service(self) -> Api:
        """For what a service looks up by itself, in nobody's name."""
        return Api(self.account_id, self.region)

    def call(self, service: str, operation: str, **params: Any) -> dict[str, Any]:
        """One call, named as boto3 does. None values are left out. Raises ResourceFailure in the service's words."""
        given = {key: value for key, value in params.items() if value is not None}
        method: Callable[..., dict[str, Any]] = getattr(_client(service, self.region), operation)
        before = _context.account_id, _context.who
        _context.account_id, _context.who = self.account_id, self._caller()
        try:
            return method(**given)
        except ClientError as error:
            raise _failure(service, error) from error
        except BotoCoreError as error:  # a value that the API model refuses
            raise ResourceFailure(
                f'Resource handler returned message: "{error}" (HandlerErrorCode: InvalidRequest)'
            ) from error
        except NotImplementedError as error:
            raise ResourceFailure(f"The emulated landscape does not model {operation} of {service}.") from error
        except Exception as error:  # a defect of the emulated service must not leave a stack half made
            told = f"{type(error).__name__}: {error}"
            raise ResourceFailure(f"The emulated landscape failed at {operation} of {service}: {told}") from error
        finally:
            _context.account_id, _context.who = before

    def _caller(self) -> Caller | None:
        if not self.role_arn:
            return None
        account, name = self.role_arn.split(":")[4], self.role_arn.rpartition("/")[2]
        role = next(
            (each for each in iam_backends[account][PARTITION].roles.values() if each.arn == self.role_arn), None
        )
        tags = tuple((tag["Key"], tag["Value"]) for tag in (role.tags if role else None) or ())
        return Caller(
            account, f"arn:{PARTITION}:sts::{account}:assumed-role/{name}/{_SESSION}", self.role_arn, tags=tags
        )

    def attempt(self, service: str, operation: str, **params: Any) -> dict[str, Any] | None:
        """Like `call`, but None where the thing is not there.

        A look stands for what the service finds out by itself when it makes or removes something: nobody needs a right.
        """
        api = self.of_the_service if operation.startswith(_LOOKS) else self
        try:
            return api.call(service, operation, **params)
        except ResourceFailure as failure:
            if is_absent(failure):
                return None
            raise


def is_absent(failure: ResourceFailure) -> bool:
    """Whether a failure means that the thing is not there."""
    cause = failure.__cause__
    if not isinstance(cause, ClientError):
        return False
    code, message = str(cause.response["Error"]["Code"]), str(cause.response["Error"].get("Message"))
    if code == "ValidationException":  # SageMaker has no error of its own for it
        return any(part in message for part in ("RecordNotFound", "Could not find", "Cannot find", "does not exist"))
    return any(part in code for part in ("NotFound", "NoSuch", "NonExistent", "NotExist", "404"))


def _failure(service: str, error: ClientError) -> ResourceFailure:
    code = str(error.response["Error"]["Code"])
    status = error.response["ResponseMetadata"]["HTTPStatusCode"]
    kind = next((name for part, name in _HANDLER_CODES.items() if part in code), "InvalidRequest")
    message = error.response["Error"].get("Message") or code
    return ResourceFailure(
        f'Resource handler returned message: "{message} (Service: {service}, Status Code: {status}, '
        f'Error Code: {code})" (HandlerErrorCode: {kind})'
    )


@lru_cache(maxsize=256)
def _client(service: str, region: str) -> Any:
    config = Config(
        retries={"total_max_attempts": 1},
        s3={"addressing_style": "path"},
        parameter_validation=True,
        request_checksum_calculation="when_required",
        response_checksum_validation="when_required",
        inject_host_prefix=False,
        proxies={},
    )
    with _lock:
        client = isolated_session().create_client(service, region_name=region, endpoint_url=_ENDPOINT, config=config)
    signing_name = client.meta.service_model.signing_name
    client.meta.events.register("before-send", partial(_send, service, signing_name, region))  # type: ignore[arg-type] # a partial has keywords of its own
    return client


@lru_cache(maxsize=64)
def _application(service: str) -> Any:
    from harness.emulator.applications import application  # CloudFormation's makes stacks, whose resources call this

    return application(service)


def _send(service: str, signing_name: str, region: str, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
    """Answers botocore's request from moto's application, in the place of the network; or refuses it as IAM would."""
    if (who := _context.who) is not None:
        from harness.emulator.enforcement import authorize  # its tables call services through this module

        environ = _environ(request)
        refused = authorize.refusal(environ, signing_name, region, who)
        if refused is not None:
            target, content_type = str(environ.get("HTTP_X_AMZ_TARGET", "")), str(environ.get("CONTENT_TYPE", ""))
            protocol = awserror.protocol_of(signing_name, target, content_type)
            told = awserror.denied(protocol, signing_name, refused.message, refused.decided)
            why: Any = HeadersDict(told.headers)
            return AWSResponse(request.url, told.status, why, _Body(told.body))
    answered: dict[str, Any] = {}

    def start_response(status: str, headers: list[tuple[str, str]], _exc_info: Any = None) -> None:
        answered.update(status=int(status.split()[0]), headers=headers)

    content = b"".join(_application(service)(_environ(request), start_response))
    headers: Any = HeadersDict(answered["headers"])
    return AWSResponse(request.url, answered["status"], headers, _Body(content))


class _Body(io.BytesIO):
    """What botocore wants of a response body."""

    def stream(self, **_: Any) -> Any:
        yield self.read()


def _environ(request: AWSPreparedRequest) -> dict[str, Any]:
    parts = urlsplit(request.url)
    body: Any = request.body or b""
    content: bytes = body.encode() if isinstance(body, str) else body if isinstance(body, bytes) else body.read()
    environ: dict[str, Any] = {
        "REQUEST_METHOD": request.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote(parts.path).encode().decode("latin-1") or "/",
        "RAW_URI": parts.path + (f"?{parts.query}" if parts.query else ""),
        "QUERY_STRING": parts.query,
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "CONTENT_LENGTH": str(len(content)),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(content),
        "wsgi.errors": io.StringIO(),
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "HTTP_HOST": "127.0.0.1",
    }
    for name, value in request.headers.items():
        key = name.upper().replace("-", "_")
        text = value.decode() if isinstance(value, bytes) else str(value)
        environ[key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"] = text
    environ["CONTENT_LENGTH"] = str(len(content))
    environ["HTTP_X_MOTO_ACCOUNT_ID"] = _context.account_id
    return environ
