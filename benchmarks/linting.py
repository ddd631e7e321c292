"""As much of `build.py check` as cfn-lint does too, in a process of its own: render, and lint with the house rules.

    python benchmarks/linting.py

In the repository of the working folder, by the same workers and with the same memory as a check. What a check does
beside it (launches, updates, controls, embedded documents, code of functions, launch roles, duties) is left out.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.checks.answers import Answers
from harness.checks.crew import Crew
from harness.checks.jobs import LintJob


def main() -> int:
    root = Path.cwd()
    answers = Answers(root)
    inputs = answers.scan()
    with Crew(prepare) as crew:
        from harness.catalog.contract import read_contract
        from harness.catalog.load import load_repository
        from harness.catalog.render import foundations
        from harness.checks.plan import lint_job
        from harness.checks.renderings import Renderings

        repository = load_repository(root)
        renderings = Renderings(repository, answers, inputs)
        rendered = [renderings.product(each.name) for each in repository.products]
        rendered += [renderings.foundation(name) for name in foundations(repository.catalog)]
        contract = [f"{each.name} {each.type}" for each in read_contract(root)]
        rendered.sort(key=lambda each: -len(each.text))
        jobs = [lint_job(each, repository, contract, inputs) for each in rendered]
        waiting: deque[Any] = deque(job for job in jobs if answers.find(job.key) is None)
        for job, answer in crew.run(waiting):
            answers.keep(job.key, answer)
    found = sum(len(answers.find(job.key)) for job in jobs)
    print(f"{len(jobs)} templates linted: {found} findings")  # noqa: T201
    return 0


def prepare() -> Callable[[LintJob], Any]:
    """What the workers load."""
    from dataclasses import astuple

    from harness.checks.lint import all_rules, lint

    rules = all_rules()
    return lambda job: [list(astuple(each)) for each in lint(job.text, rules, job.regions, job.settings)]


if __name__ == "__main__":
    sys.exit(main())
