"""Rules that judge a launch: resources with every value resolved, as the stack engine made them for one example.

A rule of `rules/` reads the template as it is written; one of these reads what a launch makes of it, so that a
condition, a mapping or a parameter hides nothing. It is a cfn-lint rule all the same, with the same exceptions at the
resource; cfn-lint alone runs it on the launch with all defaults. Where what it found stands is `lines.py`'s matter.
"""

from __future__ import annotations

import functools
import json
from abc import abstractmethod
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cfnlint.rules import RuleMatch
from cfnlint.template import Template as LintTemplate

from harness.cfn.model import ResourceState, StackState
from harness.cfn.provider import SchemaProvider
from harness.checks import house
from harness.checks.jobs import Given, Launch, Subject
from harness.checks.rehearse import rehearse
from harness.errors import Place

Location = tuple[str | int, ...]


@dataclass(frozen=True)
class Broken:
    """One place that breaks a rule: `path` below the resource's Properties, `inside` below that in a JSON text there.

    `place`: a file of its own instead, such as a function's source. `subject`: what an exception names. `remedy`:
    better than the rule's own.
    """

    logical_id: str
    path: Location
    problem: str
    inside: Location = ()
    place: Place | None = None
    subject: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Stack:
    """What a launch made, what the product has beside the template, and what launches before it left."""

    state: StackState
    account_id: str
    region: str
    subject: Subject = field(default_factory=Subject)
    given: Given = field(default_factory=Given)

    @functools.cached_property
    def _by_type(self) -> Mapping[str, Sequence[ResourceState]]:
        found: dict[str, list[ResourceState]] = defaultdict(list)
        for each in self.state.resources:
            found[each.type].append(each)
        return found

    @property
    def partition(self) -> str:
        """The partition of the launch's region."""
        return self.state.stack_id.split(":")[1]

    def of(self, *types: str) -> Iterator[ResourceState]:
        """The resources of these types."""
        for each in types:
            yield from self._by_type.get(each, ())

    def attached(self, kind: str, member: str, to: ResourceState) -> Iterator[ResourceState]:
        """Resources of that type whose property `member` names the resource: by its Ref, physical id or ARN."""
        names = {to.ref or to.physical_id, to.physical_id, to.attributes.get("Arn")}
        for each in self.of(kind):
            given = each.properties.get(member)
            if not names.isdisjoint(given if isinstance(given, list) else [given]):
                yield each


class StackRule(house.HouseRule):
    """A rule of this catalog that judges launches."""

    @abstractmethod
    def judge(self, stack: Stack) -> Iterable[Broken]:
        """Everything in the stack that breaks the rule, excused or not."""

    def excuse(self, broken: Broken, resource: ResourceState | None) -> str:
        """The reason why it may stay so, as the resource's Metadata gives it; empty where it gives none."""
        reason = house.exceptions({"Metadata": resource.metadata}).get(self.id) if resource else None
        if isinstance(reason, Mapping):
            reason = reason.get(broken.subject)
        elif self.by_subject:
            return ""
        return str(reason) if house.is_reason(reason) else ""

    def find(self, cfn: LintTemplate) -> Iterator[RuleMatch]:
        """The same under plain cfn-lint: of the launch with all defaults."""
        launch = Launch("lint", json.dumps(cfn.template), {}, "111111111111", cfn.regions[0], Given())
        rehearsed = rehearse(launch, SchemaProvider())
        if rehearsed.state is None:
            return
        for each in self.judge(Stack(rehearsed.state, launch.account_id, launch.region)):
            yield house.broken(["Resources", each.logical_id, "Properties"], each.problem, each.subject)


class Control(StackRule):
    """A control of Security Hub, for the resource types that it is about.

    Subclasses state `control` (such as S3.5) and `types`; the ids of their rules follow from it: see `controls`.
    """

    control: str = ""
    types: tuple[str, ...] = ()

    def __init__(self) -> None:
        super().__init__()
        service, _, number = self.control.lower().partition(".")
        self.tags = ["house", "security-hub", self.control]
        self.source_url = (
            f"https://docs.aws.amazon.com/securityhub/latest/userguide/{service}-controls.html#{service}-{number}"
        )

    def judge(self, stack: Stack) -> Iterator[Broken]:
        """What is wrong with each resource of the types."""
        for resource in self.concerned(stack):
            for path, problem in self.wrong(resource, stack):
                yield Broken(resource.logical_id, path, f"{self.control}: {resource.logical_id} {problem}")

    def concerned(self, stack: Stack) -> list[ResourceState]:
        """The resources that the control is about."""
        return [each for each in stack.of(*self.types) if self.concerns(each)]

    def concerns(self, resource: ResourceState) -> bool:
        """Whether the control is about this resource of its types."""
        return True

    @abstractmethod
    def wrong(self, resource: ResourceState, stack: Stack) -> Iterator[tuple[Location, str]]:
        """Where, below Properties, and what, as the end of a sentence that begins with the resource's name."""


def value(properties: Any, *path: str | int) -> Any:
    """What stands at a path of resolved properties; None where there is nothing."""
    here = properties
    for part in path:
        if isinstance(here, Mapping):
            here = here.get(str(part))
        elif isinstance(here, list) and isinstance(part, int) and part < len(here):
            here = here[part]
        else:
            return None
    return here


def is_true(given: Any) -> bool:
    """Whether a boolean property is set: CloudFormation takes it as text, too."""
    return given is True or str(given).lower() == "true"
