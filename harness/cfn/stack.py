"""The three things that happen to a stack, under one name. Each is told in a module of its own."""

from __future__ import annotations

from harness.cfn.create import create_stack
from harness.cfn.delete import delete_stack
from harness.cfn.update import update_stack

__all__ = ["create_stack", "delete_stack", "update_stack"]
