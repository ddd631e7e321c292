"""Whether a run may start: a pure decision over what is known. It calls nothing and keeps nothing.

What it holds (P6): at most one run at a time; drift starts a run only after a cool-down and only so often in thirty
days; what arrives during a run is trained on by one run after it, however much arrives.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from training_start.requests import Code, Reason, Request

WINDOW = timedelta(days=30)


@dataclass(frozen=True)
class Limits:
    """What the lead chose for runs that drift starts."""

    cooldown: timedelta
    most: int  # in thirty days


@dataclass(frozen=True)
class State:
    """What is remembered. `drift`: when drift started runs. `waiting`: why another run is wanted after this one."""

    drift: tuple[datetime, ...] = ()
    waiting: str = ""
    code: Code | None = None


@dataclass(frozen=True)
class Verdict:
    """`state` is to be kept whatever the verdict; `parameters` are those of the run, where it starts."""

    starts: bool
    reason: str
    state: State
    parameters: tuple[tuple[str, str], ...] = ()


def decide(request: Request, state: State, running: Sequence[str], limits: Limits, now: datetime) -> Verdict:
    """What becomes of the request. `running`: ARNs of executions that have not ended."""
    if request.code is not None:
        state = replace(state, code=request.code)
    if running:
        return _while_running(request, state, running[0])
    if request.reason is Reason.ENDED:
        if not state.waiting:
            return Verdict(False, "No other run was asked for meanwhile.", state)
        return _start(replace(request, cause=state.waiting), state)
    if request.reason is Reason.DRIFT:
        return _after_drift(request, state, limits, now)
    return _start(request, state)


def _while_running(request: Request, state: State, arn: str) -> Verdict:
    if request.reason.waits:
        return Verdict(
            False, f"A run is going on ({arn}); another starts when it ends.", replace(state, waiting=request.cause)
        )
    return Verdict(False, f"A run is going on ({arn}).", state)


def _after_drift(request: Request, state: State, limits: Limits, now: datetime) -> Verdict:
    recent = tuple(each for each in state.drift if each > now - WINDOW)
    if recent and now < max(recent) + limits.cooldown:
        again = (max(recent) + limits.cooldown).isoformat(timespec="minutes")
        reason = f"Drift started a run at {max(recent).isoformat(timespec='minutes')}; not before {again} again."
        return Verdict(False, reason, state)
    if len(recent) >= limits.most:
        reason = (
            f"Drift has started {len(recent)} runs in {WINDOW.days} days and may start {limits.most}: "
            "look at the data before a model learns from it."
        )
        return Verdict(False, reason, state)
    return _start(request, replace(state, drift=(*recent, now)))


def _start(request: Request, state: State) -> Verdict:
    chosen = {"Cause": request.cause}
    if state.code is not None:
        chosen |= {"CodeUri": state.code.uri, "CodeFile": state.code.file}
    parameters = tuple(sorted((chosen | dict(request.parameters)).items()))
    # The run that starts now sees all that has arrived.
    return Verdict(True, f"Started ({request.cause}).", replace(state, waiting=""), parameters)
