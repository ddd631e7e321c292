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
from harness.iam import Decision, Request, UnreadablePolicyError, denial, evaluate


@dataclass(frozen=True)
class Refusal:
    """Why a call gets no further. `decided`: the statement that denied, or what lacks; empty where nobody can tell."""

    message: str
    decided: str = ""


def refusal(environ: Mapping[str, Any], signing_name: str, region: str, who: Caller) -> Refusal | None:
    """Decides a call that reached the server; None lets it pass.

    An account's administrator may do everything but what a bucket's policy decides: denials, and whether another
    account is let in. Services without a table are not enforced.
    """
    table = services.table(signing_name)
    if table is None or (who.administrator and signing_name != "s3"):
        return None
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


def _not_known(who: Caller, action: str, why: Exception) -> Refusal:
    told = f"User: {who.arn} is not authorized to perform: {action}"
    return Refusal(f"{told} (the emulated landscape cannot decide it: {why})")
