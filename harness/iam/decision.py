"""The answer to a request: yes or no, and which statement said so; and how AWS words a no."""

from __future__ import annotations

from dataclasses import dataclass

from harness.iam.policy import Kind, Policy, Statement
from harness.iam.request import Request


@dataclass(frozen=True)
class Clause:
    """A statement, by where it stands. `index` counts from 0."""

    kind: Kind
    policy: str
    sid: str
    index: int

    @staticmethod
    def of(policy: Policy, statement: Statement) -> Clause:
        """Where that statement stands."""
        return Clause(policy.kind, policy.name, statement.sid, statement.index)

    def __str__(self) -> str:
        which = f"statement {self.sid}" if self.sid else f"statement {self.index + 1}"
        return f"{which} of the {self.kind.value} {self.policy}"


@dataclass(frozen=True)
class Decision:
    """What IAM says.

    Allowed: `clauses` are the statements that together let it pass, the deciding one first; none for an account's
    root. Denied explicitly: the statements that deny, the one of which AWS would tell first. Denied implicitly:
    `missing` is the kind of policy in which a permission is lacking, and `clauses` are the statements that did allow.
    """

    allowed: bool
    clauses: tuple[Clause, ...] = ()
    missing: Kind | None = None

    @property
    def statement(self) -> Clause | None:
        """The deciding statement; None where nothing decided, or the lack of a permission did."""
        return self.clauses[0] if self.clauses and self.missing is None else None

    @property
    def why(self) -> str:
        """In a few words."""
        if self.missing is not None:
            return f"no {self.missing.value} allows it"
        verb = "allowed" if self.allowed else "denied"
        return f"{verb} by {self.statement}" if self.statement else f"{verb}: the account's root may"


def denial(request: Request, decision: Decision) -> str:
    """A denial in AWS's words. Source: IAM user guide, "Troubleshoot access denied error messages"."""
    if decision.allowed:
        raise ValueError("it was allowed")
    who = request.principal.arn or "anonymous"
    told = f"User: {who} is not authorized to perform: {request.action}"
    if request.resource != "*" or decision.missing is not Kind.TRUST:
        told += f" on resource: {request.resource}"
    if decision.missing is not None:
        return f"{told} because no {decision.missing.value} allows the {request.action} action"
    assert decision.statement is not None
    kind = decision.statement.kind
    article = "the" if kind is Kind.TRUST else "an" if kind is Kind.IDENTITY else "a"
    return f"{told} with an explicit deny in {article} {kind.value}"
