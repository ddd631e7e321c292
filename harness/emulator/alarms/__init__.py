"""CloudWatch of the emulated landscape: metrics that services write, alarms that are evaluated and act."""

from __future__ import annotations


def install() -> None:
    """Puts it in the place of moto's; a second call changes nothing."""
    # It delivers, and who delivers writes metrics.
    from harness.emulator.alarms import queues, responses

    del queues  # known to moto once it is imported
    responses.install()
