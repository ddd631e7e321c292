"""Stands in for the workers of a check, and makes a repository with all that a check looks at."""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Iterator
from typing import Any

from harness.catalog.contract import CONTRACT
from harness.checks.answers import Answers
from harness.checks.check import check
from harness.checks.duties.job import DutiesJob
from harness.checks.jobs import LintJob, RehearsalJob
from harness.checks.launching.job import LaunchingJob
from harness.checks.report import Report
from harness.checks.updatejobs import UpdateJob, UpdateRehearsed
from tests.support.repository import TinyRepository

SOURCE = "products/demo/template.yaml.j2"
OTHER = """\
  Other:
    << parts.part() >>
    Metadata: { Code: << asset("src/code.py") >> }
"""
NAMED = "description: Named.\nparameters: { Name: more }\n"
AFTER = "description: After.\nneeds: [demo/more]\nparameters: { Name: later }\n"


class Scribe:
    """Workers that write down what they are asked and find nothing, or what they are told to."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.lint: list[list[Any]] = []
        self.failures: dict[str, list[list[str]]] = {}
        self.findings: dict[str, list[list[Any]]] = {}
        self.left_out: list[str] = []
        self.updates: dict[str, UpdateRehearsed] = {}
        self.left = "1"  # the value of /platform/a after a launch

    def run(self, waiting: deque[Any]) -> Iterator[tuple[Any, Any]]:
        while waiting:
            job = waiting.popleft()
            if isinstance(job, LintJob):
                description = next(line for line in job.text.splitlines() if line.startswith("Description"))
                self.asked.append(f"lint {description.removeprefix('Description: ')}")
                yield job, self.lint
            elif isinstance(job, UpdateJob):
                self.asked.append(f"update {job.example} in {job.launch.region}")
                yield job, self.updates.get(job.example, UpdateRehearsed()).as_answer()
            elif isinstance(job, DutiesJob | LaunchingJob):
                yield job, []
            else:
                assert isinstance(job, RehearsalJob)
                name = job.launch.stack.removeprefix("rehearsal-")
                self.asked.append(f"launch {name} in {job.launch.region}")
                left = {"ssm": {"/platform/a": self.left}, "exports": {}}
                failures = self.failures.get(name, [])
                yield (
                    job,
                    {
                        "failures": failures,
                        "left": left,
                        "findings": self.findings.get(name, []),
                        "left_out": self.left_out,
                    },
                )


def whole_repository(tiny: TinyRepository) -> TinyRepository:
    """The tiny repository, in one region, with everything that an answer depends on."""
    tiny.replace("catalog.yaml", "regions: [eu-west-1, eu-central-1]", "regions: [eu-west-1]")
    tiny.write("templates/parts.yaml.j2", "#% macro part()\nType: AWS::SNS::Topic\n#% endmacro\n")
    tiny.replace(SOURCE, "AWSTemplate", '#% import "parts.yaml.j2" as parts\nAWSTemplate')
    tiny.replace(SOURCE, "Outputs:", f"{OTHER}Outputs:")
    tiny.write("products/demo/src/code.py", "ONE = 1\n")
    tiny.write("products/demo/README.md", "Demo.\n")
    tiny.write("products/demo/launch-policy.yaml", "    - one\n")
    tiny.write("products/demo/examples/more.yaml", NAMED)
    tiny.write("products/demo/examples/later.yaml", AFTER)
    topic = "Resources:\n  Topic: { Type: AWS::SNS::Topic }\n"
    policies = 'Metadata:\n  Policies:\n#% include "products/demo/launch-policy.yaml"\n'
    tiny.write("templates/foundation/hub.yaml.j2", f"Description: hub\n{topic}")
    tiny.write("templates/foundation/spoke.yaml.j2", f"Description: spoke\n{topic}{policies}")
    tiny.write(CONTRACT, "- { name: /platform/a, type: String, writer: demo, description: A. }\n")
    tiny.write("harness/checks/rules/rule.py", "# a house rule\n")
    tiny.write("harness/cfn/engine.py", "# the stack engine\n")
    return tiny


def run(tiny: TinyRepository, workers: Scribe, *names: str, packages: str = "") -> Report:
    """Check these products, or all; `packages` stands for another environment."""
    answers = Answers(tiny.root)
    inputs = answers.scan()
    if packages:
        inputs = dataclasses.replace(inputs, environment=packages)
    return check(tiny.root, names, answers, inputs, workers, lambda _line: None)


def asked_again(tiny: TinyRepository, packages: str = "") -> list[str]:
    """What a check of all asks now, sorted."""
    scribe = Scribe()
    run(tiny, scribe, packages=packages)
    return sorted(scribe.asked)
