"""What data mean by an alarm's definition: the table of CloudWatch's user guide."""

from __future__ import annotations

import pytest

from harness.emulator.alarms.definition import Definition, Point, judge

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


def states(data: str, datapoints: int) -> list[str]:
    """The state by each treatment, for five periods of which three count. X breaches, 0 does not, - is missing."""
    points = [Point(number, {"X": 9.0, "0": 1.0}[each]) for number, each in enumerate(data.split()) if each != "-"]
    found = []
    for treatment in TREATMENTS:
        definition = Definition("GreaterThanThreshold", 5, 60, 3, datapoints, treatment)
        found.append(judge(definition, points, lambda _: "then").state or "as before")
    return found


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0 - X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 0 X 0 X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 - - - -", ["OK", "as before", "ALARM", "OK"]),
        ("- - - - -", ["INSUFFICIENT_DATA", "as before", "ALARM", "OK"]),
        ("0 0 0 0 0", ["OK", "OK", "OK", "OK"]),
        ("- - X - -", ["ALARM", "as before", "ALARM", "OK"]),
    ],
)
def test_two_of_three(data: str, expected: list[str]) -> None:
    assert states(data, 2) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("0 X X - X", ["ALARM", "ALARM", "ALARM", "ALARM"]),
        ("0 - - - -", ["OK", "OK", "OK", "OK"]),
        ("- - - - -", ["INSUFFICIENT_DATA", "as before", "ALARM", "OK"]),
        ("0 X X - -", ["OK", "OK", "OK", "OK"]),
        ("- - - X -", ["ALARM", "as before", "ALARM", "OK"]),
    ],
)
def test_three_of_three(data: str, expected: list[str]) -> None:
    assert states(data, 3) == expected


@pytest.mark.parametrize(
    ("comparison", "breaching"),
    [
        ("GreaterThanThreshold", [6]),
        ("GreaterThanOrEqualToThreshold", [5, 6]),
        ("LessThanThreshold", [4]),
        ("LessThanOrEqualToThreshold", [4, 5]),
    ],
)
def test_comparisons(comparison: str, breaching: list[int]) -> None:
    definition = Definition(comparison, 5, 60, 1, 1)
    found = [value for value in (4, 5, 6) if judge(definition, [Point(0, value)], str).state == "ALARM"]
    assert found == breaching


def test_the_reason_is_written_as_cloudwatch_writes_it() -> None:
    definition = Definition("GreaterThanThreshold", 0, 60, 1, 1)
    reason = judge(definition, [Point(0, 2.0)], lambda _: "01/01/26 06:00:00").reason
    assert reason.startswith("Threshold Crossed: 1 out of the last 1 datapoints [2.0 (01/01/26 06:00:00)] was greater")
