"""What the two workers do: lint a template, or rehearse a launch. Imports all that is heavy, in the first worker.

Answers are plain data, because they are kept in files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, astuple
from typing import Any

from harness.cfn.model import Provider
from harness.checks.jobs import LintJob, RehearsalJob
from harness.checks.lint import all_rules, lint
from harness.checks.rehearse import rehearse


class Work:
    """Does one job after the other with the rules loaded once."""

    def __init__(self, provider: Callable[[], Provider]) -> None:
        self._rules = all_rules()
        self._provider = provider

    def __call__(self, job: LintJob | RehearsalJob) -> Any:
        """A LintJob: rows of LintFinding. A RehearsalJob: {"failures": rows of Failure, "left": {"ssm", "exports"}}."""
        if isinstance(job, LintJob):
            return [list(astuple(each)) for each in lint(job.text, self._rules, job.regions, job.settings)]
        rehearsed = rehearse(job.launch, self._provider())
        return {"failures": [list(astuple(each)) for each in rehearsed.failures], "left": asdict(rehearsed.left)}
