"""What happens to a stack, under one name. Each is told in a module of its own."""

from __future__ import annotations

from harness.cfn.create import create_stack
from harness.cfn.delete import delete_stack
from harness.cfn.rollback import continue_update_rollback
from harness.cfn.update import update_stack

__all__ = ["continue_update_rollback", "create_stack", "delete_stack", "update_stack"]
