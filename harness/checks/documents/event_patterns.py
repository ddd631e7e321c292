"""Rule E9102; see the class."""

from __future__ import annotations

import json
from collections.abc import Iterator

from harness.checks import stackrules
from harness.documents import patterns


class EventPatterns(stackrules.StackRule):
    """EventBridge refuses some mistakes at the launch, and of others a rule only hears nothing."""

    id = "E9102"
    shortdesc = "Event patterns are valid"
    description = "Patterns of rules and filters of event sources have known operators and the right shapes"
    remedy = "see the EventBridge user guide, Comparison operators for use in event patterns"

    def judge(self, stack: stackrules.Stack) -> Iterator[stackrules.Broken]:
        """What is wrong with each pattern."""
        for resource in stack.of("AWS::Events::Rule", "AWS::Events::Archive"):
            if "EventPattern" in resource.properties:
                yield from _pattern(resource.logical_id, ("EventPattern",), resource.properties["EventPattern"])
        for resource in stack.of("AWS::Lambda::EventSourceMapping"):
            for number, each in enumerate(stackrules.value(resource.properties, "FilterCriteria", "Filters") or ()):
                path = ("FilterCriteria", "Filters", number, "Pattern")
                yield from _pattern(resource.logical_id, path, each.get("Pattern"))


def _pattern(logical_id: str, path: stackrules.Location, given: object) -> Iterator[stackrules.Broken]:
    text = given if isinstance(given, str) else json.dumps(given)
    try:
        pattern = patterns.parse(text)
    except patterns.InvalidPatternError as error:
        inside, below = (error.where, ()) if isinstance(given, str) else ((), error.where)
        problem = f"{'.'.join(map(str, error.where))}: {error}" if error.where else str(error)
        yield stackrules.Broken(logical_id, (*path, *below), problem, inside=inside)
        return
    if path == ("EventPattern",):
        for name in pattern:
            if name not in patterns.ENVELOPE:
                remedy = f"an event has: {', '.join(patterns.ENVELOPE)}; further down stands what is in its detail"
                yield stackrules.Broken(logical_id, (*path, name), f"no event has a member {name}", remedy=remedy)
