"""What a template declares, for GetTemplateSummary and ValidateTemplate. Values are nobody's concern here."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from harness.cfn.capabilities import needed_capabilities
from harness.cfn.structure import check_structure
from harness.cfn.template import Parameter, Template, parse_template


@dataclass(frozen=True)
class Summary:
    """The declarations of a template."""

    template: Template
    resource_types: tuple[str, ...]
    capabilities: tuple[str, ...]
    capabilities_reason: str

    def as_template_summary(self) -> dict[str, Any]:
        """In the shape of GetTemplateSummary's output."""
        template = self.template
        found: dict[str, Any] = {
            "Parameters": [_declaration(each) for each in template.parameters.values()],
            "Description": template.description,
            "ResourceTypes": list(self.resource_types),
            "DeclaredTransforms": list(template.transforms),
            "ResourceIdentifierSummaries": [],
            "Version": "2010-09-09",
        }
        if template.metadata:
            found["Metadata"] = json.dumps(template.metadata)
        return found | self._capabilities()

    def as_validation(self) -> dict[str, Any]:
        """In the shape of ValidateTemplate's output."""
        members = ("ParameterKey", "DefaultValue", "NoEcho", "Description")
        return {
            "Parameters": [
                {member: value for member, value in _declaration(each).items() if member in members}
                for each in self.template.parameters.values()
            ],
            "Description": self.template.description,
            "DeclaredTransforms": list(self.template.transforms),
        } | self._capabilities()

    def _capabilities(self) -> dict[str, Any]:
        if not self.capabilities:
            return {}
        return {"Capabilities": list(self.capabilities), "CapabilitiesReason": self.capabilities_reason}


def summarize(body: str, region: str) -> Summary:
    """The summary of a template. Raises `StackError` as ValidateTemplate would."""
    template = parse_template(body)
    check_structure(template, region)
    needed = needed_capabilities(template)
    types = dict.fromkeys(each.type for each in template.resources.values())
    return Summary(template, tuple(types), needed.needed, needed.reason)


def _declaration(parameter: Parameter) -> dict[str, Any]:
    """A parameter in the shape of the API's ParameterDeclaration."""
    found: dict[str, Any] = {
        "ParameterKey": parameter.name,
        "ParameterType": parameter.type,
        "NoEcho": parameter.no_echo,
        # This API tells of no other constraint.
        "ParameterConstraints": {"AllowedValues": list(parameter.allowed_values)} if parameter.allowed_values else {},
    }
    if parameter.default is not None:
        found["DefaultValue"] = parameter.default
    if parameter.description:
        found["Description"] = parameter.description
    return found
