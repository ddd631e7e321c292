"""May this caller make that call? `harness.iam` decides each permission that it takes; the first that lacks refuses."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from harness.cfn.model import ResourceFailure
from harness.emulator import policy
from harness.emulator.enforcement import asked as reading
from harness.emulator.enforcement import derive, held, keys, services
from harness.emulator.enforcement.table import Need
from harness.emulator.identity import Caller
from harness.iam import Decision, Kind, Request, UnreadablePolicyError, denial, evaluate, possible, reference
from harness.iam.possible import Question


@dataclass(frozen=True)
class Refusal:
    """Why a call gets no further. `decided`: the statement that denied, or what lacks; empty where nobody can tell."""

    message: str
    decided: str = ""


def refusal(environ: Mapping[str, Any], signing_name: str, region: str, who: Caller) -> Refusal | None:
    """Decides a call that reached the server; None lets it pass.

    An account's administrator may do everything but what a bucket's policy decides: denials, and whether another
    account is let in. Of services without a table it is decided whether the caller could ever do such a thing.
    """
    if who.administrator and signing_name != "s3":
        return None
    table = services.table(signing_name)
    if table is None:
        return _never(environ, signing_name, region, who)
    try:
        asked = reading.read(environ, signing_name, region, who)
        for need in derive.needs(asked, table):
            if who.administrator and not need.action.startswith("s3:"):
                continue
            decision, request = decide(need, who, region)
            if not decision.allowed:
                return Refusal(denial(request, decision), str(decision.statement or decision.why))
    except reading.UnreadableRequestError as error:
        return None if who.administrator else _not_known(who, f"{table.prefix}:*", error)
    except derive.NotDerivedError as error:
        return None if who.administrator else _not_known(who, f"{table.prefix}:{asked.operation}", error)
    except (UnreadablePolicyError, ResourceFailure) as error:
        return _not_known(who, f"{table.prefix}:{asked.operation}", error)
    return None


def decide(need: Need, who: Caller, region: str) -> tuple[Decision, Request]:
    """One permission. Raises UnreadablePolicyError."""
    owner = need.resource_account or who.account_id
    context = {**keys.of_caller(who, region), **keys.of_resource(owner), **need.context}
    own = services.by_prefix(need.action.partition(":")[0])
    lookup = keys.lookup(need, own.tags, own.families)
    request = Request(policy.principal(who), need.action, need.resource, context, owner, lookup)
    return evaluate(request, held.policies(who), need.policy, need.resource_must_allow), request


def _never(environ: Mapping[str, Any], signing_name: str, region: str, who: Caller) -> Refusal | None:
    """Refuses what the caller's policies could not allow on any resource and under any condition, by the action's name.

    An operation that has no action of its name passes.
    """
    try:
        asked = reading.read(environ, signing_name, region, who)
        action = reference.action(services.prefix(signing_name), asked.operation)
        if action is None:
            return None
        known = {**keys.of_caller(who, region), **keys.of_resource(who.account_id)}
        question = Question(policy.principal(who), action.name, known=known)
        own = held.policies(who)
        if possible.possible(question, own):
            return None
        denied, lacks = possible.denial(question, own), possible.lacking(question, own)
    except reading.UnreadableRequestError:
        return None  # what is no operation is refused by whoever would answer it
    except UnreadablePolicyError as error:
        return _not_known(who, f"{signing_name}:*", error)
    decision = Decision(False, (denied,)) if denied else Decision(False, (), lacks or Kind.IDENTITY)
    return Refusal(denial(question.request, decision), str(decision.statement or decision.why))


def _not_known(who: Caller, action: str, why: Exception) -> Refusal:
    told = f"User: {who.arn} is not authorized to perform: {action}"
    return Refusal(f"{told} (the emulated landscape cannot decide it: {why})")
