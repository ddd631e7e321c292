"""What every part of the CloudFormation API's answers shares: the request's parameters and the stacks it is about."""

from __future__ import annotations

from typing import Any

from harness.emulator import identity
from harness.emulator.cloudformation.backend import StackBackend, stack_backends
from harness.emulator.cloudformation.templates import template_of
from harness.emulator.identity import Caller


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

    @property
    def who(self) -> Caller:
        """The caller."""
        return identity.caller_of(self)

    def template_asked(self) -> str:
        """The request's TemplateBody, or what the caller may read at its TemplateURL. Raises StackError."""
        return template_of(self.params.get("TemplateBody"), self.params.get("TemplateURL"), self.who)
