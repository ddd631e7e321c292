"""GetTemplate, GetTemplateSummary and ValidateTemplate: what a template declares, without making anything."""

from __future__ import annotations

from moto.core.responses import ActionResult

from harness.cfn.summary import summarize
from harness.emulator.cloudformation.requests import refusals
from harness.emulator.cloudformation.responses_base import StackResponses
from harness.emulator.cloudformation.stacksets import set_backends


class TemplateResponses(StackResponses):
    """Mixed into the response class of the service."""

    def get_template(self) -> ActionResult:
        """GetTemplate, of a stack or of one of its change sets."""
        change_set, stack = self.params.get("ChangeSetName"), self.params.get("StackName")
        with refusals():
            if change_set:
                body = self.backend.change_set(change_set, stack).request.template
            else:
                body = self.backend.find(stack).template
        return ActionResult({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]})

    def get_template_summary(self) -> ActionResult:
        """GetTemplateSummary, of a template, a stack or a stack set."""
        with refusals():
            return ActionResult(summarize(self._summarized(), self.region).as_template_summary())

    def validate_template(self) -> ActionResult:
        """ValidateTemplate."""
        with refusals():
            return ActionResult(summarize(self.template_asked(), self.region).as_validation())

    def _summarized(self) -> str:
        if name := self.params.get("StackName"):
            return self.backend.find(name).template
        if name := self.params.get("StackSetName"):
            return str(set_backends[self.current_account][self.region].stack_set(name).template)
        return self.template_asked()
