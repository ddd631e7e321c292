"""Whether and when a failed step is tried again. Source: the developer guide's "Retry Policy for Pipeline Steps"."""

from __future__ import annotations

from datetime import datetime, timedelta

from harness.pipelines.model import RetryPolicy, Step


def next_attempt(step: Step, kind: str, former: list[str], begun: datetime, now: datetime) -> datetime | None:
    """When the step is tried again after an error of that kind; None: it has failed.

    `former`: the kinds of the errors before this one, which count against the policies that name them.
    `begun`: when the first attempt began.
    """
    for policy in step.retries:
        if kind not in policy.exceptions:
            continue
        done = sum(each in policy.exceptions for each in former)
        due = now + timedelta(seconds=policy.interval_seconds * policy.backoff_rate**done)
        return due if _may(policy, done, begun, due) else None
    return None


def _may(policy: RetryPolicy, done: int, begun: datetime, due: datetime) -> bool:
    if policy.max_attempts is not None and done >= policy.max_attempts:
        return False
    minutes = policy.expire_after_minutes
    return minutes is None or due - begun <= timedelta(minutes=minutes)
