"""The `--for-each` part of `build.py launch`: shows what a file changes, asks, performs, reports each line."""

from __future__ import annotations

from pathlib import Path

import click

from harness import console
from harness.commands.targets import agreed, declined
from harness.errors import ExitCode, Finding
from harness.publish.launch import Result, SetPlan
from harness.publish.launch_file import read_launch_file
from harness.publish.launcher import Launcher


def launch_set(lead: Launcher, path: Path, version: str | None, target: str, yes: bool, as_json: bool) -> int:
    """Bring a set of launches to what its file says. Returns the exit code: one failure of any line is a failure."""
    spec, wanted = read_launch_file(path)
    planned = lead.plan_set(spec.set, wanted, version)
    if not as_json:
        _preview(planned.plan)
    if planned.plan.terminations and not agreed(
        f"Terminate {', '.join(planned.plan.terminations)}, which {path.name} no longer names?", target, yes
    ):
        return declined("launch-set", as_json)
    with console.progress(spec.set, len(planned.plan.changes)) as tick:

        def tell(result: Result) -> None:
            tick(f"{result.name}: {result.action} {'failed' if result.failures else 'succeeded'}")

        results = lead.perform_set(spec.set, planned, spec.tags, console.say, tell) if planned.plan.changes else ()
    findings = [*planned.plan.refused, *(finding for each in results for finding in each.failures)]
    if as_json:
        _emit(spec.set, planned.plan, results, findings)
        return ExitCode.FAILED if findings else ExitCode.DONE
    if not planned.plan.changes and not findings:
        click.echo("Nothing to do.")
    schema_only = sorted({kind for each in results for kind in each.schema_only})
    if schema_only:
        console.say(f"Known by their schema only, with nothing real behind them here: {', '.join(schema_only)}.")
    for finding in findings:
        click.echo(str(finding), err=True)
    return ExitCode.FAILED if findings else ExitCode.DONE


def _preview(plan: SetPlan) -> None:
    if plan.changes:
        console.table(("Action", "Name", "Why"), [(each.change, each.name, each.reason) for each in plan.actions])


def _emit(set_name: str, plan: SetPlan, results: tuple[Result, ...], findings: list[Finding]) -> None:
    ended = {each.name: each for each in results}
    lines = [
        {
            "name": each.name,
            "action": each.change,
            "reason": each.reason,
            "succeeded": not (each.name in ended and ended[each.name].failures),
            "outputs": {key: value for key, value, _ in ended[each.name].outputs} if each.name in ended else {},
            "schema_only": list(ended[each.name].schema_only) if each.name in ended else [],
        }
        for each in plan.actions
    ]
    data = {"set": set_name, "launches": lines, "findings": [console.finding_json(each) for each in findings]}
    console.emit_json("launch-set", data)
