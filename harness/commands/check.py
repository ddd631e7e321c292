"""`build.py check`: lint, house rules, rehearsed examples, frozen releases."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from harness.checks.answers import Answers
from harness.checks.crew import Crew
from harness.checks.inputs import Inputs
from harness.checks.report import Report
from harness.commands import root
from harness.errors import ExitCode


@click.command("check")
@click.argument("products", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def command(products: tuple[str, ...], as_json: bool) -> int:
    """Lint PRODUCTS in every region, rehearse their examples and updates, and prove their releases.

    All products and the foundation if none is named.
    """
    answers = Answers(root())
    inputs = answers.scan()
    report = answers.recall(inputs, products) or _check(root(), products, answers, inputs)
    _show(report, as_json)
    return ExitCode.FAILED if report.findings else ExitCode.DONE


def _check(folder: Path, products: tuple[str, ...], answers: Answers, inputs: Inputs) -> Report:
    # The workers begin to load before this process does: two processors are busy from the first moment.
    with Crew(_prepare) as crew:
        from harness.checks.check import check

        return check(folder, products, answers, inputs, crew, lambda line: click.echo(line, err=True))


def _prepare() -> Any:
    from harness.cfn.provider import SchemaProvider
    from harness.checks.work import Work

    return Work(SchemaProvider)


def _show(report: Report, as_json: bool) -> None:
    if as_json:
        from harness import console

        findings = [console.finding_json(each) for each in report.findings]
        console.emit_json("check", {"findings": findings, "summary": report.summary})
        return
    for finding in report.findings:
        click.echo(str(finding))
    click.echo(report.summary)
