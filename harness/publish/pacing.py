"""Paces the calls of a boto3 client, and makes them again where that can help. Knows no operation.

botocore's own adaptive mode keeps one rate for a whole client, so that a throttled CreateProvisioningArtifact would
slow every reader down, and it cannot tell a place that is not there from one that is busy. Here each operation has a
limiter of its own, and the number of attempts follows from what went wrong.

A call may be made twice though the first one took effect: gateways give creations an idempotency token, and
everything else that they call says the same when it is repeated.
"""

from __future__ import annotations

import random
import threading
import time
from dataclasses import dataclass
from typing import Any

from botocore import exceptions as boto
from botocore.exceptions import ClientError

_THROTTLED = {
    *("Throttling", "ThrottlingException", "ThrottledException", "TooManyRequestsException", "RequestLimitExceeded"),
    *("SlowDown", "RequestThrottled", "RequestThrottledException", "LimitExceeded.Throttling"),
}
_PASSING = {
    "InternalError",
    "InternalFailure",
    "InternalServerError",
    "ServiceUnavailable",
    "ServiceUnavailableException",
}
_CUT_OFF = boto.HTTPClientError  # read time-outs, closed connections: what came of the call is unknown
_NOT_THERE = (boto.EndpointConnectionError, boto.ConnectTimeoutError, boto.ProxyConnectionError, boto.SSLError)


@dataclass(frozen=True)
class Pace:
    """How patient a client is. Seconds; attempts count the first one."""

    first: float = 0.1  # pause after the first failure, doubled after each further one
    longest: float = 5.0
    throttled: int = 12  # attempts
    passing: int = 6
    not_there: int = 3  # so that a region that is down is told within seconds


class Limiter:
    """The rate of one operation: no limit until the service asks for one, then as fast as it allows.

    Additive increase, multiplicative decrease, as TCP does it: a throttled call doubles the distance between calls,
    each success shortens it a little. Calls that were under way when it was last doubled do not double it again.
    """

    def __init__(self, pace: Pace) -> None:
        self._pace = pace
        self._lock = threading.Lock()
        self._distance = 0.0  # seconds between two calls
        self._next = 0.0
        self._slowed = 0.0

    def wait(self) -> float:
        """Sleeps until the next call may be made. Returns when it began, for `slower`."""
        with self._lock:
            now = time.monotonic()
            begin = max(now, self._next)
            self._next = begin + self._distance
        if begin > now:
            time.sleep(begin - now)
        return begin

    def slower(self, begun: float) -> None:
        """The service said that a call which began then was one too many."""
        with self._lock:
            if begun >= self._slowed:
                self._slowed = time.monotonic()
                self._distance = min(max(2 * self._distance, self._pace.first / 2), self._pace.longest / 2)

    def faster(self) -> None:
        """A call went well."""
        with self._lock:
            self._distance = max(0.0, self._distance * 0.9 - self._pace.first / 100)


class Paced:
    """A boto3 client whose operations are paced and repeated. Safe to use from several threads.

    Without paginators: botocore's call the client behind; see `aws.pages`.
    """

    def __init__(self, client: Any, pace: Pace | None = None) -> None:
        self._client, self._pace = client, pace or Pace()
        self._lock = threading.Lock()
        self._limiters: dict[str, Limiter] = {}

    def __getattr__(self, operation: str) -> Any:
        if operation.startswith(("_", "get_paginator")):
            raise AttributeError(operation)
        call = getattr(self._client, operation)
        if not callable(call):  # what the client says of itself: its region, its partition
            return call
        with self._lock:
            limiter = self._limiters.setdefault(operation, Limiter(self._pace))

        def paced(**parameters: Any) -> Any:
            attempt = 0
            while True:
                attempt += 1
                begun = limiter.wait()
                try:
                    answer = call(**parameters)
                except (ClientError, boto.BotoCoreError) as error:
                    if is_throttling(error):
                        limiter.slower(begun)
                    if attempt >= attempts(error, self._pace):
                        raise
                    ceiling = min(self._pace.longest, self._pace.first * 2 ** (attempt - 1))
                    time.sleep(random.uniform(ceiling / 2, ceiling))
                else:
                    limiter.faster()
                    return answer

        return paced


def is_throttling(error: Exception) -> bool:
    """Whether the service says that it is asked too fast."""
    return isinstance(error, ClientError) and error.response.get("Error", {}).get("Code") in _THROTTLED


def attempts(error: Exception, pace: Pace) -> int:
    """How often a call that ends so is made in all; 1: what it says will not change."""
    if is_throttling(error):
        return pace.throttled
    if isinstance(error, ClientError):
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        passing = error.response.get("Error", {}).get("Code") in _PASSING or status in (500, 502, 503, 504)
        return pace.passing if passing else 1
    if isinstance(error, _NOT_THERE):
        return pace.not_there
    return pace.passing if isinstance(error, _CUT_OFF) else 1
