"""A fake that executes steps: what each attempt of a step does is written down beforehand; time stands in the test."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from harness.pipelines.model import Definition, Step
from harness.pipelines.parameters import values
from harness.pipelines.schedule import Run
from harness.pipelines.services import Ended, Reusable, Started, StepError
from harness.pipelines.validate import checked

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
EXECUTION = {
    "PipelineName": "p",
    "PipelineArn": "arn:aws:sagemaker:eu-west-1:111111111111:pipeline/p",
    "PipelineExecutionId": "abc",
    "PipelineExecutionArn": "arn:aws:sagemaker:eu-west-1:111111111111:pipeline/p/execution/abc",
    "StartDateTime": "2026-01-01T00:00:00Z",
    "CurrentDateTime": "2026-01-01T00:00:00Z",
}


def pipeline(*steps: Mapping[str, Any], parameters: Sequence[Mapping[str, Any]] = ()) -> Definition:
    """A definition of those steps."""
    return checked(json.dumps({"Version": "2020-12-01", "Parameters": list(parameters), "Steps": list(steps)}))


def processing(name: str, **members: Any) -> dict[str, Any]:
    """A Processing step with no arguments."""
    return {"Name": name, "Type": "Processing", "Arguments": {}, **members}


def get(text: str) -> dict[str, str]:
    return {"Get": text}


@dataclass
class Workshop:
    """`results`: step → what its attempts come to, the last one again and again: properties, a StepError or "wait"."""

    results: dict[str, list[Any]] = field(default_factory=dict)
    documents: dict[str, Any] = field(default_factory=dict)
    former: dict[tuple[str, str], tuple[datetime, Reusable]] = field(default_factory=dict)
    started: list[tuple[str, Any]] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)

    def start(self, step: Step, arguments: Mapping[str, Any]) -> Started:
        self.started.append((step.name, arguments))
        return Started(step.name, {f"{step.type}Job": {"Arn": f"arn:{step.name}"}})

    def poll(self, step: Step, started: Started) -> Ended | None:
        if step.name in self.stopped:
            return Ended(stopped=True)
        results = self.results.get(step.name, [{}])
        result = results.pop(0) if len(results) > 1 else results[0]
        if result == "wait":
            return None
        if isinstance(result, StepError):
            raise result
        return Ended(result)

    def stop(self, step: Step, started: Started) -> None:
        self.stopped.append(step.name)

    def read_json(self, uri: str) -> Any:
        if uri not in self.documents:
            raise StepError(f"{uri} is not there")
        return self.documents[uri]

    def reusable(self, step: Step, key: str, since: datetime) -> Reusable | None:
        ended, found = self.former.get((step.name, key), (BEGIN, None))
        return found if found is not None and ended > since else None

    @property
    def names(self) -> list[str]:
        """The steps that were started, in their order."""
        return [name for name, _ in self.started]


@dataclass
class Execution:
    """A run and its clock."""

    run: Run
    now: datetime = BEGIN

    def go(self, seconds: float = 0) -> Execution:
        """Lets so much time pass, and the run look at the world once."""
        self.now += timedelta(seconds=seconds)
        self.run.advance(self.now)
        return self

    def to_its_end(self) -> Execution:
        for _ in range(100):
            if self.run.is_over:
                return self
            self.go(1)
        raise AssertionError(f"it never ends: {self.statuses}")

    @property
    def statuses(self) -> dict[str, str]:
        return {name: state.status for name, state in self.run.states.items()}


def execution(
    definition: Definition, workshop: Workshop, given: Mapping[str, str] | None = None, **how: Any
) -> Execution:
    """An execution that has not begun."""
    return Execution(Run(definition, values(definition, given or {}), EXECUTION, workshop, **how))
