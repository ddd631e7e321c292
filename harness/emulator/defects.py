"""Defects of the emulated landscape itself, a line each in its log. What AWS would refuse is none."""

from __future__ import annotations

import logging

LOG = logging.getLogger("harness.emulator")


def note(what: str, error: Exception) -> None:
    """Something failed that must not; `what` it was."""
    LOG.error("%s: %s: %s", what, type(error).__name__, " ".join(str(error).split()))
