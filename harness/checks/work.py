"""What the two workers do: lint a template, or rehearse a launch and judge what it makes.

Imports all that is heavy, in the first worker.

Answers are plain data, because they are kept in files.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, astuple
from typing import Any

from harness.cfn.model import Provider, StackState
from harness.cfn.template import parse_template
from harness.checks.examine import examine, stack_rules
from harness.checks.jobs import LintJob, RehearsalJob, SelfAnswering
from harness.checks.lint import all_rules, lint
from harness.checks.rehearse import rehearse
from harness.checks.update import rehearse_update
from harness.checks.updatejobs import UpdateJob


class Work:
    """Does one job after the other with the rules loaded once."""

    def __init__(self, provider: Callable[[], Provider]) -> None:
        self._rules = all_rules()
        self._stack_rules = stack_rules()
        self._provider = provider

    def __call__(self, job: LintJob | RehearsalJob | UpdateJob | SelfAnswering) -> Any:
        """A LintJob: rows of LintFinding. An UpdateJob: see `updatejobs.py`. What answers itself: see there.

        A RehearsalJob: {"failures": rows of Failure, "left": {"ssm", "exports"}, "findings": rows of StackFinding,
        "left_out": logical ids of the template that were not made}.
        """
        if isinstance(job, LintJob):
            return [list(astuple(each)) for each in lint(job.text, self._rules, job.regions, job.settings)]
        if isinstance(job, UpdateJob):
            return rehearse_update(job.launch, job.update, self._provider()).as_answer()
        if not isinstance(job, RehearsalJob):
            return job.answer()
        rehearsed = rehearse(job.launch, self._provider())
        state = rehearsed.state
        found = examine(state, job.launch, job.subject, self._stack_rules) if state else ()
        return {
            "failures": [list(astuple(each)) for each in rehearsed.failures],
            "left": asdict(rehearsed.left),
            "findings": [list(astuple(each)) for each in found],
            "left_out": _left_out(state) if state else [],
        }


def _left_out(state: StackState) -> list[str]:
    made = {each.logical_id for each in state.resources}
    return sorted(parse_template(state.template).resources.keys() - made)
