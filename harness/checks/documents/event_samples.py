"""Rule E9103; see the class."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.catalog import yamlfile
from harness.cfn.template import parse_template
from harness.checks import embedded, stackrules
from harness.documents import patterns, samples
from harness.errors import KnownError, Place


class EventSamples(stackrules.StackRule):
    """A rule that also hears rejections, or another group's approvals, acts on them: it is shown what it must not hear.

    Samples lie in the product's folder: `events/<logical id>.yaml`; see `harness.documents.samples`.
    """

    id = "E9103"
    shortdesc = "Rules hear their sample events and no counter-example"
    description = (
        "Every rule with an event pattern has sample events; it matches those that it must, none that it must not, and "
        "no part of the pattern could be left out"
    )
    remedy = "write events/<logical id>.yaml in the product's folder; see docs/authoring.md"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """Rules without samples, samples without a rule, cases that are not taken as they say."""
        given = stack.subject.samples
        for resource in stack.of("AWS::Events::Rule"):
            pattern = resource.properties.get("EventPattern")
            if pattern is None:
                continue
            if resource.logical_id in given:
                yield from _cases(resource.logical_id, pattern, stack)
            else:
                yield stackrules.Broken(resource.logical_id, ("EventPattern",), "the rule has no sample events")
        known = parse_template(stack.state.template).resources
        for name, path in given.items():
            if name not in known or known[name].type != "AWS::Events::Rule":
                remedy = "name it after the rule's logical id"
                place = Place(path, 1)
                yield stackrules.Broken(name, (), f"there is no rule {name}", place=place, remedy=remedy)


def _cases(logical_id: str, pattern: object, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
    root = Path(stack.subject.root)
    try:
        file = yamlfile.read(root, root / stack.subject.samples[logical_id])
    except KnownError as error:
        for each in error.findings:
            yield stackrules.Broken(logical_id, (), each.problem, place=each.place, remedy=each.remedy)
        return
    if file.data.get("example", stack.subject.example) != stack.subject.example:
        return
    try:
        parsed = patterns.parse(pattern if isinstance(pattern, str) else json.dumps(pattern))
    except patterns.InvalidPatternError:  # told by E9102
        return
    found = list(samples.shape_problems(file.data))
    if not found:
        try:
            found = list(samples.problems(parsed, file.data, lambda name: _value(name, stack)))
        except samples.UnknownNameError as error:
            place = file.place("event")
            yield stackrules.Broken(
                logical_id, (), f"the launch knows no {error}", place=place, remedy="correct the name"
            )
            return
    for finding in found:
        place = file.place(*_location(finding.place.path, file.data))
        yield stackrules.Broken(logical_id, (), finding.problem, place=place, remedy=finding.remedy)


def _location(path: str, data: Mapping[str, Any]) -> stackrules.Location:
    """`matches.a case` as its keys: names of cases are sentences."""
    section, _, case = path.partition(".")
    return (section, case) if case in (data.get(section) or ()) else embedded.location(section)


def _value(name: str, stack: stackrules.Stack) -> str:
    """What Fn::Sub would put there: a pseudo parameter, a parameter, a resource's Ref or attribute."""
    pseudo = {
        "AWS::AccountId": stack.account_id,
        "AWS::Partition": stack.partition,
        "AWS::Region": stack.region,
        "AWS::StackName": stack.state.name,
    }
    logical_id, _, attribute = name.partition(".")
    resource = stack.state.resource(logical_id)
    if name in pseudo:
        return pseudo[name]
    if name in stack.state.resolved:
        return str(stack.state.resolved[name])
    if resource is not None and (not attribute or attribute in resource.attributes):
        return str(resource.attributes[attribute] if attribute else resource.ref or resource.physical_id)
    raise samples.UnknownNameError(name)
