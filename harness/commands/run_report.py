"""What `build.py run` shows of an execution: a line for each change of a step, and what each step came to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from harness.pipelines.model import Definition
from harness.publish.executions import ExecutionGateway, Step

_MOST_VALUES = 12  # numbers of one property file that are shown


@dataclass(frozen=True)
class Row:
    """One step of the result."""

    name: str
    type: str
    status: str
    seconds: float | None
    outputs: Mapping[str, Any]
    reason: str


def changes(before: Mapping[str, str], steps: list[Step]) -> Iterator[str]:
    """A line for each step whose status is another than before."""
    for step in steps:
        if before.get(step.name) != step.status:
            told = f": {step.reason}" if step.reason else " (as in an earlier run)" if step.cached else ""
            yield f"{step.name}: {step.status}{told}"


def rows(gateway: ExecutionGateway, definition: Definition, steps: list[Step]) -> list[Row]:
    """Every step that has begun, with what it made."""
    return [_row(gateway, definition, step) for step in steps]


def _row(gateway: ExecutionGateway, definition: Definition, step: Step) -> Row:
    known = definition.steps[step.name]
    job = gateway.job(step)
    seconds = (step.ended - step.started).total_seconds() if step.started and step.ended else None
    outputs = dict(_metrics(job))
    if step.status == "Succeeded":
        outputs |= _made(step)
        for file in known.property_files:
            outputs |= _numbers(gateway.document(_uri(job, file.output_name, file.path)))
    message = str(job.get("ExitMessage", ""))
    reason = f"{step.reason} ({message})" if step.reason and message else step.reason
    return Row(step.name, known.type, step.status, seconds, outputs, reason)


def _made(step: Step) -> dict[str, Any]:
    found = {
        name: told["Arn"]
        for name, told in step.metadata.items()
        if name in ("Model", "RegisterModel") and "Arn" in told
    }
    if "Condition" in step.metadata:
        found["Outcome"] = step.metadata["Condition"]["Outcome"]
    for each in step.metadata.get("Lambda", {}).get("OutputParameters", ()):
        found[each["Name"]] = each["Value"]
    return found


def _metrics(job: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for each in job.get("FinalMetricDataList", ()):
        yield each["MetricName"], each["Value"]


def _uri(job: Mapping[str, Any], output: str, path: str) -> str:
    for each in job.get("ProcessingOutputConfig", {}).get("Outputs", ()):
        if each["OutputName"] == output:
            return f"{each['S3Output']['S3Uri'].rstrip('/')}/{path}"
    return ""


def _numbers(document: Any) -> dict[str, Any]:
    """The numbers of a document by their paths, a few of them; of a file of metrics ({auc: {value: …}}) these alone."""
    found = dict(_leaves(document, ""))
    metrics = {path.removesuffix(".value").rpartition(".")[2]: found[path] for path in found if path.endswith(".value")}
    return dict(list((metrics or found).items())[:_MOST_VALUES])


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield path, value


def shown(outputs: Mapping[str, Any]) -> str:
    """The outputs of a step in a cell of a table."""
    return ", ".join(
        f"{name}={f'{value:.6g}' if isinstance(value, float) else value}" for name, value in outputs.items()
    )
