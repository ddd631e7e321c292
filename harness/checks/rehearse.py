"""Launches one example in the stack engine, in surroundings like a spoke's, and tells what a lead would see fail.

The provider makes the resources: the engine's own by default, or one with real backends behind it.
"""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass, field
from typing import Any

from harness.cfn.model import Outcome, Provider, StackError, StackRequest, StackState, Surroundings
from harness.cfn.stack import create_stack
from harness.cfn.template import parse_template
from harness.checks import roles
from harness.checks.jobs import Given, Launch

# What Service Catalog acknowledges for a launch.
CAPABILITIES = ("CAPABILITY_IAM", "CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND")


@dataclass(frozen=True)
class Failure:
    """Why a launch fails. `parameter` and `resource` name what is at fault, where one is."""

    problem: str
    remedy: str
    parameter: str = ""
    resource: str = ""


@dataclass(frozen=True)
class Rehearsed:
    """What became of a launch: failures, or what it leaves and the stack that it made."""

    failures: tuple[Failure, ...]
    left: Given = field(default_factory=Given)
    state: StackState | None = None


def rehearse(launch: Launch, provider: Provider) -> Rehearsed:
    """Create the stack. Never raises for what a template or an example gets wrong."""
    try:
        unknown = _unknown_parameters(launch)
        if unknown:
            return Rehearsed(unknown)
        outcome = create_stack(request_of(launch), surroundings_of(launch), provider)
    except StackError as error:
        return Rehearsed((_refusal(launch, error),))
    if outcome.state.status != "CREATE_COMPLETE":
        return Rehearsed(failures_of(outcome))
    return Rehearsed((), _left(outcome), outcome.state)


def request_of(launch: Launch) -> StackRequest:
    """The launch as the stack engine is asked for it."""
    return StackRequest(launch.stack, launch.template, dict(launch.parameters), capabilities=CAPABILITIES)


def surroundings_of(launch: Launch) -> Surroundings:
    """The account and region of the launch, with what earlier launches left."""
    return Surroundings(
        account_id=launch.account_id,
        region=launch.region,
        zones={launch.region: tuple(f"{launch.region}{letter}" for letter in "abc")},
        ssm=launch.given.ssm,
        exports=launch.given.exports,
    )


def _unknown_parameters(launch: Launch) -> tuple[Failure, ...]:
    known = list(parse_template(launch.template).parameters)
    return tuple(
        Failure(f"the template has no parameter {name}", _hint(name, known), parameter=name)
        for name in launch.parameters
        if name not in known
    )


def _hint(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"it has: {', '.join(known) or 'none'}"


def _refusal(launch: Launch, error: StackError) -> Failure:
    words = set(re.findall(r"\w+", error.message))
    parameter = next((name for name in launch.parameters if name in words), "")
    remedy = f"give another value for {parameter}" if parameter else "correct the template, or the example's parameters"
    return Failure(f"the launch is refused: {error.message}", remedy, parameter=parameter)


def failures_of(outcome: Outcome) -> tuple[Failure, ...]:
    """The resources that failed by themselves; the rest was only cancelled with them."""
    failed = [
        Failure(
            f"the launch fails at {event.logical_id} ({event.type}): {event.reason}",
            f"correct {event.logical_id} in the template, or the example's parameters",
            resource=event.logical_id,
        )
        for event in outcome.events
        if event.status == "CREATE_FAILED" and "cancelled" not in event.reason
    ]
    if failed:
        return tuple(failed)
    remedy = "correct the template, or the example's parameters"
    return (Failure(f"the launch ends as {outcome.state.status}: {outcome.state.reason}", remedy),)


def _left(outcome: Outcome) -> Given:
    written = {
        each.ref or each.physical_id: _text(each.properties.get("Value"))
        for each in outcome.state.resources
        if each.type == "AWS::SSM::Parameter"
    }
    exported = {each.export_name: each.value for each in outcome.state.outputs if each.export_name}
    made = outcome.state.resources
    return Given(written, exported, roles.assumable(made), roles.boundaries(made))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ",".join(map(str, value)) if isinstance(value, list) else str(value)
