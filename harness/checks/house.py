"""What every house rule is made of: a cfn-lint rule with a remedy, which an exception at the resource can excuse.

An exception stands in the resource's own Metadata and says why:

    Metadata:
      Platform:
        Exceptions:
          E9040: Users type this name in their code.          # the whole rule, or
          E9013: { "ec2:CreateNetworkInterface": "why" }      # one subject of it
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cfnlint.rules import CloudFormationLintRule, RuleMatch
from cfnlint.template import Template

Path = list[str | int]


class HouseRule(CloudFormationLintRule):  # type: ignore[misc] # cfn-lint is not typed for us
    """A rule of this catalog. Subclasses state id, shortdesc, description and remedy, and find."""

    remedy: str = ""
    source_url = ""
    tags = ["house"]  # noqa: RUF012 - cfn-lint's own declaration
    # True: one exception excuses one subject (an IAM action), never the whole resource.
    by_subject: bool = False

    @abstractmethod
    def find(self, cfn: Template) -> Iterable[RuleMatch]:
        """Everything that breaks the rule, excused or not."""

    def match(self, cfn: Template) -> list[RuleMatch]:
        """What breaks the rule and is not excused by an exception at the resource."""
        return [found for found in self.find(cfn) if not self._excused(cfn, found)]

    def _excused(self, cfn: Template, found: RuleMatch) -> bool:
        if len(found.path) < 2 or found.path[0] != "Resources":
            return False
        reason = exceptions(section(cfn, "Resources").get(str(found.path[1]), {})).get(self.id)
        if isinstance(reason, Mapping):
            return is_reason(reason.get(getattr(found, "subject", "")))
        return not self.by_subject and is_reason(reason)


def broken(path: Path, message: str, subject: str = "") -> RuleMatch:
    """One place that breaks a rule. `subject`: what an exception names, where a rule is excused by subject."""
    # `!Sub text` has no line for its key: point to the value that it stands for.
    while path and path[-1] in ("Fn::Sub", "Fn::Join", "Ref"):
        path = path[:-1]
    return RuleMatch(path, message, subject=subject)


def section(cfn: Template, name: str) -> dict[str, dict[str, Any]]:
    """The entries of a top-level section that are mappings; cfn-lint itself reports those that are not."""
    content = cfn.template.get(name)
    if not isinstance(content, dict):
        return {}
    return {str(key): value for key, value in content.items() if isinstance(value, dict)}


def properties(resource: Mapping[str, Any]) -> dict[str, Any]:
    """A resource's properties; empty where there are none, or they are not a mapping."""
    found = resource.get("Properties")
    return found if isinstance(found, dict) else {}


def exceptions(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    """Rule id → reason, or rule id → subject → reason, as the resource's Metadata states them."""
    here: Any = resource
    for key in ("Metadata", "Platform", "Exceptions"):
        here = here.get(key) if isinstance(here, Mapping) else None
    return here if isinstance(here, Mapping) else {}


def is_reason(value: object) -> bool:
    """A sentence, not a word to silence the rule."""
    return isinstance(value, str) and len(value.split()) >= 3


def alternatives(value: Any, path: Path) -> Iterator[tuple[Any, Path]]:
    """A value with its path; for Fn::If both branches, for a list each item, with AWS::NoValue left out."""
    if isinstance(value, list):
        for index, each in enumerate(value):
            yield from alternatives(each, [*path, index])
    elif isinstance(value, dict) and len(value) == 1 and isinstance(value.get("Fn::If"), list):
        for index, each in enumerate(value["Fn::If"][1:], start=1):
            yield from alternatives(each, [*path, "Fn::If", index])
    elif value != {"Ref": "AWS::NoValue"}:
        yield value, path


def walk(value: Any, path: Path) -> Iterator[tuple[Any, Path]]:
    """Every value under this one, itself first."""
    yield value, path
    if isinstance(value, dict):
        for key, each in value.items():
            yield from walk(each, [*path, key])
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from walk(each, [*path, index])
