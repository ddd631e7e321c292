"""CodePipeline's PutApprovalResult: a person's answer to a manual approval, with who gave it."""

from __future__ import annotations

from collections.abc import Mapping

from harness.emulator import clock
from harness.emulator.delivery.pipelines import engine, executions, structure
from harness.emulator.delivery.pipelines.definitions import find
from harness.emulator.delivery.pipelines.model import IN_PROGRESS, ActionRun, Execution, Outcome, Pipeline
from harness.emulator.delivery.service import Answer, Call, Operation, ServiceError
from harness.emulator.delivery.store import LOCK


def _put(call: Call) -> Answer:
    with LOCK:
        pipeline = find(call, call["pipelineName"])
        executions.require_stage(pipeline, call["stageName"])
        _require_action(pipeline, call["stageName"], call["actionName"])
        execution, run = _asked(pipeline, call)
        approved = call["result"]["status"] == "Approved"
        summary = str(call["result"]["summary"])
        word = "approved" if approved else "rejected"
        outcome = Outcome(
            error="" if approved else summary or f"The approval was rejected by {call.arn}",
            code="" if approved else "ApprovalRejected",
            summary=summary or f"The approval was {word}",
            updated_by=call.arn,
        )
        engine.finish(pipeline, execution, run, outcome)
    return {"approvedAt": clock.now()}


def _require_action(pipeline: Pipeline, stage_name: str, name: str) -> None:
    for stage, action in structure.ordered(pipeline.declaration):
        if (stage["name"], action["name"]) == (stage_name, name):
            return
    raise ServiceError("ActionNotFoundException", f"Stage '{stage_name}' does not have an action '{name}'")


def _asked(pipeline: Pipeline, call: Call) -> tuple[Execution, ActionRun]:
    """The attempt that waits with that token. Raises ServiceError."""
    answered = False
    for execution in reversed(engine.executions_of(pipeline)):
        stage = execution.stage(call["stageName"])
        for run in stage.actions.get(call["actionName"], ()) if stage else ():
            if run.status == IN_PROGRESS and run.token == call["token"]:
                return execution, run
            answered = answered or run.given_token == call["token"]
    if answered:
        raise ServiceError("ApprovalAlreadyCompletedException", "The approval action has been answered already")
    raise ServiceError("InvalidApprovalTokenException", "The approval token is not that of the approval that waits")


OPERATIONS: Mapping[str, Operation] = {"PutApprovalResult": _put}
