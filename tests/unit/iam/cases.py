"""Policies and principals in a few words, for the cases of this folder."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.iam import Decision, Kind, Policy, Principal, PrincipalPolicies, Request, Values, evaluate

OWN, OTHER = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{OWN}:role/team/runner"
SESSION = Principal.session(ROLE, "jane")
USER = Principal.user(f"arn:aws:iam::{OWN}:user/carlos")


def allow(action: Any = "s3:GetObject", on: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement that permits."""
    return {"Effect": "Allow", "Action": action, "Resource": on, **more}


def deny(action: Any = "s3:GetObject", on: Any = "*", **more: Any) -> dict[str, Any]:
    """A statement that forbids."""
    return {**allow(action, on, **more), "Effect": "Deny"}


def policy(*statements: Mapping[str, Any], kind: Kind = Kind.IDENTITY, name: str = "") -> Policy:
    """A policy of the present language version."""
    return Policy.read({"Version": "2012-10-17", "Statement": list(statements)}, kind, name or kind.value)


def to(*principals: str, statement: Mapping[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A statement of a resource's policy, for AWS principals."""
    return {**(statement or allow()), "Principal": {"AWS": list(principals)}, **more}


def decide(
    *identity: Mapping[str, Any],
    who: Principal = SESSION,
    action: str = "s3:GetObject",
    on: str = "arn:aws:s3:::shelf/key",
    owner: str = OWN,
    context: Mapping[str, Values] | None = None,
    boundary: Mapping[str, Any] | None = None,
    session: Mapping[str, Any] | None = None,
    resource: tuple[Mapping[str, Any], ...] = (),
    must: bool = False,
    control: tuple[tuple[Mapping[str, Any], ...], ...] = (),
) -> Decision:
    """A decision over those policies."""
    held = PrincipalPolicies(
        identity=(policy(*identity),) if identity else (),
        boundary=policy(boundary, kind=Kind.BOUNDARY) if boundary else None,
        session=(policy(session, kind=Kind.SESSION),) if session else (),
        service_control=tuple(tuple(policy(each, kind=Kind.SERVICE_CONTROL) for each in level) for level in control),
    )
    request = Request(who, action, on, context or {}, owner)
    of_resource = policy(*resource, kind=Kind.RESOURCE) if resource else None
    return evaluate(request, held, of_resource, must)


def holds(condition: Mapping[str, Any], **context: Values) -> bool:
    """Whether a condition lets a request pass; keys of the context are written with _ for :."""
    keys = {key.replace("_", ":", 1): value for key, value in context.items()}
    return decide(allow(Condition=condition), context=keys).allowed
