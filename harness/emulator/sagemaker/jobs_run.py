"""Runs jobs in the background, a few at a time, and brings each to its end. What a job does is its kind's business."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from functools import partial
from threading import Lock

from botocore.exceptions import BotoCoreError, ClientError

from harness.emulator import background, clock, defects
from harness.emulator.sagemaker.jobs_model import Job, JobError
from harness.pipelines.container import process

SLOTS = max(2, os.cpu_count() or 1)  # jobs that run at a time
_LOG_BATCH = 5000  # events in one request to CloudWatch Logs
Work = Callable[[Job], None]

_slots = background.Slots(SLOTS)
_lock = Lock()
_running: dict[str, Job] = {}  # by ARN


def begin(job: Job, work: Work) -> None:
    """Runs a job soon. `work` ends the job by `job.change`, or raises JobError for its FailureReason."""
    background.when_ended(_end)
    _slots.submit(f"job {job.place.arn}", partial(_perform, job, work))


def log(job: Job, text: str, container: str = "algo-1") -> None:
    """What the container wrote, for CloudWatch Logs, as the job's role. Where the role may not, nobody reads it."""
    group, now = job.kind.log_group, int(time.time() * 1000)
    stream = f"{job.name}/{container}-{now}"
    events = [{"timestamp": now, "message": line} for line in text.splitlines() if line.strip()]
    if not events:
        return
    with contextlib.suppress(ClientError, BotoCoreError):
        logs = job.client("logs")
        with contextlib.suppress(logs.exceptions.ResourceAlreadyExistsException):
            logs.create_log_group(logGroupName=group)
        logs.create_log_stream(logGroupName=group, logStreamName=stream)
        for first in range(0, len(events), _LOG_BATCH):
            batch = events[first : first + _LOG_BATCH]
            logs.put_log_events(logGroupName=group, logStreamName=stream, logEvents=batch)


def _perform(job: Job, work: Work) -> None:
    with _lock:
        _running[job.place.arn] = job
    try:
        if job.stopped.is_set():
            job.change("Stopped")
            return
        job.told[job.kind.started] = clock.now()
        work(job)
    except JobError as error:
        job.change("Failed", FailureReason=str(error))
    except Exception as error:
        defects.note(job.place.arn, error)
        job.change("Failed", FailureReason=f"InternalServerError: We encountered an internal error: {error}")
    finally:
        with _lock:
            _running.pop(job.place.arn, None)


def _end() -> None:
    with _lock:
        for job in _running.values():
            job.stopped.set()  # what has not come to its process yet ends it as soon as it does
        _running.clear()
    process.end_all()
