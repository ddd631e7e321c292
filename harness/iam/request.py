"""One request to be decided: who, which action, on what, with which condition keys."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness.iam.principals import Principal

Values = str | Sequence[str] | None


@dataclass(frozen=True)
class Request:
    """One request.

    `action`: as IAM writes it, s3:GetObject; `resource`: an ARN, or "*" where the action takes none;
    `resource_account`: whose the resource is, if not the principal's own. `context`: condition key → its value, or
    values where the key holds many; None: absent.

    `lookup`: asked for each key that the context lacks, as the policy writes it; it gives None where it is absent, and
    raises UnreadablePolicyError where nobody knows. Without one, what the context does not hold is absent.
    """

    principal: Principal
    action: str
    resource: str = "*"
    context: Mapping[str, Values] = field(default_factory=dict)
    resource_account: str = ""
    lookup: Callable[[str], Values] | None = None

    @property
    def is_within_account(self) -> bool:
        """Whether principal and resource belong to one account."""
        return self.resource_account in ("", self.principal.account_id)

    @cached_property
    def lowered_action(self) -> str:
        """Actions count without regard to case."""
        return self.action.lower()

    def values(self, key: str) -> tuple[str, ...]:
        """The values of a condition key, whose name counts without regard to case; none where it is absent."""
        wanted = key.lower()
        if wanted not in self._keys and self.lookup is not None:
            return _many(self.lookup(key))
        return self._keys.get(wanted, ())

    def value(self, key: str) -> str | None:
        """The value of a key that holds one; None where it is absent or holds several."""
        values = self.values(key)
        return values[0] if len(values) == 1 else None

    @cached_property
    def _keys(self) -> dict[str, tuple[str, ...]]:
        return {key.lower(): _many(value) for key, value in self.context.items()}


def _many(value: Values) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
