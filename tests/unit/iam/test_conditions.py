"""The condition operators, each where it holds and where it does not; absent keys and keys that hold many values."""

from __future__ import annotations

from typing import Any

import pytest

from harness.iam import UnreadablePolicyError
from harness.iam import operators as known_operators
from tests.unit.iam.cases import allow, decide, holds

ARN = "arn:aws:iam::111122223333:role/team/runner"

# Operator, the policy's value, a request's value for which it holds, one for which it does not.
POSITIVE: list[tuple[str, Any, str, str]] = [
    ("StringEquals", "a", "a", "A"),
    ("StringEquals", ["a", "b"], "b", "c"),
    ("StringEquals", "a*", "a*", "ab"),
    ("StringEquals", "", "", "a"),
    ("StringEqualsIgnoreCase", "a", "A", "b"),
    ("StringLike", "a*c", "a/b:c", "ab"),
    ("StringLike", "a?c", "abc", "ac"),
    ("StringLike", "A*", "Ab", "ab"),
    ("NumericEquals", "10", "10.0", "11"),
    ("NumericEquals", 10, "10", "9"),
    ("NumericLessThan", "1.2", "1.1", "1.2"),
    ("NumericLessThan", "-1", "-2", "0"),
    ("NumericLessThanEquals", "10", "10", "10.5"),
    ("NumericGreaterThan", "10", "11", "10"),
    ("NumericGreaterThanEquals", "10", "10", "9"),
    ("DateEquals", "2026-11-21T12:00:00Z", "2026-11-21T13:00:00+01:00", "2026-11-21T12:00:01Z"),
    ("DateEquals", "1795262400", "2026-11-21T12:00:00Z", "1795262401"),
    ("DateLessThan", "2026-11-21T12:00:00Z", "2026-11-21T11:59:59.9Z", "2026-11-21T12:00:00Z"),
    ("DateLessThanEquals", "2026-11-21", "2026-11-21T00:00:00Z", "2026-11-21T00:00:01Z"),
    ("DateGreaterThan", "2026-11", "2026-11-01T00:00:01Z", "2026-11-01T00:00Z"),
    ("DateGreaterThanEquals", "20261121", "1970-08-23T12:05:21Z", "1970-08-23T12:05:20Z"),  # seconds, not a day
    ("Bool", "true", "true", "false"),
    ("Bool", False, "false", "true"),
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", "QmluYXJ6"),
    ("IpAddress", "203.0.113.0/24", "203.0.113.9", "203.0.114.9"),
    ("IpAddress", "2001:db8::/32", "2001:db8::1", "203.0.113.9"),
    ("IpAddress", "203.0.113.9", "203.0.113.9", "203.0.113.10"),
    ("IpAddress", ["203.0.113.0/24", "2001:db8::/32"], "2001:db8:1234:5678::1", "2001:db9::1"),
    ("ArnEquals", ARN, ARN, ARN + "x"),
    ("ArnEquals", "arn:aws:iam::*:role/team/*", ARN, ARN.replace("team", "other")),
    ("ArnLike", "arn:aws:iam::1111*:role/*", ARN, ARN.replace("1111", "2222")),
    # Each part is compared for itself: a * does not run on beyond its colon.
    ("ArnLike", "arn:*:*:*:*:*", ARN, "no arn"),
]
OPPOSITES = {
    "StringEquals": "StringNotEquals",
    "StringEqualsIgnoreCase": "StringNotEqualsIgnoreCase",
    "StringLike": "StringNotLike",
    "NumericEquals": "NumericNotEquals",
    "DateEquals": "DateNotEquals",
    "IpAddress": "NotIpAddress",
    "ArnEquals": "ArnNotEquals",
    "ArnLike": "ArnNotLike",
}
OPERATORS = [
    *POSITIVE,
    *((OPPOSITES[name], wanted, failed, held) for name, wanted, held, failed in POSITIVE if name in OPPOSITES),
]
NEGATED = set(OPPOSITES.values())


def test_every_operator_of_the_user_guide_is_compared_here() -> None:
    assert {each[0] for each in OPERATORS} == set(known_operators.OPERATORS)


@pytest.mark.parametrize(("operator", "wanted", "held", "failed"), OPERATORS)
def test_an_operator_compares(operator: str, wanted: Any, held: str, failed: str) -> None:
    condition = {operator: {"x:key": wanted}}
    assert holds(condition, x_key=held)
    assert not holds(condition, x_key=failed)


@pytest.mark.parametrize(("operator", "wanted", "held", "failed"), OPERATORS)
def test_with_if_exists_an_absent_key_holds_and_a_present_one_is_compared(
    operator: str, wanted: Any, held: str, failed: str
) -> None:
    condition = {f"{operator}IfExists": {"x:key": wanted}}
    assert holds(condition)
    assert holds(condition, x_key=held)
    assert not holds(condition, x_key=failed)


@pytest.mark.parametrize(
    ("operator", "wanted"), sorted({each[0]: str(each[1]) for each in OPERATORS if isinstance(each[1], str)}.items())
)
def test_an_absent_key_holds_for_negated_operators_only(operator: str, wanted: str) -> None:
    assert holds({operator: {"x:key": wanted}}) is (operator in NEGATED)


def test_an_arn_pattern_stays_within_its_parts() -> None:
    assert not holds({"ArnLike": {"x:key": "arn:aws:iam:*:role/team/runner:x"}}, x_key=ARN)
    assert holds({"StringLike": {"x:key": "arn:aws:iam:*:role/team/runner"}}, x_key=ARN)


@pytest.mark.parametrize(
    ("condition", "values", "held"),
    [
        ({"ForAllValues:StringEquals": {"x:key": ["a", "b"]}}, ("a", "b"), True),
        ({"ForAllValues:StringEquals": {"x:key": ["a", "b"]}}, ("a",), True),
        ({"ForAllValues:StringEquals": {"x:key": ["a", "b"]}}, ("a", "c"), False),
        ({"ForAllValues:StringEquals": {"x:key": ["a", "b"]}}, (), True),
        ({"ForAnyValue:StringEquals": {"x:key": ["a", "b"]}}, ("a", "c"), True),
        ({"ForAnyValue:StringEquals": {"x:key": ["a", "b"]}}, ("c",), False),
        ({"ForAnyValue:StringEquals": {"x:key": ["a", "b"]}}, (), False),
        ({"ForAnyValue:StringLike": {"x:key": "a*"}}, ("c", "ab"), True),
        ({"ForAllValues:StringNotEquals": {"x:key": ["a"]}}, ("b", "c"), True),
        ({"ForAllValues:StringNotEquals": {"x:key": ["a"]}}, ("a", "c"), False),
        ({"ForAnyValue:StringNotEquals": {"x:key": ["a"]}}, ("a", "c"), True),
        ({"ForAnyValue:StringNotEquals": {"x:key": ["a"]}}, ("a",), False),
        ({"ForAnyValue:StringNotEquals": {"x:key": ["a"]}}, (), False),
        ({"ForAnyValue:StringEqualsIfExists": {"x:key": ["a"]}}, (), True),
        ({"ForAllValues:StringEqualsIfExists": {"x:key": ["a"]}}, ("b",), False),
        ({"ForAllValues:NumericLessThan": {"x:key": "3"}}, ("1", "2"), True),
        ({"ForAnyValue:Bool": {"x:key": "true"}}, ("false", "true"), True),
        ({"ForAnyValue:ArnLike": {"x:key": "arn:aws:iam::*:role/team/*"}}, (ARN,), True),
        ({"Null": {"x:key": "true"}}, (), True),
        ({"Null": {"x:key": "false"}}, ("a", "b"), True),
        ({"Null": {"x:key": "false"}}, (), False),
    ],
)
def test_a_key_of_many_values_is_quantified(condition: dict[str, Any], values: tuple[str, ...], held: bool) -> None:
    assert holds(condition, x_key=values) is held


def test_an_operator_for_one_value_is_not_given_many() -> None:
    with pytest.raises(UnreadablePolicyError, match="it needs ForAnyValue or ForAllValues"):
        holds({"StringEquals": {"x:key": "a"}}, x_key=("a", "b"))


def test_every_key_of_every_operator_must_hold() -> None:
    condition = {"StringEquals": {"x:key": "a", "x:other": "b"}, "Bool": {"x:yes": "true"}}
    assert holds(condition, x_key="a", x_other="b", x_yes="true")
    assert not holds(condition, x_key="a", x_other="c", x_yes="true")
    assert not holds(condition, x_key="a", x_other="b", x_yes="false")


def test_names_of_keys_count_without_regard_to_case_and_values_with() -> None:
    condition = {"StringEquals": {"aws:PrincipalTag/Team": "risk"}}
    assert decide(allow(Condition=condition), context={"aws:principaltag/team": "risk"}).allowed
    assert not decide(allow(Condition=condition), context={"aws:PrincipalTag/Team": "Risk"}).allowed


@pytest.mark.parametrize(
    "condition",
    [
        {"StringMatches": {"x:key": "a"}},
        {"ForSomeValues:StringEquals": {"x:key": "a"}},
        {"StringEquals": "a"},
        {"StringEquals": {"key": "a"}},
        {"StringEquals": {"x:key": {"Ref": "Parameter"}}},
        {"StringEquals": {"x:key": []}},
        {"NumericEquals": {"x:key": "ten"}},
        {"NumericEquals": {"x:key": "1_000"}},
        {"NumericEquals": {"x:key": "1e3"}},
        {"DateLessThan": {"x:key": "tomorrow"}},
        {"DateLessThan": {"x:key": "2026"}},  # a year or seconds: nobody says
        {"DateLessThan": {"x:key": "2026-11-21T12:00:00"}},  # of no zone
        {"DateLessThan": {"x:key": "2026-W47"}},
        {"Bool": {"x:key": "yes"}},
        {"IpAddress": {"x:key": "everywhere"}},
        {"IpAddress": {"x:key": "203.0.113.0/255.255.255.0"}},
        # "Where you can use policy variables": with operators for texts and ARNs.
        {"DateLessThan": {"x:key": "${aws:PrincipalTag/until}"}},
        {"NumericLessThan": {"x:key": "${aws:PrincipalTag/most, '10'}"}},
        {"Bool": {"x:key": "${aws:PrincipalTag/yes}"}},
        {"IpAddress": {"x:key": "${aws:PrincipalTag/network}"}},
        {"BinaryEquals": {"x:key": "${aws:PrincipalTag/key}"}},
        {"ArnLike": {"x:key": "*"}},
        {"BinaryEquals": {"x:key": "not base64"}},
        {"Null": {"x:key": "maybe"}},
        {"NullIfExists": {"x:key": "true"}},
    ],
)
def test_a_condition_that_nobody_can_read_is_an_error(condition: dict[str, Any]) -> None:
    with pytest.raises(UnreadablePolicyError, match="statement 1: "):
        holds(condition, x_key="a")
