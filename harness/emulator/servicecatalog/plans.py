"""Provisioned product plans: what a launch or an update would change, to look at before it is executed."""

from __future__ import annotations

from harness.emulator.servicecatalog.call import Operation

OPERATIONS: dict[str, Operation] = {}
