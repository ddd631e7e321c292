"""Which step waits for which, by name and by reference. It runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from harness.pipelines.model import Definition, Step
from harness.pipelines.references import steps_named


def waits_for(step: Step) -> frozenset[str]:
    """The steps that must have succeeded before: DependsOn, those it refers to, and the Condition it belongs to."""
    own = {step.parent} if step.parent else set()
    return frozenset({*step.depends_on, *steps_named(step.references), *own})


def edges(definition: Definition) -> Mapping[str, frozenset[str]]:
    """Step → the steps that it waits for."""
    return {name: waits_for(step) for name, step in definition.steps.items()}


def cycle(definition: Definition) -> list[str]:
    """A cycle of steps, the first one twice; empty where there is none."""
    try:
        TopologicalSorter(edges(definition)).prepare()
    except CycleError as error:
        return list(reversed(error.args[1]))
    return []
