"""Runs tests of a .taskcat.yml with the real taskcat, in taskcat's own environment. Used by tests/e2e/test_taskcat.py.

usage: run_taskcat.py CONFIG RUN [RUN …]
A RUN is comma-separated test names, launched in that order and deleted in reverse.
Prints a line of JSON for each run: {"run": …, "stacks": {test name: status}, "failed": reason or null}.
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from pathlib import Path

from taskcat._tui import TerminalPrinter
from taskcat.exceptions import TaskCatException
from taskcat.testing import CFNTest


class QuickPrinter(TerminalPrinter):
    """Asks for the state of a stack twice a second: nothing takes minutes here."""

    def report_test_progress(self, stacker, poll_interval=0.5):
        super().report_test_progress(stacker, poll_interval)


def launch(config: Path, names: list[str]) -> dict[str, object]:
    stacks: dict[str, str] = {}
    failed = None
    try:
        with ExitStack() as launched:
            for name in names:
                test = CFNTest.from_file(project_root=str(config.parent), input_file=config.name)
                # The project's own check lints; taskcat would lint every template once per test.
                test.test_names, test.lint_disable = name, True
                test.printer, test.dont_wait_for_delete = QuickPrinter(minimalist=True), False
                for stack in launched.enter_context(test):
                    stacks[stack.test_name] = stack.status
    except TaskCatException as error:
        failed = str(error)
    return {"run": ",".join(names), "stacks": stacks, "failed": failed}


if __name__ == "__main__":
    for run in sys.argv[2:]:
        sys.stdout.write(f"{json.dumps(launch(Path(sys.argv[1]).resolve(), run.split(',')))}\n")
