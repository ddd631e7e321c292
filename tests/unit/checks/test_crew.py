"""Workers: loaded once, two at a time, and no fault of theirs goes unheard."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.checks.crew import Crew, WorkerDied


def counting(log: Path) -> Callable[[], Callable[[Any], Any]]:
    """Writes a line for each time it is loaded; its work is to tell its process and to double."""

    def prepare() -> Callable[[Any], Any]:
        with log.open("a") as file:
            file.write("loaded\n")

        def work(job: int) -> tuple[int, int]:
            time.sleep(0.05)
            return os.getpid(), job * 2

        return work

    return prepare


def test_two_processes_share_what_is_loaded_once(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with Crew(counting(log)) as crew:
        done = dict(crew.run(deque(range(6))))
    assert {job: doubled for job, (_, doubled) in done.items()} == {job: job * 2 for job in range(6)}
    assert len({process for process, _ in done.values()}) == 2
    assert os.getpid() not in {process for process, _ in done.values()}
    assert log.read_text() == "loaded\n"


def test_jobs_may_be_added_while_others_are_done(tmp_path: Path) -> None:
    jobs = deque([1])
    seen = []
    with Crew(counting(tmp_path / "log")) as crew:
        for job, _ in crew.run(jobs):
            seen.append(job)
            if job < 4:
                jobs.append(job + 1)
    assert seen == [1, 2, 3, 4]


def test_a_fault_while_loading_is_told() -> None:
    def prepare() -> Callable[[Any], Any]:
        raise ImportError("no such rules")

    with pytest.raises(RuntimeError, match="no such rules"), Crew(prepare) as crew:
        list(crew.run(deque([1])))


def test_a_fault_in_a_job_is_told_with_its_traceback() -> None:
    def work(job: int) -> float:
        return 1 / job

    with pytest.raises(RuntimeError, match="ZeroDivisionError"), Crew(lambda: work) as crew:
        list(crew.run(deque([1, 0])))


def test_a_worker_that_dies_is_noticed_at_once() -> None:
    def work(_job: int) -> None:
        os._exit(9)

    started = time.monotonic()
    with pytest.raises(WorkerDied), Crew(lambda: work) as crew:
        list(crew.run(deque([1, 2, 3])))
    assert time.monotonic() - started < 5


def test_workers_that_are_not_needed_are_not_waited_for() -> None:
    def prepare() -> Callable[[Any], Any]:
        time.sleep(30)
        return lambda job: job

    started = time.monotonic()
    with Crew(prepare) as crew:
        assert list(crew.run(deque())) == []
    assert time.monotonic() - started < 5
