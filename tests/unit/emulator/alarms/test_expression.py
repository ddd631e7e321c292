"""Metric math."""

from __future__ import annotations

from typing import Any

import pytest

from harness.emulator.alarms import expression

KNOWN = expression.Known({"m1": {0: 1.0, 60: 4.0}, "m2": {0: 2.0, 120: 3.0}}, ("m1", "m2"), (0, 60, 120))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("m1", {0: 1, 60: 4}),
        ("m1 + m2", {0: 3}),
        ("100 * (m1 / m2) - 1", {0: 49}),
        ("m1 / (m1 - 1)", {60: 4 / 3}),  # divided by nothing is no point
        ("2 ^ 3 * 2", 16),
        ("-m1", {0: -1, 60: -4}),
        ("m1 > 2", {0: 0, 60: 1}),
        ("m1 >= 1 AND m2 == 2", {0: 1}),
        ("!(m1 > 2) || 0", {0: 1, 60: 0}),
        ("SUM(METRICS())", {0: 3, 60: 4, 120: 3}),
        ("MAX([m1, m2])", {0: 2, 60: 4, 120: 3}),
        ("AVG(m1)", 2.5),
        ("IF(m1 > 2, m1, 0)", {0: 0, 60: 4}),
        ("FILL(m1, 0)", {0: 1, 60: 4, 120: 0}),
        ("FILL(m1, REPEAT)", {0: 1, 60: 4, 120: 4}),
        ("FILL(m2, 0) + FILL(m1, 0)", {0: 3, 60: 4, 120: 3}),
        ("CEIL(m1 / 3)", {0: 1, 60: 2}),
        ("FLOOR(m1 * 1e308 * 10)", {}),  # infinite is no point either
        ("(m1 - 2) ^ 0.5", {60: 2**0.5}),  # nor is what is no number
    ],
)
def test_it_computes(text: str, expected: Any) -> None:
    assert expression.parse(text)(KNOWN) == expected


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("m1 +", "ends too early"),
        ("m1 m2", "m2 was not expected"),
        ("m3", "m3 is no id"),
        ("ANOMALY_DETECTION_BAND(m1, 2)", "the function ANOMALY_DETECTION_BAND is not modelled"),
        ("SUM(SEARCH(\"x\", 'Sum'))", "SEARCH is not modelled|cannot read"),
        ("ABS()", "takes 1 arguments, not 0"),
        ("IF(m1)", "IF takes two or three arguments"),
        ("m1 ; m2", "cannot read"),
    ],
)
def test_what_it_does_not_compute_is_said(text: str, problem: str) -> None:
    with pytest.raises(expression.InvalidExpressionError, match=problem):
        expression.parse(text)(KNOWN)
