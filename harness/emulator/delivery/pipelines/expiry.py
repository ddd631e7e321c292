"""What only time does to a pipeline, done by hand: an approval or a function's job that nobody answers for days.

POST /moto-api/platform/pipelines/expire, with account, region, pipeline and action.
"""

from __future__ import annotations

from typing import Any

from harness.emulator import control
from harness.emulator.control import Asked, UnknownError
from harness.emulator.delivery.pipelines import engine
from harness.emulator.delivery.pipelines.model import IN_PROGRESS
from harness.emulator.delivery.store import LOCK, store_of


def _controlled(asked: Asked) -> dict[str, Any]:
    if asked.path[1:] != ("expire",):
        raise UnknownError("there is pipelines/expire")
    name, action = asked.text("pipeline"), asked.text("action")
    with LOCK:
        pipeline = store_of(asked.text("account"), asked.text("region")).pipelines.get(name)
        if pipeline is None:
            raise UnknownError(f"there is no pipeline {name}")
        for execution in engine.executions_of(pipeline):
            for run in execution.action_runs():
                if run.name == action and run.status == IN_PROGRESS and run.when_expired is not None:
                    engine.finish(pipeline, execution, run, run.when_expired)
                    return {"expired": run.id, "execution": execution.id}
    raise UnknownError(f"no action {action} of pipeline {name} waits for anybody")


def install() -> None:
    """Opens the control path."""
    control.register("pipelines", _controlled)
