"""One execution of a pipeline: which step starts when, and what becomes of the others. It never waits.

`advance` is called again and again: it looks at what is under way, starts what may start, and returns. After a failure
nothing new starts, and what is under way goes on to its end. A step that waits for one that will not run does not run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from harness.pipelines import caching, conditions, graph, retrying
from harness.pipelines.model import Definition, Step
from harness.pipelines.parameters import Value
from harness.pipelines.resolve import Context, UnresolvedError, resolve
from harness.pipelines.services import Ended, RunStatus, Services, Started, StepError, StepState, StepStatus

MOST_PARALLEL = 50  # steps of one execution at a time, unless the pipeline says otherwise
FAILED = "Step failure: One or multiple steps failed."
Observer = Callable[[StepState, "StepStatus | None"], None]


@dataclass
class _Work:
    """What is under way for a step."""

    started: Started | None = None  # None: it waits for its next attempt
    again_at: datetime | None = None
    errors: list[str] = field(default_factory=list)


class Run:
    """An execution. `states`: those steps that have begun, in the order in which they did."""

    def __init__(
        self,
        definition: Definition,
        parameters: Mapping[str, Value],
        execution: Mapping[str, str],
        services: Services,
        observe: Observer = lambda state, before: None,
        most_parallel: int = MOST_PARALLEL,
        done: Mapping[str, StepState] | None = None,
        scaled: Callable[[float], float] = float,
    ) -> None:
        """`execution`: values of the execution variables. `observe` is told each change of a step, with its former
        status. `done`: successes of an earlier try, which are not repeated. `scaled`: how long to wait, here, for what
        a retry policy calls so many seconds.
        """
        self.most_parallel = most_parallel
        self.states: dict[str, StepState] = dict(done or {})
        self.stopping = False
        self._definition = definition
        self._services = services
        self._observe = observe
        self._waits = graph.edges(definition)
        self._work: dict[str, _Work] = {}
        self._parameters = parameters
        self._execution = execution
        self._scaled = scaled

    @property
    def status(self) -> RunStatus:
        """The execution's status, as the API names it."""
        if self._work or (not self.stopping and self._startable()):
            return "Stopping" if self.stopping else "Executing"
        if self._failed():
            return "Failed"
        return "Stopped" if self.stopping else "Succeeded"

    @property
    def is_over(self) -> bool:
        """Whether nothing more will happen."""
        return self.status in ("Failed", "Stopped", "Succeeded")

    @property
    def failure_reason(self) -> str:
        """Why it failed: the message of a Fail step, if one was reached."""
        failed = self._failed()
        message = next((each.reason for each in failed if each.type == "Fail"), "")
        return message or (FAILED if failed else "")

    def advance(self, now: datetime) -> None:
        """Does what can be done at that moment."""
        for name in list(self._work):
            self._look_at(self._definition.steps[name], now)
        if self.stopping:
            return
        while startable := self._startable():
            free = self.most_parallel - len(self._work)
            if free <= 0:
                return
            for name in startable[:free]:
                self._begin(self._definition.steps[name], now)
                if self._failed():
                    return

    def stop(self, now: datetime) -> None:
        """Stops what is under way, and starts nothing more."""
        self.stopping = True
        for name, work in list(self._work.items()):
            step = self._definition.steps[name]
            if work.started is None:
                self._end(step, now, "Stopped")
            else:
                self._change(replace(self.states[name], status="Stopping"))
                self._services.stop(step, work.started)

    def _failed(self) -> list[StepState]:
        return [each for each in self.states.values() if each.status == "Failed"]

    def _startable(self) -> list[str]:
        if self._failed():
            return []
        return [name for name in self._definition.steps if name not in self.states and self._may_start(name)]

    def _may_start(self, name: str) -> bool:
        step = self._definition.steps[name]
        for each in self._waits[name]:
            state = self.states.get(each)
            if state is None or state.status != "Succeeded":
                return False
        # The side of a condition that does not hold is never begun, nor is what waits for it.
        return not step.parent or self.states[step.parent].properties["Outcome"] == (step.branch == "if")

    def _begin(self, step: Step, now: datetime) -> None:
        self._change(StepState(step.name, step.type, "Starting", now))
        self._attempt(step, now)

    def _attempt(self, step: Step, now: datetime) -> None:
        try:
            if step.type == "Condition":
                self._decide(step, now)
            elif step.type == "Fail":
                message = str(self._resolve(step.arguments.get("ErrorMessage", "")))
                self._end(step, now, "Failed", reason=message, metadata={"Fail": {"ErrorMessage": message}})
            else:
                self._execute(step, now)
        except StepError as error:
            self._fail(step, error, now)
        except (UnresolvedError, conditions.IncomparableError) as error:
            self._fail(step, StepError(str(error)), now)

    def _execute(self, step: Step, now: datetime) -> None:
        arguments = self._resolve(step.arguments)
        function = str(self._resolve(step.function_arn)) if step.function_arn else ""
        state = replace(self.states[step.name], cache_key=caching.key(step, arguments, function))
        self.states[step.name] = state
        if step.cache_for is not None and state.attempts == 0:
            found = self._services.reusable(step, state.cache_key, now - step.cache_for)
            if found is not None:
                self.states[step.name] = replace(state, cache_hit=found.execution_arn)
                self._end(step, now, "Succeeded", metadata=found.metadata, properties=found.properties)
                return
        self.states[step.name] = replace(state, attempts=state.attempts + 1)
        work = self._work.setdefault(step.name, _Work())
        started = self._services.start(replace(step, function_arn=function or None), arguments)
        work.started, work.again_at = started, None
        self._change(replace(self.states[step.name], status="Executing", metadata=started.metadata))

    def _decide(self, step: Step, now: datetime) -> None:
        outcome = conditions.all_hold(list(step.arguments["Conditions"]), self._resolve)
        metadata = {"Condition": {"Outcome": "True" if outcome else "False"}}
        self._end(step, now, "Succeeded", metadata=metadata, properties={"Outcome": outcome})

    def _look_at(self, step: Step, now: datetime) -> None:
        work = self._work[step.name]
        if work.started is None:
            if work.again_at is not None and now >= work.again_at:
                self._attempt(step, now)
            return
        try:
            ended = self._services.poll(step, work.started)
        except StepError as error:
            if self.stopping:
                self._end(step, now, "Failed", reason=error.reason)
            else:
                self._fail(step, error, now)
            return
        if ended is not None:
            self._end_well(step, ended, now)

    def _end_well(self, step: Step, ended: Ended, now: datetime) -> None:
        state = self.states[step.name]
        metadata = state.metadata if ended.metadata is None else ended.metadata
        if ended.stopped and not self.stopping:
            # Somebody stopped the job itself: the step cannot have succeeded.
            self._end(step, now, "Failed", reason="ClientError: The job of the step was stopped.", metadata=metadata)
            return
        self._end(
            step, now, "Stopped" if ended.stopped else "Succeeded", metadata=metadata, properties=ended.properties
        )

    def _fail(self, step: Step, error: StepError, now: datetime) -> None:
        work = self._work.setdefault(step.name, _Work())
        begun = self.states[step.name].start_time
        again = None if self._failed() else retrying.next_attempt(step, error.kind, work.errors, begun, now)
        work.errors.append(error.kind)
        if again is None:
            self._end(step, now, "Failed", reason=error.reason)
            return
        work.started = None
        work.again_at = now + timedelta(seconds=self._scaled((again - now).total_seconds()))

    def _end(
        self,
        step: Step,
        now: datetime,
        status: StepStatus,
        reason: str = "",
        metadata: Mapping[str, Any] | None = None,
        properties: Mapping[str, Any] | None = None,
    ) -> None:
        self._work.pop(step.name, None)
        state = self.states[step.name]
        self._change(
            replace(
                state,
                status=status,
                end_time=now,
                reason=reason[:1024],
                metadata=state.metadata if metadata is None else metadata,
                properties=properties or {},
            )
        )

    def _change(self, state: StepState) -> None:
        before = self.states.get(state.name)
        self.states[state.name] = state
        self._observe(state, before.status if before else None)

    def _resolve(self, value: Any) -> Any:
        made = {name: each.properties for name, each in self.states.items() if each.status == "Succeeded"}
        return resolve(
            value, Context(self._definition, self._parameters, self._execution, made, self._services.read_json)
        )
