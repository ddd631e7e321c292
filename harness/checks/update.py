"""Launches an example from an older version and updates it to a newer one, in every way in which leads update.

Imports all that is heavy; what came of it is told in `updatejobs.UpdateRehearsed`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from harness.cfn.effects import KINDS, Effect, Impact
from harness.cfn.impact import foresee
from harness.cfn.model import Provider, StackError, StackRequest, StackState
from harness.cfn.stack import create_stack
from harness.cfn.template import parse_template
from harness.checks.jobs import Launch
from harness.checks.rehearse import failures_of, request_of, surroundings_of
from harness.checks.updatejobs import Update, UpdateRehearsed

# How a lead may update: with every value as it was (what the console proposes); with the values once typed, and the
# newer version's defaults elsewhere (an API call, a file of launches); or, where both are refused, as the newer
# version's own example does.
KEPT = "with its values kept"
ANEW = "with the new defaults"
PROPOSED = "with the values of the newer example"


def rehearse_update(launch: Launch, update: Update, provider: Provider) -> UpdateRehearsed:
    """Launch, then update in every way. Never raises for what templates or examples get wrong."""
    surroundings = surroundings_of(launch)
    try:
        launched = create_stack(request_of(launch), surroundings, provider)
    except StackError as error:
        return UpdateRehearsed(launch_refused=error.message)
    if launched.state.status != "CREATE_COMPLETE":
        return UpdateRehearsed(launch_refused="; ".join(each.problem for each in failures_of(launched)))
    refused: list[tuple[str, str]] = []
    impacts: list[Impact] = []
    try:
        ways = list(_ways(launch, update, launched.state))
    except StackError as error:  # no template at all
        return UpdateRehearsed(failures=((f"is refused: {error.message}", ""),))
    for way, parameters in ways:
        if way == PROPOSED and impacts:
            break
        request = StackRequest(launch.stack, update.template, parameters, capabilities=request_of(launch).capabilities)
        try:
            impacts.append(foresee(request, surroundings, launched.state, provider))
        except StackError as error:
            refused.append((way, error.message))
    if not impacts:
        return UpdateRehearsed(refused=tuple(refused), failures=((f"is refused: {refused[-1][1]}", ""),))
    return UpdateRehearsed(
        effects=_worst(impacts),
        outputs_lost=_union(each.outputs_lost for each in impacts),
        outputs_changed=_union(each.outputs_changed for each in impacts),
        exports_lost=_union(each.exports_lost for each in impacts),
        refused=tuple(refused),
        failures=_union(_failures(each) for each in impacts),
    )


def _ways(launch: Launch, update: Update, state: StackState) -> Iterator[tuple[str, dict[str, str | None]]]:
    known = parse_template(update.template).parameters
    kept: dict[str, str | None] = {name: None for name in state.parameters if name in known}
    anew: dict[str, str | None] = {name: value for name, value in launch.parameters.items() if name in known}
    yield KEPT, kept
    if any(anew.get(name, known[name].default) != state.parameters[name] for name in kept):
        yield ANEW, anew
    if update.proposed is not None:
        yield PROPOSED, dict(update.proposed)


def _failures(impact: Impact) -> tuple[tuple[str, str], ...]:
    if not impact.failures and impact.reason:
        return ((f"fails: {impact.reason}", ""),)
    return tuple(
        (f"fails at {each.logical_id} ({each.type}): {each.reason}", each.logical_id) for each in impact.failures
    )


def _worst(impacts: list[Impact]) -> tuple[Effect, ...]:
    """One effect a resource: the worst of all ways."""
    worst: dict[str, Effect] = {}
    for impact in impacts:
        for each in impact.effects:
            known = worst.setdefault(each.logical_id, each)
            if KINDS.index(each.kind) > KINDS.index(known.kind):
                worst[each.logical_id] = each
    return tuple(worst.values())


def _union(rows: Any) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(item for row in rows for item in row))
