"""One request to be decided: who, which action, on what, with which condition keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from harness.iam.errors import UnreadablePolicyError
from harness.iam.principals import Principal

Values = str | Sequence[str] | None


@dataclass(frozen=True)
class Request:
    """One request.

    `action`: as IAM writes it, s3:GetObject; `resource`: an ARN, or "*" where the action takes none;
    `resource_account`: whose the resource is, if not the principal's own. `context`: condition key → its value, or
    values where the key holds many; None: absent.

    `modelled`: where given, keys beyond those of `context` that are known to be absent; a statement that asks for any
    other is unreadable instead of silently unmatched. A key that ends in / or : stands for all that begin so.
    """

    principal: Principal
    action: str
    resource: str = "*"
    context: Mapping[str, Values] = field(default_factory=dict)
    resource_account: str = ""
    modelled: Collection[str] | None = None

    @property
    def is_within_account(self) -> bool:
        """Whether principal and resource belong to one account."""
        return self.resource_account in ("", self.principal.account_id)

    @cached_property
    def lowered_action(self) -> str:
        """Actions count without regard to case."""
        return self.action.lower()

    def values(self, key: str) -> tuple[str, ...]:
        """The values of a condition key, whose name counts without regard to case; none where it is absent.

        Raises UnreadablePolicyError where nobody knows whether it would be there.
        """
        wanted = key.lower()
        if wanted in self._keys:
            return self._keys[wanted]
        if self.modelled is not None and not any(
            wanted == known or (known[-1] in "/:" and wanted.startswith(known)) for known in self._modelled
        ):
            raise UnreadablePolicyError(f"condition key {key} is not modelled")
        return ()

    def value(self, key: str) -> str | None:
        """The value of a key that holds one; None where it is absent or holds several."""
        values = self.values(key)
        return values[0] if len(values) == 1 else None

    @cached_property
    def _keys(self) -> dict[str, tuple[str, ...]]:
        return {key.lower(): _many(value) for key, value in self.context.items()}

    @cached_property
    def _modelled(self) -> tuple[str, ...]:
        return tuple(each.lower() for each in self.modelled or ())


def _many(value: Values) -> tuple[str, ...]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else tuple(value)
