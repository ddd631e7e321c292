"""Performs one action: its configuration with variables filled in, its role, its provider, and how it ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from harness.emulator import background, defects
from harness.emulator.acting import NotTrustedError
from harness.emulator.delivery.pipelines import variables
from harness.emulator.delivery.pipelines.context import ActionError, Context, Poll, Wait
from harness.emulator.delivery.pipelines.model import IN_PROGRESS, ActionRun, Execution, Outcome, Pipeline
from harness.emulator.delivery.store import LOCK

Over = Callable[[Outcome], None]
Step = Outcome | Poll | Wait


@dataclass(frozen=True)
class _Action:
    """An action under way."""

    run: ActionRun
    over: Over

    def go_on(self, work: Callable[[], Step | None], every: float = 0.0) -> None:
        """Does the next piece of it, and sees to what comes after. `every`: when to ask again after None."""
        if self.run.status != IN_PROGRESS:  # abandoned
            return
        try:
            step = work()
        except ActionError as error:
            step = Outcome(error=str(error), code=error.code)
        except variables.UnresolvedError as error:
            step = Outcome(error=str(error), code="ConfigurationError")
        except NotTrustedError as error:
            step = Outcome(error=str(error), code="PermissionError")
        except (ClientError, BotoCoreError) as error:
            step = Outcome(error=str(error), code=_code(error))
        except Exception as error:  # a defect of the emulator fails the action
            defects.note(f"action {self.run.name}", error)
            step = Outcome(error=f"{type(error).__name__}: {error}", code="InternalError")
        key = f"codepipeline/{self.run.id}"
        match step:
            case Outcome():
                self.over(step)
            case None:
                background.later(every, key, partial(self.go_on, work, every))
            case Poll():
                background.later(step.every, key, partial(self.go_on, step.check, step.every))
            case Wait():
                expired = self.run.when_expired = Outcome(error=step.expired, code=step.code)
                background.later(step.seconds, key, partial(self.over, expired), awaited=False)


def perform(pipeline: Pipeline, execution: Execution, run: ActionRun, over: Over) -> None:
    """Starts an action and leaves the rest to later; `over` is called with how it ended."""
    _Action(run, over).go_on(partial(_first_step, pipeline, execution, run))


def _first_step(pipeline: Pipeline, execution: Execution, run: ActionRun) -> Step:
    from harness.emulator.delivery.pipelines.actions import PROVIDERS

    for each in run.declaration.get("inputArtifacts") or ():
        if each["name"] not in run.inputs:
            raise ActionError(f"Input artifact {each['name']} was never made", "ConfigurationError")
    given = run.declaration.get("configuration") or {}
    namespaces = {
        **execution.namespaces,
        variables.PIPELINE: execution.variables,
        variables.EXECUTION: {"PipelineExecutionId": execution.id},
    }
    resolved = {key: variables.resolved(str(value), namespaces) for key, value in given.items()}
    with LOCK:
        run.configuration = resolved
    kind = run.declaration["actionTypeId"]
    step: Step = PROVIDERS[kind["category"], kind["provider"]](Context(pipeline, execution, run))
    return step


def _code(error: ClientError | BotoCoreError) -> str:
    code = str(error.response["Error"]["Code"]) if isinstance(error, ClientError) else ""
    return "PermissionError" if "AccessDenied" in code or "NotAuthorized" in code else "JobFailed"
