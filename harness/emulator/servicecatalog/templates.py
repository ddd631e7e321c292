"""What a launcher is told about a template: parameters, outputs, instructions. Pure; evaluates nothing."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

Shown = dict[str, Any]
_LIMITS = ("AllowedPattern", "ConstraintDescription", "MaxLength", "MinLength", "MaxValue", "MinValue")


def parameters(template: Mapping[str, Any]) -> list[Shown]:
    """ProvisioningArtifactParameters of a template."""
    return [_parameter(name, body) for name, body in (template.get("Parameters") or {}).items()]


def outputs(template: Mapping[str, Any]) -> list[Shown]:
    """ProvisioningArtifactOutputs of a template, besides the stack ARN that every launch gives."""
    found = []
    for name, body in (template.get("Outputs") or {}).items():
        shown = {"Key": name}
        if isinstance(body, Mapping) and body.get("Description"):
            shown["Description"] = str(body["Description"])
        found.append(shown)
    return found


def instructions(
    template: Mapping[str, Any], rules: Mapping[str, Any], launch_role: str | None, tag_updates: str | None
) -> list[Shown]:
    """UsageInstructions: the template's own words, the rules that hold, the role that launches."""
    metadata = template.get("Metadata") or {}
    found = [
        ("metadata", json.dumps(metadata) if metadata else None),
        ("rules", json.dumps({**(template.get("Rules") or {}), **rules})),
        ("version", str(template["AWSTemplateFormatVersion"]) if "AWSTemplateFormatVersion" in template else None),
        ("description", template.get("Description")),
        ("launchAsRole", launch_role),
        ("tagUpdateOnProvisionedProduct", tag_updates),
    ]
    return [{"Type": kind, "Value": value} for kind, value in found if value]


def with_rules(template: Mapping[str, Any], rules: Sequence[tuple[str, Mapping[str, Any]]]) -> dict[str, Any]:
    """The template with the rules of template constraints, each under a name of its own: (constraint id, rules)."""
    merged = dict(template.get("Rules") or {})
    for constraint_id, constraint_rules in rules:
        suffix = constraint_id.partition("-")[2]
        merged.update({f"{name}{suffix}": body for name, body in constraint_rules.items()})
    return {**template, "Rules": merged}


def _parameter(name: str, body: Mapping[str, Any]) -> Shown:
    constraints: Shown = {key: _text(body[key]) for key in _LIMITS if key in body}
    constraints["AllowedValues"] = [_text(value) for value in body.get("AllowedValues", [])]
    shown: Shown = {
        "ParameterKey": name,
        "ParameterType": str(body.get("Type", "String")),
        "IsNoEcho": str(body.get("NoEcho", "false")).lower() == "true",
        "ParameterConstraints": constraints,
    }
    if "Default" in body:
        shown["DefaultValue"] = _text(body["Default"])
    if body.get("Description"):
        shown["Description"] = str(body["Description"])
    return shown


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
