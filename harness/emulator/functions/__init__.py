"""Lambda of the emulated landscape: functions really run, in processes of their own, with their roles."""

from __future__ import annotations

from harness.emulator.functions import responses, sources


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    responses.install()
    sources.install()
