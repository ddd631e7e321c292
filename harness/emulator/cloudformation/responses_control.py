"""What is done to stacks beside making, changing and deleting them: stack policies, rollbacks taken up again,
cancelling."""

from __future__ import annotations

from moto.core.responses import ActionResult, EmptyResult

from harness.cfn.model import StackError
from harness.emulator.cloudformation.requests import policy_of, refusals
from harness.emulator.cloudformation.responses_base import StackResponses


class ControlResponses(StackResponses):
    """Mixed into the response class of the service."""

    def set_stack_policy(self) -> ActionResult:
        """SetStackPolicy."""
        with refusals():
            body = policy_of(self.params, self.who)
            if not body:
                raise StackError("You must specify either StackPolicyBody or StackPolicyURL")
            self.backend.set_policy(self.params["StackName"], body)
        return EmptyResult()

    def get_stack_policy(self) -> ActionResult:
        """GetStackPolicy."""
        with refusals():
            policy = self.backend.find(self.params["StackName"]).policy
        return ActionResult({"StackPolicyBody": policy} if policy else {})

    def continue_update_rollback(self) -> ActionResult:
        """ContinueUpdateRollback."""
        with refusals():
            self.backend.continue_rollback(self.params["StackName"], tuple(self.params.get("ResourcesToSkip") or ()))
        return EmptyResult()

    def cancel_update_stack(self) -> ActionResult:
        """CancelUpdateStack: an update under way, of another caller, fails at its next resource."""
        with refusals():
            self.backend.cancel_update(self.params["StackName"])
        return EmptyResult()
