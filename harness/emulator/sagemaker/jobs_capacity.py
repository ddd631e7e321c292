"""Shortage of machines, which no emulated region has by itself: jobs that fail for want of capacity when told to.

POST /moto-api/platform/capacity with account, region and jobs: so many of the next jobs there find no machine.
"""

from __future__ import annotations

from collections import Counter
from threading import Lock

from harness.emulator import background, control
from harness.emulator.sagemaker.jobs_model import Job, JobError

_lock = Lock()
_missing: Counter[tuple[str, str]] = Counter()


def demand(job: Job) -> None:
    """Raises JobError where there is no machine for a job."""
    place = (job.place.account_id, job.place.region)
    with _lock:
        if _missing[place] <= 0:
            return
        _missing[place] -= 1
    raise JobError(
        "CapacityError: Unable to provision requested ML compute capacity. Please retry using a different "
        "ML instance type."
    )


def _answer(asked: control.Asked) -> dict[str, int]:
    place = (asked.text("account"), asked.text("region"))
    jobs = asked.text("jobs", "1")
    if not jobs.isdecimal():
        raise control.UnknownError(f"jobs is a number, and not {jobs!r}")
    with _lock:
        if asked.method == "POST":
            _missing[place] = int(jobs)
        return {"jobs": _missing[place]}


def install() -> None:
    """Lets the control path set it, for as long as the landscape is served."""
    control.register("capacity", _answer)
    background.when_ended(_forget)


def _forget() -> None:
    with _lock:
        _missing.clear()
