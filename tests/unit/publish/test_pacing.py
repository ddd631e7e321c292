"""Calls are paced by operation, and made again where that can help."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore import exceptions as boto
from botocore.exceptions import ClientError

from harness.publish.pacing import Limiter, Pace, Paced, attempts
from tests.unit.publish.faults import refusal

QUICK = Pace(first=0.001, longest=0.01)


class Service:
    """A client whose operation `ask` answers as it is told to, one answer a call; the last one stays."""

    def __init__(self, *answers: Exception | str) -> None:
        self.answers, self.asked = list(answers), 0

    def ask(self, **_parameters: Any) -> str:
        self.asked += 1
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer

    def other(self) -> str:
        return "other"


THROTTLED = refusal("ThrottlingException", "ask", 400)
CUT_OFF = boto.ReadTimeoutError(endpoint_url="https://hub")
NOT_THERE = boto.EndpointConnectionError(endpoint_url="https://hub")


@pytest.mark.parametrize("failure", [THROTTLED, CUT_OFF, NOT_THERE, refusal("Odd", "ask", 503)])
def test_what_may_pass_is_asked_again(failure: Exception) -> None:
    service = Service(failure, failure, "done")
    assert Paced(service, QUICK).ask() == "done"
    assert service.asked == 3


@pytest.mark.parametrize(
    "failure",
    [refusal("ExpiredTokenException", "ask", 400), refusal("InvalidParametersException", "ask", 400), ValueError("x")],
)
def test_what_will_not_change_is_asked_once(failure: Exception) -> None:
    service = Service(failure)
    with pytest.raises(type(failure)):
        Paced(service, QUICK).ask()
    assert service.asked == 1


@pytest.mark.parametrize(
    ("failure", "times"), [(THROTTLED, QUICK.throttled), (CUT_OFF, QUICK.passing), (NOT_THERE, QUICK.not_there)]
)
def test_at_last_the_failure_is_told(failure: Exception, times: int) -> None:
    service = Service(failure)
    with pytest.raises(type(failure)):
        Paced(service, QUICK).ask()
    assert service.asked == times == attempts(failure, QUICK)


def test_a_place_that_is_not_there_is_given_up_within_a_second() -> None:
    begun = time.monotonic()
    with pytest.raises(boto.EndpointConnectionError):
        Paced(Service(NOT_THERE)).ask()
    assert time.monotonic() - begun < 1


def times(call: Callable[[], Any], number: int) -> float:
    begun = time.monotonic()
    for _ in range(number):
        call()
    return time.monotonic() - begun


def test_a_throttled_operation_slows_down_and_no_other_does() -> None:
    client = Paced(Service(*[THROTTLED] * 3, "done"), Pace(first=0.02, longest=0.2))
    client.ask()
    assert times(client.other, 5) < 0.02
    assert times(client.ask, 3) > 0.04


def test_an_operation_that_goes_well_gets_fast_again() -> None:
    limiter = Limiter(Pace(first=0.02))
    limiter.slower(limiter.wait())
    for _ in range(60):
        limiter.faster()
    assert times(limiter.wait, 5) < 0.01


def test_calls_that_were_under_way_slow_an_operation_down_once_together() -> None:
    limiter = Limiter(Pace(first=0.02, longest=60))
    begun = [limiter.wait() for _ in range(10)]
    for each in begun:
        limiter.slower(each)
    assert times(limiter.wait, 3) < 0.1  # doubled ten times it would be ten seconds


def test_what_a_client_says_of_itself_is_handed_on() -> None:
    service = Service("done")
    service.meta = "here"  # type: ignore[attr-defined]
    assert Paced(service).meta == "here"


def test_refusals_of_the_test_are_those_of_aws() -> None:
    assert isinstance(THROTTLED, ClientError) and THROTTLED.operation_name == "ask"
