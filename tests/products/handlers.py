"""What CloudFormation's handlers need of the role that makes a stack, by the provider schemas. Judges no policy."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from harness.checks.launching.handlers import NEVER, OPERATIONS, in_iam, is_unneeded, named

RETAINED = {"Retain"}
# What the foundations give to every launch role (launch-roles.yaml.j2).
GIVEN = {"s3:GetObject", "ssm:GetParameters"}

__all__ = ["GIVEN", "NEVER", "actions", "handler_actions", "in_iam", "missing"]


def handler_actions(template: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Resource type and action, for every handler that a launch, an update or a termination of the template runs."""
    by_type: dict[str, list[dict[str, Any]]] = {}
    for resource in template["Resources"].values():
        by_type.setdefault(resource["Type"], []).append(resource)
    for kind, found in by_type.items():
        kept = all(each.get("DeletionPolicy") in RETAINED for each in found)
        for handler in OPERATIONS:
            if handler == "delete" and kept:
                continue  # CloudFormation never asks for it, and a launch role had better not have it
            for action in named(kind, handler):
                if not is_unneeded(kind, action, str(found)):
                    yield kind, action


def missing(template: Mapping[str, Any], policy: Iterable[Mapping[str, Any]]) -> set[str]:
    """What the statements do not grant, as sentences, resources left aside."""
    granted = {pattern for statement in policy for pattern in actions(statement)}
    return {
        f"{kind} needs {action}"
        for kind, raw in handler_actions(template)
        if (action := in_iam(raw)) is not None
        and action not in NEVER | GIVEN
        and not any(fnmatch.fnmatchcase(action, pattern) for pattern in granted)
    }


def actions(statement: Mapping[str, Any]) -> list[str]:
    """The actions of a statement, one or many."""
    action = statement["Action"]
    return [action] if isinstance(action, str) else list(action)
