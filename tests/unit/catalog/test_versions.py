"""Version steps."""

from __future__ import annotations

import pytest

from harness.catalog.versions import Step, next_version, step_between, version_key


def test_versions_are_sorted_as_numbers() -> None:
    assert sorted(["1.10.0", "1.9.0", "1.9.10"], key=version_key) == ["1.9.0", "1.9.10", "1.10.0"]


@pytest.mark.parametrize(
    ("older", "newer", "step"),
    [
        ("1.2.3", "1.2.4", Step.PATCH),
        ("1.2.3", "1.3.0", Step.MINOR),
        ("1.2.3", "1.10.0", Step.MINOR),
        ("1.2.3", "2.0.0", Step.MAJOR),
        ("0.1.0", "0.2.0", Step.MINOR),
        ("1.2.3", "1.2.3", Step.NONE),
        ("1.2.3", "1.1.9", Step.NONE),
    ],
)
def test_the_step_between_two_versions_is_the_largest_number_that_moved(older: str, newer: str, step: Step) -> None:
    assert step_between(older, newer) == step


def test_the_next_version_is_the_step_further() -> None:
    assert [next_version("1.2.3", step) for step in Step] == ["1.2.3", "1.2.4", "1.3.0", "2.0.0"]
