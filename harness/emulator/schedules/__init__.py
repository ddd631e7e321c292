"""EventBridge Scheduler of the emulated landscape, and rules with a schedule: they fire at their time, or by hand."""

from __future__ import annotations

from harness.emulator import background, control
from harness.emulator.schedules import responses, timer


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    responses.install()
    control.register("schedules", timer.control_schedules)
    control.register("rules", timer.control_rules)
    background.when_begun(timer.tick)
