"""What every gateway shares: AWS's failures told as place, problem and remedy, and patient waiting. No service here."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar

from botocore import exceptions as boto
from botocore.exceptions import ClientError

from harness.errors import KnownError, known_error
from harness.publish.pacing import is_throttling

P = ParamSpec("P")
T = TypeVar("T")
G = TypeVar("G", bound="Placed")

_EXPIRED = {"ExpiredToken", "ExpiredTokenException", "RequestExpired", "TokenRefreshRequired"}
_INVALID = {"InvalidClientTokenId", "UnrecognizedClientException", "SignatureDoesNotMatch", "InvalidAccessKeyId"}
_DENIED = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "UnauthorizedException"}
_MISSING = (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError)
_SIGNED_OUT = (boto.SSOTokenLoadError, boto.UnauthorizedSSOTokenError, boto.TokenRetrievalError)
_UNREACHABLE = (
    boto.EndpointConnectionError,
    boto.ConnectionClosedError,
    boto.ConnectTimeoutError,
    boto.ReadTimeoutError,
    boto.ProxyConnectionError,
    boto.SSLError,
)
_REACH = "check the network, the proxy and the region"
AGAIN = "run the same command again; it goes on where it stopped"


class Placed(Protocol):
    """A gateway: it knows where it speaks to."""

    @property
    def place(self) -> str: ...


def explained(method: Callable[Concatenate[G, P], T]) -> Callable[Concatenate[G, P], T]:
    """Makes a gateway's method raise KnownError where boto3 would raise something of its own."""

    @functools.wraps(method)
    def call(self: G, /, *args: P.args, **kwargs: P.kwargs) -> T:
        with explaining(self.place):
            return method(self, *args, **kwargs)

    return call


@contextmanager
def explaining(place: str) -> Iterator[None]:
    """Turns what boto3 raises within the block into KnownError at `place`."""
    try:
        yield
    except (ClientError, boto.BotoCoreError) as error:
        raise explain(place, error) from error


def code_of(error: ClientError) -> str:
    """The error code that the service gave."""
    return str(error.response.get("Error", {}).get("Code", ""))


def explain(place: str, error: Exception) -> KnownError:
    """The failure as a person can act on it."""
    if isinstance(error, ClientError):
        return _explain_answer(place, error)
    if isinstance(error, boto.ProfileNotFound):
        return known_error(
            place, str(error), "name a profile that `aws configure list-profiles` shows, at targets.aws.profile"
        )
    if isinstance(error, _SIGNED_OUT):
        return known_error(place, f"the sign-in is over ({error})", "sign in again (`aws sso login`), then " + AGAIN)
    if isinstance(error, _MISSING):
        return known_error(
            place,
            "no AWS credentials were found",
            "sign in (`aws sso login`), set AWS_PROFILE or targets.aws.profile in catalog.yaml; "
            "`--target local` needs none",
        )
    if isinstance(error, _UNREACHABLE):
        remedy = "serve the landscape again (`build.py local`)" if "127.0.0.1" in str(error) else _REACH
        return known_error(place, f"cannot be reached ({error})", f"{remedy}, then {AGAIN}")
    return known_error(place, str(error), AGAIN)


def _explain_answer(place: str, error: ClientError) -> KnownError:
    code, message = code_of(error), str(error.response.get("Error", {}).get("Message", ""))
    operation = error.operation_name
    if code in _EXPIRED:
        return known_error(place, "the credentials have expired", f"sign in again, then {AGAIN}")
    if code in _INVALID:
        return known_error(
            place,
            f"the credentials are not valid there ({code})",
            "look at them with `aws sts get-caller-identity`, sign in again",
        )
    if code in _DENIED:
        return known_error(
            place, f"access denied to {operation}: {message}", f"have {operation} allowed for the role, or use another"
        )
    if is_throttling(error):
        return known_error(place, f"{operation} is throttled ({code}), after all retries", AGAIN)
    if code == "NoSuchBucket":
        return known_error(
            place,
            "the artifact bucket does not exist",
            "deploy the hub's foundation there first, as stack platform-hub: `build.py render --foundation` writes it",
        )
    if code == "LimitExceededException":
        return known_error(
            place, f"{operation} exceeds a quota: {message}", "remove what is no longer used, or have the quota raised"
        )
    if code.startswith(("Invalid", "Validation")):
        return known_error(place, f"{operation} was refused: {code}: {message}", "correct what it names")
    return known_error(place, f"{operation} failed: {code}: {message}", AGAIN)


def object_url(bucket: str, region: str, key: str) -> str:
    """The address of an object, as services that fetch it are given it."""
    suffix = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return f"https://{bucket}.s3.{region}.{suffix}/{key}"


def pages(operation: Callable[..., dict[str, Any]], member: str, **parameters: Any) -> Iterator[Any]:
    """Every entry of `member` in the pages of a Service Catalog operation."""
    token: dict[str, str] = {}
    while True:
        answer = operation(**parameters, **token)
        yield from answer.get(member, ())
        following = answer.get("NextPageToken") or answer.get("PageToken")  # the latter of ListTagOptions
        if not following:
            return
        token = {"PageToken": following}


class Patience:
    """Waits for what happens later: asks again after growing pauses until an answer comes or `limit` seconds pass.

    `unseen`: seconds after which something that was made and cannot be seen is not there.
    """

    def __init__(
        self, place: str, limit: float = 300.0, first: float = 0.05, longest: float = 5.0, unseen: float = 20.0
    ) -> None:
        self.place, self.limit, self.first, self.longest, self.unseen = place, limit, first, longest, unseen

    def until(self, what: str, ask: Callable[[], T | None]) -> T:
        """The first answer of `ask` that is not None. Raises KnownError when none comes in time."""
        answer = self._ask(ask, self.limit)
        if answer is None:
            raise known_error(self.place, f"{what} did not happen within {self.limit:.0f} seconds", AGAIN)
        return answer

    def sight(self, ask: Callable[[], T | None]) -> T | None:
        """The first answer of `ask` that is not None; None when none comes for `unseen` seconds."""
        return self._ask(ask, self.unseen)

    def _ask(self, ask: Callable[[], T | None], limit: float) -> T | None:
        deadline, pause = time.monotonic() + limit, self.first
        while True:
            answer = ask()
            if answer is not None or time.monotonic() + pause > deadline:
                return answer
            time.sleep(pause)
            pause = min(pause * 1.6, self.longest)
