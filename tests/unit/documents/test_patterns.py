"""Event patterns: what EventBridge refuses, and what matches."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.documents import patterns

EVENT = {
    "source": "aws.sagemaker",
    "account": "1",
    "resources": ["arn:aws:sagemaker:eu-west-1:1:model-package/credit/3"],
    "detail": {
        "ModelApprovalStatus": "Approved",
        "ModelPackageVersion": 3,
        "Missing": None,
        "Flag": True,
        "Ip": "10.0.0.7",
        "Inner": {"Names": ["one", "two"]},
        "Steps": [{"Name": "train", "Ok": True}, {"Name": "register", "Ok": False}],
    },
}


def is_matched(**detail: Any) -> bool:
    return patterns.matches(patterns.parse(json.dumps({"detail": detail})), EVENT)


@pytest.mark.parametrize(
    "wanted",
    [
        {"ModelApprovalStatus": ["Rejected", "Approved"]},
        {"ModelApprovalStatus": [{"prefix": "App"}]},
        {"ModelApprovalStatus": [{"prefix": {"equals-ignore-case": "app"}}]},
        {"ModelApprovalStatus": [{"suffix": "ved"}]},
        {"ModelApprovalStatus": [{"equals-ignore-case": "APPROVED"}]},
        {"ModelApprovalStatus": [{"anything-but": "Rejected"}]},
        {"ModelApprovalStatus": [{"anything-but": ["Rejected", "Pending"]}]},
        {"ModelApprovalStatus": [{"anything-but": {"prefix": "Rej"}}]},
        {"ModelApprovalStatus": [{"wildcard": "A*d"}]},
        {"ModelApprovalStatus": [{"exists": True}]},
        {"Nothing": [{"exists": False}]},
        {"Deeper": {"Nothing": [{"exists": False}]}},
        {"ModelPackageVersion": [{"numeric": [">", 2, "<=", 3]}]},
        {"ModelPackageVersion": [3.0]},
        {"Missing": [None]},
        {"Flag": [True]},
        {"Ip": [{"cidr": "10.0.0.0/24"}]},
        {"Inner": {"Names": ["two"]}},
        {"Steps": {"Name": ["register"], "Ok": [False]}},
        {"$or": [{"Nothing": ["x"]}, {"Flag": [True]}]},
    ],
    ids=str,
)
def test_a_pattern_matches(wanted: dict[str, Any]) -> None:
    assert is_matched(**wanted)


@pytest.mark.parametrize(
    "wanted",
    [
        {"ModelApprovalStatus": ["Rejected"]},
        {"ModelApprovalStatus": [{"anything-but": "Approved"}]},
        {"ModelApprovalStatus": [{"anything-but": {"suffix": "ved"}}]},
        {"ModelApprovalStatus": [{"numeric": ["=", 3]}]},
        {"ModelApprovalStatus": [{"wildcard": "A.d"}]},
        {"Inner": [{"exists": True}]},  # only leaves exist
        {"Nothing": [{"anything-but": "x"}]},
        {"ModelPackageVersion": ["3"]},
        {"Flag": [1]},
        {"Missing": [{"exists": False}]},
        {"Steps": {"Name": ["register"], "Ok": [True]}},
        {"$or": [{"Nothing": ["x"]}, {"Flag": [False]}]},
    ],
    ids=str,
)
def test_a_pattern_does_not_match(wanted: dict[str, Any]) -> None:
    assert not is_matched(**wanted)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("no", "Filter is not an object"),
        ("[]", "Filter is not an object"),
        ('{"source": "aws.s3"}', '"source" must be an object or an array'),
        ('{"source": []}', "Empty arrays are not allowed"),
        ('{"source": [{"like": "aws"}]}', "Unrecognized match type like"),
        ('{"source": [{"prefix": "a", "suffix": "b"}]}', "Only one key allowed"),
        ('{"source": [{"prefix": 1}]}', "prefix match pattern must be a string"),
        ('{"a": [{"numeric": ["~", 1]}]}', "Unrecognized numeric range operator"),
        ('{"a": [{"numeric": [">"]}]}', "Value of numeric must be an array"),
        ('{"a": [{"exists": "yes"}]}', "exists match pattern must be either true or false"),
        ('{"a": [{"anything-but": {"cidr": "1.1.1.1/1"}}]}', "Unsupported anything-but pattern"),
        ('{"a": [{"cidr": "nowhere"}]}', "Malformed CIDR"),
        ('{"a": [{"cidr": "10.0.0.1"}]}', "Malformed CIDR"),
        ('{"a": [{"cidr": 5}]}', "Malformed CIDR"),
        ('{"a": [["b"]]}', "Match value must be"),
        ('{"a": [{"numeric": [">", 5, "<", 3]}]}', "Bottom must be less than top"),
        ('{"a": [{"numeric": ["<", 5, ">", 3]}]}', "Too many elements"),
        ('{"a": [{"numeric": [">", 5, ">", 9]}]}', "Bad numeric range operator: >"),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(patterns.InvalidPatternError, match=reason):
        patterns.parse(text)


def test_a_refusal_says_where_in_the_pattern_it_is() -> None:
    with pytest.raises(patterns.InvalidPatternError) as caught:
        patterns.parse('{"detail": {"$or": [{"a": ["b"]}, {"c": ["d", {"like": "e"}]}]}}')
    assert caught.value.where == ("detail", "$or", 1, "c", 1)
