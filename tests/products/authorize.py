"""What IAM would say to one request, for the policies of products: a few statements that stand for a role's rights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from harness.iam import Kind, Policy, Principal, PrincipalPolicies, Request, evaluate
from tests.products import launched

Context = Mapping[str, str | Sequence[str]]  # condition key → value, or values for a key that holds many
Statements = Iterable[Mapping[str, Any]]

_SOMEBODY = Principal.session(f"arn:aws:iam::{launched.ACCOUNT}:role/platform/somebody")


def allowed(statements: Statements, action: str, resource: str = "*", context: Context | None = None) -> bool:
    """Whether these statements let the action pass, whomever they name. Raises UnreadablePolicyError."""
    said = [{key: value for key, value in each.items() if key != "Principal"} for each in statements]
    policy = Policy.read({"Version": "2012-10-17", "Statement": said}, Kind.IDENTITY, "statements")
    request = Request(_SOMEBODY, action, resource, context or {})
    return evaluate(request, PrincipalPolicies(identity=(policy,))).allowed
