"""What every part of the CloudFormation API's answers shares: the request's parameters and the stacks it is about."""

from __future__ import annotations

from typing import Any

from harness.emulator.cloudformation.backend import StackBackend, stack_backends


class StackResponses:
    """Base of the classes that the service's response class mixes together; moto sets the attributes."""

    params: Any
    current_account: str
    region: str

    @property
    def backend(self) -> StackBackend:
        """The stacks of the caller's account and region."""
        found: StackBackend = stack_backends[self.current_account][self.region]
        return found
