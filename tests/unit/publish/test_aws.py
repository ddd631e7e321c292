"""Failures of AWS, told as place, problem and remedy; and waiting."""

from __future__ import annotations

from typing import Any

import pytest
from botocore import exceptions as boto
from botocore.exceptions import ClientError

from harness.errors import KnownError
from harness.publish.aws import Patience, explain, explaining, pages


def refusal(code: str, message: str = "no", operation: str = "CreateProduct") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, operation)


@pytest.mark.parametrize(
    ("error", "problem", "remedy"),
    [
        (boto.NoCredentialsError(), "no AWS credentials were found", "sign in"),
        (boto.ProfileNotFound(profile="x"), "The config profile (x) could not be found", "targets.aws.profile"),
        (boto.UnauthorizedSSOTokenError(), "the sign-in is over", "aws sso login"),
        (boto.EndpointConnectionError(endpoint_url="https://e"), "cannot be reached", "check the network"),
        (boto.ConnectTimeoutError(endpoint_url="https://e"), "cannot be reached", "check the network"),
        (refusal("ExpiredToken"), "the credentials have expired", "sign in again"),
        (refusal("UnrecognizedClientException"), "the credentials are not valid there", "get-caller-identity"),
        (refusal("AccessDeniedException"), "access denied to CreateProduct: no", "have CreateProduct allowed"),
        (refusal("ThrottlingException"), "CreateProduct is throttled", "goes on where it stopped"),
        (refusal("NoSuchBucket"), "the artifact bucket does not exist", "platform-hub"),
        (refusal("LimitExceededException"), "CreateProduct exceeds a quota: no", "quota raised"),
        (refusal("InvalidParametersException"), "CreateProduct was refused: InvalidParametersExc", "what it names"),
        (refusal("InternalError"), "CreateProduct failed: InternalError: no", "goes on where it stopped"),
    ],
)
def test_each_failure_says_where_what_and_what_next(error: Exception, problem: str, remedy: str) -> None:
    (finding,) = explain("hub 1 in eu-west-1", error).findings
    assert finding.place.path == "hub 1 in eu-west-1"
    assert problem in finding.problem
    assert remedy in finding.remedy


def test_a_bug_of_ours_is_not_explained_away() -> None:
    with pytest.raises(ZeroDivisionError), explaining("hub"):
        _ = 1 / 0


def test_waiting_ends_with_the_first_answer() -> None:
    answers = iter([None, None, "there"])
    assert Patience("hub", first=0.001).until("it", lambda: next(answers)) == "there"


def test_waiting_too_long_says_for_what() -> None:
    with pytest.raises(KnownError, match="the moon did not happen within 0 seconds"):
        Patience("hub", limit=0.01, first=0.005).until("the moon", lambda: None)


def test_every_page_is_asked_for() -> None:
    answers = {
        None: {"Found": [1, 2], "NextPageToken": "a"},
        "a": {"NextPageToken": "b"},  # a page may be empty and not the last
        "b": {"Found": [3]},
    }

    def operation(Kind: str, PageToken: str | None = None) -> dict[str, Any]:  # noqa: N803 - as boto3 names them
        assert Kind == "ACCOUNT"
        return answers[PageToken]

    assert list(pages(operation, "Found", Kind="ACCOUNT")) == [1, 2, 3]
