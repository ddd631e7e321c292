"""Who may start training, and when (P6): decided without a clock, a table or a service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from training_start.guard import Limits, State, Verdict, decide
from training_start.requests import CAUSE, Code, InvalidRequestError, Reason, Request, read

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LIMITS = Limits(cooldown=timedelta(hours=24), most=3)
RUN = "arn:aws:sagemaker:eu-west-1:222222222221:pipeline/churn-training/execution/abc"
BUCKET = "training-222222222221-eu-west-1-churn"


def _decide(reason: Reason, state: State | None = None, running: tuple[str, ...] = (), **given: Any) -> Verdict:
    return decide(Request(reason, f"{reason.value}: x", **given), state or State(), running, LIMITS, NOW)


@pytest.mark.parametrize("reason", [Reason.SCHEDULE, Reason.DATA, Reason.MERGE, Reason.DRIFT, Reason.PERSON])
def test_whoever_asks_first_starts_a_run(reason: Reason) -> None:
    verdict = _decide(reason)
    assert verdict.starts
    assert dict(verdict.parameters) == {"Cause": f"{reason.value}: x"}


@pytest.mark.parametrize("reason", list(Reason))
def test_while_a_run_goes_on_nobody_starts_another(reason: Reason) -> None:
    verdict = _decide(reason, running=(RUN,))
    assert not verdict.starts
    assert RUN in verdict.reason


@pytest.mark.parametrize(("reason", "kept"), [(Reason.DATA, True), (Reason.MERGE, True), (Reason.SCHEDULE, False)])
def test_data_and_code_that_come_during_a_run_wait_for_its_end(reason: Reason, kept: bool) -> None:
    waiting = _decide(reason, running=(RUN,)).state
    verdict = _decide(Reason.ENDED, waiting)
    assert verdict.starts == kept
    if kept:
        assert dict(verdict.parameters)["Cause"] == f"{reason.value}: x"
        assert not _decide(Reason.ENDED, verdict.state).starts  # one run for all that came


def test_a_run_that_starts_anyway_has_seen_what_waited() -> None:
    waiting = _decide(Reason.DATA, running=(RUN,)).state
    assert not _decide(Reason.SCHEDULE, waiting).state.waiting


def test_the_end_of_a_run_starts_nothing_by_itself() -> None:
    assert not _decide(Reason.ENDED).starts


def test_drift_rests_after_it_has_started_a_run() -> None:
    started = _decide(Reason.DRIFT).state
    assert started.drift == (NOW,)
    soon = decide(Request(Reason.DRIFT, "drift"), started, (), LIMITS, NOW + timedelta(hours=23))
    assert not soon.starts
    assert "2026-11-22T12:00+00:00" in soon.reason
    assert soon.state == started
    assert decide(Request(Reason.DRIFT, "drift"), started, (), LIMITS, NOW + timedelta(hours=24)).starts


def test_drift_starts_so_many_runs_in_thirty_days_and_no_more() -> None:
    used_up = State(drift=tuple(NOW - timedelta(days=days) for days in (29, 20, 10)))
    verdict = _decide(Reason.DRIFT, used_up)
    assert not verdict.starts
    assert "look at the data" in verdict.reason
    assert _decide(Reason.SCHEDULE, used_up).starts  # the others go on
    later = State(drift=tuple(NOW - timedelta(days=days) for days in (31, 20, 10)))
    verdict = _decide(Reason.DRIFT, later)
    assert verdict.starts
    assert len(verdict.state.drift) == 3  # what is older is forgotten


def test_no_runs_for_drift_means_none() -> None:
    assert not decide(Request(Reason.DRIFT, "drift"), State(), (), Limits(timedelta(hours=1), 0), NOW).starts


def test_the_teams_code_is_used_by_every_later_run() -> None:
    code = Code(f"s3://{BUCKET}/code/abc.zip", "abc.zip")
    merged = _decide(Reason.MERGE, code=code)
    assert dict(merged.parameters)["CodeUri"] == code.uri
    later = _decide(Reason.SCHEDULE, merged.state)
    assert (dict(later.parameters)["CodeUri"], dict(later.parameters)["CodeFile"]) == (code.uri, "abc.zip")


def test_code_that_is_merged_during_a_run_is_used_afterwards() -> None:
    code = Code(f"s3://{BUCKET}/code/abc.zip", "abc.zip")
    kept = _decide(Reason.MERGE, running=(RUN,), code=code).state
    assert dict(_decide(Reason.ENDED, kept).parameters)["CodeFile"] == "abc.zip"


def test_a_request_may_give_other_inputs() -> None:
    verdict = _decide(Reason.PERSON, parameters={"DataUri": "s3://other/"})
    assert dict(verdict.parameters)["DataUri"] == "s3://other/"


def test_a_cause_is_cut_to_what_the_registry_takes() -> None:
    request = read({"reason": "drift", "cause": "run (42), 7% off " + "x" * 300}, BUCKET)
    assert request.cause.startswith("drift: run -42-- 7- off x")
    assert len(request.cause) == CAUSE


def test_a_merge_names_an_archive_in_the_training_bucket() -> None:
    request = read({"reason": "merge", "key": "code/0a1b2c.zip"}, BUCKET)
    assert request.code == Code(f"s3://{BUCKET}/code/0a1b2c.zip", "0a1b2c.zip")


@pytest.mark.parametrize("key", ["", "code/", "data/0a.zip", "code/a/b.zip", "code/0a.tar", "code/0a.zip/.."])
def test_a_merge_of_anything_else_is_refused(key: str) -> None:
    with pytest.raises(InvalidRequestError, match="the code of a merge is"):
        read({"reason": "merge", "key": key}, BUCKET)


@pytest.mark.parametrize(
    ("event", "why"),
    [
        ({}, "the reason is None"),
        ({"reason": "boredom"}, "it is one of schedule, data, merge, drift, ended, person"),
        ({"reason": "person", "parameters": ["DataUri"]}, "a mapping of names to texts"),
        ({"reason": "person", "parameters": {"MaxDepth": 6}}, "a mapping of names to texts"),
    ],
)
def test_a_request_that_is_none_is_told(event: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidRequestError, match=why):
        read(event, BUCKET)
