"""GetTemplate, GetTemplateSummary and ValidateTemplate: what a template declares, without making anything."""

from __future__ import annotations

import json
from typing import Any

from moto.core.responses import ActionResult

from harness.cfn.capabilities import needed_capabilities
from harness.cfn.template import Parameter, Template, parse_template
from harness.emulator.cloudformation.backend import StackBackend, stack_backends
from harness.emulator.cloudformation.requests import refusals
from harness.emulator.cloudformation.shapes import compact
from harness.emulator.cloudformation.stacksets import set_backends
from harness.emulator.cloudformation.templates import template_of


class TemplateResponses:
    """Mixed into the response class of the service."""

    params: Any
    current_account: str
    region: str

    @property
    def backend(self) -> StackBackend:
        """The stacks of the caller's account and region."""
        found: StackBackend = stack_backends[self.current_account][self.region]
        return found

    def get_template(self) -> ActionResult:
        """GetTemplate, of a stack or of one of its change sets."""
        name = self.params.get("ChangeSetName")
        with refusals():
            if name and not self.params.get("StackName"):
                body = self.backend.change_set(name).request.template
            elif name:
                body = self.backend.change_set(name, self.params["StackName"]).request.template
            else:
                body = self.backend.find(self.params["StackName"]).template
        return ActionResult({"TemplateBody": body, "StagesAvailable": ["Original", "Processed"]})

    def get_template_summary(self) -> ActionResult:
        """GetTemplateSummary, of a template, a stack or a stack set."""
        with refusals():
            template = parse_template(self._template_asked())
        kinds: dict[str, list[str]] = {}
        for resource in template.resources.values():
            kinds.setdefault(resource.type, []).append(resource.logical_id)
        return ActionResult(
            compact(
                Parameters=[_declaration(each) for each in template.parameters.values()],
                Description=template.description,
                ResourceTypes=sorted(kinds),
                Version="2010-09-09",
                Metadata=json.dumps(template.metadata) if template.metadata else None,
                DeclaredTransforms=list(template.transforms),
                ResourceIdentifierSummaries=[
                    {"ResourceType": kind, "LogicalResourceIds": ids} for kind, ids in kinds.items()
                ],
                **_capabilities(template),
            )
        )

    def validate_template(self) -> ActionResult:
        """ValidateTemplate."""
        with refusals():
            body = template_of(self.params.get("TemplateBody"), self.params.get("TemplateURL"))
            template = parse_template(body)
        parameters = [
            compact(
                ParameterKey=each.name, DefaultValue=each.default, NoEcho=each.no_echo, Description=each.description
            )
            for each in template.parameters.values()
        ]
        return ActionResult(
            compact(
                Parameters=parameters,
                Description=template.description,
                DeclaredTransforms=list(template.transforms),
                **_capabilities(template),
            )
        )

    def _template_asked(self) -> str:
        if name := self.params.get("StackName"):
            return str(self.backend.find(name).template)
        if name := self.params.get("StackSetName"):
            return str(set_backends[self.current_account][self.region].stack_set(name).template)
        return template_of(self.params.get("TemplateBody"), self.params.get("TemplateURL"))


def _declaration(each: Parameter) -> dict[str, Any]:
    constraints = {"AllowedValues": list(each.allowed_values)} if each.allowed_values else {}
    return compact(
        ParameterKey=each.name,
        DefaultValue=each.default,
        ParameterType=each.type,
        NoEcho=each.no_echo,
        Description=each.description,
        ParameterConstraints=constraints,
    )


def _capabilities(template: Template) -> dict[str, Any]:
    found = needed_capabilities(template)
    return {"Capabilities": list(found.needed), "CapabilitiesReason": found.reason} if found.needed else {}
