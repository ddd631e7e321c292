"""docs/compliance.md is what the launches of all examples give."""

from __future__ import annotations

from harness.catalog.load import load_repository
from harness.checks.compliance import ELSEWHERE, FILE, Unit, text
from harness.checks.examine import stack_rules
from harness.checks.stackrules import Control
from tests.support.repository import PROJECT


def test_the_committed_page_is_up_to_date() -> None:
    committed = (PROJECT / FILE).read_text(encoding="utf-8")
    assert committed == text(load_repository(PROJECT)), "run: .venv/bin/python -m harness.checks.compliance"


def test_every_control_is_a_row_or_seen_to_elsewhere() -> None:
    committed = (PROJECT / FILE).read_text(encoding="utf-8")
    for rule in stack_rules():
        if isinstance(rule, Control):
            assert f"| {rule.control} | " in committed
    for control in ELSEWHERE:
        assert f"- **{control}**: " in committed


def test_what_is_broken_is_told_before_exceptions_and_these_before_what_is_met() -> None:
    excused = {("S3.9", "Bucket", "It receives the logs.")}
    assert Unit({"S3.9"}, {"S3.9"}, excused).cell("S3.9") == "**not met**"
    assert Unit({"S3.9"}, set(), excused).cell("S3.9") == "exception"
    assert Unit({"S3.9"}).cell("S3.9") == "met"
    assert Unit().cell("S3.9") == "–"
