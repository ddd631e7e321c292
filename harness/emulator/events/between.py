"""Events from bus to bus, across accounts and regions: who may send them, and how far they travel.

Source: EventBridge user guide, "Sending and receiving events between accounts" and its two quotas on hops: an event
that came from another account goes on to no third one, one that came from another bus of the account to no third bus.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from moto.events.models import events_backends

from harness.emulator import acting
from harness.emulator.arns import Arn
from harness.emulator.enforcement import authorize
from harness.emulator.enforcement.table import Need
from harness.emulator.events.targets import UndeliverableError
from harness.emulator.identity import PARTITION, Caller
from harness.iam import Kind, Policy, UnreadablePolicyError, Values

if TYPE_CHECKING:
    from harness.emulator.events.delivery import Delivery


def send(due: Delivery, arn: Arn) -> None:
    """Puts an event on another bus, where account, region and source stay those of its origin.

    Raises UndeliverableError.
    """
    from harness.emulator.events import bus

    name = arn.resource.removeprefix("event-bus/")
    target = events_backends[arn.account][arn.region].event_buses.get(name)
    if target is None:
        raise UndeliverableError("NO_RESOURCE", f"Event bus {arn} does not exist.")
    _check_hops(due, arn)
    who = _sender(due)
    if not may_put(target.policy, who, arn, due.event.source, due.event.detail_type):
        raise UndeliverableError("NO_PERMISSIONS", f"{who.principal_arn} may not put events on event bus {arn}")
    via = tuple(bus.Place(*each) for each in due.hops)
    bus.carry(due.event, bus.Place(arn.account, arn.region, name), via)


def may_put(document: str | None, who: Caller, arn: Arn, source: str = "", detail_type: str = "") -> bool:
    """Whether a caller may put an event on a bus: by its own policies, and across accounts by the policy of the bus."""
    context: dict[str, Values] = {"events:source": source, "events:detail-type": detail_type}
    if who.administrator:  # an organization is known of those who sign only: of roles
        context["aws:PrincipalOrgID"] = None
    try:
        policy = Policy.read(_accounts_spelled_out(document), Kind.RESOURCE, str(arn)) if document else None
        need = Need("events:PutEvents", str(arn), arn.account, context, policy)
        return authorize.decide(need, who, arn.region)[0].allowed
    except UnreadablePolicyError:
        return False


def _accounts_spelled_out(document: str) -> str:
    """PutPermission writes the principal * as if it were an account."""
    return document.replace(f'"arn:{PARTITION}:iam::*:root"', '"*"')


def _sender(due: Delivery) -> Caller:
    """The role of the target, or the account where it has none."""
    role = due.target.get("RoleArn")
    if not role:
        root = f"arn:{PARTITION}:iam::{due.account}:root"
        return Caller(due.account, root, root, administrator=True)
    try:
        session = acting.credentials(str(role), "events.amazonaws.com", due.account, due.rule_name, due.rule_arn)
    except acting.NotTrustedError as error:
        raise UndeliverableError("NO_PERMISSIONS", str(error)) from None
    return session.caller


def _check_hops(due: Delivery, arn: Arn) -> None:
    came = due.hops[:-1]  # the last one is the bus of the rule itself
    if any(account != due.account for account, _, _ in came) and arn.account != due.account:
        message = f"the event came from another account and goes on to no third one ({arn.account})"
        raise UndeliverableError("THIRD_ACCOUNT_HOP_DETECTED", message)
    if any(region != due.region for _, region, _ in came) and arn.region != due.region:
        message = f"the event came from another region and goes on to no third one ({arn.region})"
        raise UndeliverableError("THIRD_REGION_HOP_DETECTED", message)
    here = [place for place in came if place[:2] == (due.account, due.region)]
    if here and (arn.account, arn.region) == (due.account, due.region):
        raise UndeliverableError("INVALID_PARAMETER", "the event came from another bus and goes on to no third one")
