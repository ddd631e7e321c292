"""Whether a launch role suffices for every example, call by call, and whether it has a statement that none needs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from harness.checks.duties.holders import Holder
from harness.checks.duties.landscape import Landscape
from harness.checks.duties.stage import Thing, declared
from harness.checks.launching.calls import Call, Surroundings, calls, calls_around
from harness.iam import Clause, Request, UnreadablePolicyError, Values, evaluate, reference


@dataclass
class Verdict:
    """What became of one product's calls under its launch role.

    `refused`: call → why; `alone`: statement → those of its actions that some call takes and no other statement allows;
    `absent`: there is no role, where others stand (an account baseline of a company's own may carry them all).
    """

    refused: dict[Call, str] = field(default_factory=dict)
    alone: dict[Clause, set[str]] = field(default_factory=lambda: defaultdict(set))
    absent: bool = False

    def lacking(self) -> Iterator[tuple[str, str]]:
        """What is refused and why, once for each type, operation and permission."""
        if self.absent:
            yield "a launch", "there is no such role"
        seen = set()
        for call, why in self.refused.items():
            kind = (call.thing.type, call.operation, call.action)
            if kind not in seen:
                seen.add(kind)
                yield str(call), why


def verdict(landscape: Landscape, product: str, text: str) -> Verdict:
    """Over every example and every released version, wherever they stand on the stage. `text`: the template."""
    around = Surroundings(landscape.stage)
    found = Verdict()
    parameters = [(each.type, str(each.default or "")) for each in declared(text).values()]
    own = [each for each in landscape.stage.things if each.unit == product]
    for account, region, stack in dict.fromkeys((each.account, each.region, each.stack) for each in own):
        role = landscape.holders.get(f"arn:aws:iam::{account}:role/platform-launch-{product}")
        if role is None:
            found.absent = any(each.name.startswith("platform-launch-") for each in landscape.holders)
            continue
        arn = f"arn:aws:cloudformation:{region}:{account}:stack/{stack}/1"
        whole = Thing(product, account, region, stack, "its stack", "AWS::CloudFormation::Stack", arn, {}, {}, {})
        for call in calls_around(whole, parameters):
            _judge(call, role, found)
        for thing in own:
            if thing.stack == stack:
                for call in calls(thing, around):
                    _judge(call, role, found)
    return found


def _judge(call: Call, role: Holder, verdict: Verdict) -> None:
    try:
        decision = evaluate(_request(call, role), role.policies)
    except UnreadablePolicyError as error:
        verdict.refused.setdefault(call, str(error))
        return
    if not decision.allowed:
        verdict.refused.setdefault(call, decision.why)
        return
    allowing = list(_allowing(call, role))
    if len(allowing) == 1:
        verdict.alone[allowing[0]].add(call.action)


def _allowing(call: Call, role: Holder) -> Iterator[Clause]:
    """Every statement that allows the call by itself."""
    request = _request(call, role)
    for policy in role.policies.identity:
        for statement in policy.about(request.lowered_action):
            if statement.allows and statement.applies(request):
                yield Clause.of(policy, statement)


def _request(call: Call, role: Holder) -> Request:
    context = {**role.known, "aws:ResourceAccount": _owner(call), **call.context}
    return Request(role.principal, call.action, call.resource, context, lookup=_absent_or_unknown(call))


def _owner(call: Call) -> str:
    parts = call.resource.split(":")
    return parts[4] if len(parts) > 5 and parts[4] else call.thing.account


class _absent_or_unknown:  # noqa: N801 - a function with a memory
    """A key that the action does not offer is absent; one that it offers and nobody filled in is an error."""

    def __init__(self, call: Call) -> None:
        self._action = reference.known(call.action)

    def __call__(self, key: str) -> Values:
        stem = key.lower()
        tags = (":resourcetag/", ":requesttag/", "s3:existingobjecttag/")
        if any(each in stem for each in tags) or self._action is None or not self._action.offers(key):
            return None
        raise UnreadablePolicyError(f"nobody says what {self._action.name} carries as {key}")
