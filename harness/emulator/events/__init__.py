"""EventBridge of the emulated landscape: buses, rules, and targets that are really reached."""

from __future__ import annotations

from harness.emulator.events import responses


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    responses.install()
