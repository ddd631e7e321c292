"""When schedules come due."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from harness.documents import schedules

START = datetime(2026, 1, 1, tzinfo=UTC)  # a Thursday


def following(expression: str, after: str, zone: str = "UTC") -> str | None:
    found = schedules.when(expression, zone, START)(datetime.fromisoformat(after).replace(tzinfo=UTC))
    return f"{found:%Y-%m-%dT%H:%M}" if found else None


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("at(2026-05-01T10:00:00)", "2026-01-01T00:00", "2026-05-01T10:00"),
        ("at(2026-05-01T10:00:00)", "2026-05-01T10:00", None),
        ("rate(5 minutes)", "2026-01-01T00:07", "2026-01-01T00:10"),
        ("rate(1 hour)", "2026-01-01T01:00", "2026-01-01T02:00"),
        ("rate(2 days)", "2025-12-01T00:00", "2026-01-03T00:00"),
        ("cron(0 6 * * ? *)", "2026-01-01T06:00", "2026-01-02T06:00"),
        ("cron(15 10 ? * 6L 2026-2027)", "2026-01-01T00:00", "2026-01-30T10:15"),
        ("cron(0/15 8-9 ? * MON-FRI *)", "2026-01-02T09:45", "2026-01-05T08:00"),
        ("cron(0 0 L * ? *)", "2026-02-01T00:00", "2026-02-28T00:00"),
        ("cron(0 0 1W * ? *)", "2026-02-01T00:00", "2026-02-02T00:00"),  # the 1st is a Sunday
        ("cron(0 0 ? * 2#1 *)", "2026-01-01T00:00", "2026-01-05T00:00"),
        ("cron(0 0 29 FEB ? *)", "2026-01-01T00:00", "2028-02-29T00:00"),
        ("cron(0 0 1 1 ? 2020)", "2026-01-01T00:00", None),
    ],
)
def test_the_next_time(expression: str, after: str, expected: str | None) -> None:
    assert following(expression, after) == expected


def test_cron_is_in_the_schedules_time_zone() -> None:
    assert following("cron(0 6 * * ? *)", "2026-01-01T12:00", "Europe/Berlin") == "2026-01-02T05:00"
    assert following("cron(0 6 * * ? *)", "2026-07-01T12:00", "Europe/Berlin") == "2026-07-02T04:00"


@pytest.mark.parametrize(
    "expression",
    [
        "daily",
        "at(2026-13-01T00:00:00)",
        "rate(1 minutes)",
        "rate(5 minute)",
        "rate(0 minutes)",
        "rate(5 weeks)",
        "cron(0 6 * * *)",
        "cron(0 6 * * * *)",
        "cron(0 6 ? * ? *)",
        "cron(60 6 * * ? *)",
        "cron(0 6 32 * ? *)",
        "cron(0 6 ? * XYZ *)",
        "cron(0/x 6 * * ? *)",
    ],
)
def test_what_is_no_expression(expression: str) -> None:
    with pytest.raises(schedules.InvalidExpressionError):
        schedules.when(expression, "UTC", START)


def test_an_unknown_time_zone() -> None:
    with pytest.raises(schedules.InvalidExpressionError, match="Mars is no time zone"):
        schedules.when("rate(1 day)", "Mars", START)
